// PowerDNS Authoritative over its HTTP API (https://doc.powerdns.com/authoritative/http-api/):
// whole RRsets, in a database that may contain more records of an RRset than are served.
import type { Fqdn } from '../src/dns/name.ts';
import { fqdn, hostOf } from '../src/dns/name.ts';
import type { Call } from '../src/ports/call.ts';
import type { Api } from './_kit/api.ts';
import { createApi } from './_kit/api.ts';
import type { Held } from './_kit/edit.ts';
import { refused } from './_kit/failures.ts';
import type { Json } from './_kit/json.ts';
import { defineProvider, HTTP_OPTIONS, optional, required } from './_kit/kind.ts';
import { closestZone } from './_kit/names.ts';
import { rdataFromText, rdataText } from './_kit/rdata.ts';
import { reach } from './_kit/reach.ts';
import type { RRsetKey, ZoneRef } from './_kit/rrsets.ts';
import { overRRsets } from './_kit/rrsets.ts';

const HOST = 'PowerDNS';

interface PowerDnsZone extends ZoneRef {
  readonly kind: string;
}

interface PowerDnsSet extends Held {
  /** Disabled records: a write of the RRset must repeat them. */
  readonly disabled: readonly string[];
}

export const powerdns = defineProvider({
  type: 'powerdns',
  title: 'PowerDNS Authoritative',
  site: 'https://doc.powerdns.com/authoritative/http-api/zone.html',
  traits: {
    types: ['TXT', 'TLSA'],
    conditional: false,
    edits: 'rrset',
    ttl: { least: 0 },
    signs: 'other',
    tellsApplied: false,
  },
  options: {
    key: required('secret', 'the api-key of the server, or one that is limited to some zones'),
    server: optional('text', 'the id of the server; "localhost" by default'),
    ...HTTP_OPTIONS,
    endpoint: optional(
      'url',
      'the URL of the API, without /api/v1; http://127.0.0.1:8081 by default',
    ),
  },
  notes: [
    'Secondaries transfer a change only if the serial increases: SOA-EDIT-API of the ' +
      'zone must be set, as it is if the API created the zone (pdnsutil set-meta ZONE ' +
      'SOA-EDIT-API DEFAULT).',
    'Secondaries are notified after each change if the kind of the zone is Master; the ' +
      'API of PowerDNS itself has no keys for single zones.',
  ],
  async open(options, tools) {
    const { key, server = 'localhost' } = options;
    const below = `/api/v1/servers/${encodeURIComponent(server)}`;
    const place = { host: HOST, address: 'http://127.0.0.1:8081', below, secrets: [key] };
    // Some operators write the address with the path below it.
    const endpoint = options.endpoint?.replace(/\/+$/, '').replace(/\/api\/v1$/, '');
    const api = createApi({
      ...(await reach(place, { ...options, endpoint }, tools)),
      headers: () => ({ 'x-api-key': key }),
      said: (body) => (body.at('error').isMissing ? undefined : body.at('error').text()),
    });
    const provider = overRRsets<PowerDnsZone, PowerDnsSet>({
      host: HOST,
      traits: this.traits,
      zoneAt: (name, call) => zoneAt(name, api, [404], call),
      read: (zone, owner, type, call) => read(zone, { owner, type }, api, call),
      async replace(zone, { owner, type, ttl, rdata }, held, call) {
        const disabled = held?.disabled ?? [];
        const served = rdata.map((item) => rdataText(type, item));
        await write(zone, { owner, type, ttl, served, disabled }, api, call);
      },
      async remove(zone, set, { ttl, disabled }, call) {
        await write(zone, { ...set, ttl, served: [], disabled }, api, call);
      },
    });
    return {
      ...provider,
      // Proxies with keys for single zones answer 403 for a name that is not one of them, and may
      // not list zones.
      findZone: async (name, call) =>
        (await closestZone(name, (at) => zoneAt(at, api, [403, 404], call)))?.name,
    };
  },
});

/** As the server itself writes zone identifiers: safe in a path. */
function zonePath(name: Fqdn): string {
  const escaped = (char: string): string =>
    `=${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(2, '0')}`;
  return `/zones/${hostOf(name).replace(/[^A-Za-z0-9.-]/g, escaped)}.`;
}

async function zoneAt(
  name: Fqdn,
  api: Api,
  takes: readonly number[],
  call: Call,
): Promise<PowerDnsZone | undefined> {
  const query = { rrsets: 'false' };
  const answer = await api.send('GET', { path: zonePath(name), query, takes }, call);
  if (takes.includes(answer.status)) return undefined;
  const zone = answer.json();
  return { name: fqdn(zone.at('name').text()), kind: zone.at('kind').text() };
}

async function read(
  zone: PowerDnsZone,
  { owner, type }: RRsetKey,
  api: Api,
  call: Call,
): Promise<PowerDnsSet | undefined> {
  // The whole zone: PowerDNS 4 omits disabled records from the answer for one RRset, and a write
  // would remove them.
  const answer = await api.send('GET', { path: zonePath(zone.name) }, call);
  const found = answer
    .json()
    .at('rrsets')
    .list()
    .find((set) => {
      const isOwner = set.at('name').text().toLowerCase() === owner;
      return isOwner && set.at('type').text() === type;
    });
  if (found === undefined) return undefined;
  const records = found.at('records').list();
  const isDisabled = (record: Json): boolean =>
    !record.at('disabled').isMissing && record.at('disabled').flag();
  const content = (record: Json): string => record.at('content').text();
  const served = records.filter((record) => !isDisabled(record));
  return {
    ttl: found.at('ttl').number(),
    rdata: served.map((record) => rdataFromText(type, content(record))),
    disabled: records.filter(isDisabled).map(content),
  };
}

/** As PowerDNS holds an RRset: as text, with records that it does not serve. */
interface ContentSet extends RRsetKey {
  readonly ttl: number;
  readonly served: readonly string[];
  readonly disabled: readonly string[];
}

async function write(
  zone: PowerDnsZone,
  { owner, type, ttl, served, disabled }: ContentSet,
  api: Api,
  call: Call,
): Promise<void> {
  const what = `the change of ${type} at ${owner}`;
  if (/^(slave|secondary|consumer)$/i.test(zone.kind)) {
    throw refused(HOST, what, `${zone.name} is a copy there; let the provider name its primary`);
  }
  const records = [
    ...served.map((content) => ({ content, disabled: false })),
    ...disabled
      .filter((content) => !served.includes(content))
      .map((content) => ({ content, disabled: true })),
  ];
  const change =
    records.length === 0 ? { changetype: 'DELETE' } : { changetype: 'REPLACE', ttl, records };
  const body = { rrsets: [{ name: owner, type, ...change }] };
  await api.send('PATCH', { path: zonePath(zone.name), body, what }, call);
  // Without it the server looks for changed zones once a minute. A native zone has no secondaries
  // to notify. No answer here is a failure, because the change has been made.
  const path = `${zonePath(zone.name)}/notify`;
  await api.send('PUT', { path }, call).catch(() => undefined);
}
