// The servers of a zone, and the version of the zone that each one has. The report shows it also
// when all is well.
import type { Fqdn } from '../../dns/name.ts';
import type { ZoneCut } from '../../ports/servers.ts';
import { faultOf, replyTo, serialAt } from './server-answers.ts';
import type { Look, ServerLook } from '../gather/zone.ts';
import { isUnlooked } from '../gather/zone.ts';

export interface ServerSummary {
  readonly server: Fqdn;
  readonly address: string;
  /** The version of the zone at a server, or why it is not known. */
  readonly has: { readonly serial: number } | { readonly fault: string };
}

export interface ZoneSummary extends ZoneCut {
  readonly servers: readonly ServerSummary[];
}

function summaryOf(look: ServerLook, zone: Fqdn): readonly ServerSummary[] {
  const reply = replyTo(look, 'soa');
  if (reply === undefined) return [];
  const { server, address } = look.at;
  const fault = faultOf(reply);
  if (fault !== undefined) return [{ server, address, has: { fault } }];
  const serial = serialAt(look, zone);
  return [{ server, address, has: serial === undefined ? { fault: 'no SOA' } : { serial } }];
}

/** Each zone once: questions for single names in it do not ask for its serial. */
export function zoneSummaries(looks: readonly Look[]): readonly ZoneSummary[] {
  return looks.flatMap((look) => {
    if (isUnlooked(look)) return [];
    const { zone, security } = look.cut;
    const servers = look.servers.flatMap((server) => summaryOf(server, zone));
    return servers.length === 0 ? [] : [{ zone, security, servers }];
  });
}
