// Hosted zones: the list is sorted by name, and contains private zones, too.
import type { Fqdn } from '../../src/dns/name.ts';
import { ambiguous, failed } from '../_kit/failures.ts';
import { pageBounds } from '../_kit/pages.ts';
import type { ZoneRef } from '../_kit/rrsets.ts';
import { spelled } from './spelling.ts';
import type { Xml } from './xml.ts';

const HOST = 'Route 53';
export type Query = Readonly<Record<string, string | number>>;

export interface Zone extends ZoneRef {
  readonly id: string;
}

/** The last part of `/hostedzone/Z1R8UBAEXAMPLE`. */
export const idOf = (element: Xml): string => element.one('Id').text().replace(/^.*\//, '');

/** The public zone of exactly this name; `page` asks for one page of the list. */
export async function zoneAt(
  name: Fqdn,
  page: (query: Query) => Promise<Xml>,
): Promise<Zone | undefined> {
  const found: Zone[] = [];
  const bound = pageBounds(HOST, 'the list of zones');
  let from: Query = { dnsname: name };
  for (;;) {
    const answer = await page({ ...from, maxitems: 100 });
    const zones = answer.one('HostedZones').all('HostedZone');
    const own = zones.filter((zone) => zone.one('Name').text().toLowerCase() === spelled(name));
    const open = own.filter((zone) => !isPrivate(zone));
    found.push(...open.map((zone) => ({ name, id: idOf(zone) })));
    // The list is sorted: after another name, this one does not come again.
    if (!answer.one('IsTruncated').flag() || own.length < zones.length) break;
    if (zones.length === 0) throw failed(HOST, 'the list of zones', 'a page of it is empty');
    from = {
      dnsname: answer.one('NextDNSName').text(),
      hostedzoneid: answer.one('NextHostedZoneId').text(),
    };
    bound(zones.length, JSON.stringify(from));
  }
  const [zone, ...others] = found;
  if (others.length === 0) return zone;
  throw ambiguous(HOST, name, found.length);
}

function isPrivate(zone: Xml): boolean {
  const [setting] = zone.all('Config').flatMap((config) => config.all('PrivateZone'));
  return setting?.flag() ?? false;
}
