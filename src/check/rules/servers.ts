// Name servers one by one: which are silent, which differ from the others, which cannot answer for
// TLSA.
import { hostOf } from '../../dns/name.ts';
import type { Fqdn } from '../../dns/name.ts';
import { newestBySerial } from '../../dns/serial.ts';
import type { Finding } from './finding.ts';
import { finding } from './finding.ts';
import { contentOf, faultOf, replyTo, serialAt } from '../judge/server-answers.ts';
import type { ServerLook, ZoneLook } from '../gather/zone.ts';
import { serverName, together } from './together.ts';

/** The state of one server of the zone, before its answers are compared. */
function health(server: ServerLook): readonly Finding[] {
  const about = serverName(server);
  const udp = replyTo(server, 'soa');
  const tcp = replyTo(server, 'soa-tcp');
  if (udp === undefined || tcp === undefined) return [];
  if (udp.status === 'no-route') return [finding('server-not-asked', about, udp.detail)];
  if (udp.status !== 'answered' && tcp.status !== 'answered') {
    return [
      finding('server-silent', about, `no answer over UDP (${udp.detail}) or TCP (${tcp.detail})`),
    ];
  }
  if (udp.status !== 'answered') {
    return [finding('server-silent', about, `it answers over TCP only; over UDP: ${udp.detail}`)];
  }
  const fault = faultOf(udp);
  if (fault !== undefined) return [finding('server-lame', about, fault)];
  return tcp.status === 'answered' ? [] : [finding('server-without-tcp', about, tcp.detail)];
}

const isHealthy = (server: ServerLook): boolean => {
  const soa = replyTo(server, 'soa');
  return soa === undefined || faultOf(soa) === undefined;
};

/**
 * A server that answers but fails for TLSA. Resolvers ask the next one; if all fail, there is no
 * answer. If clients do not ask, it has no effect (RFC 7672 §2.2.2).
 */
function filters(
  look: ZoneLook,
  healthy: (address: string) => boolean,
  isAsked: boolean,
): readonly Finding[] {
  const answers = look.servers.some((server) => {
    const reply = replyTo(server, 'tlsa');
    return reply !== undefined && faultOf(reply) === undefined;
  });
  return look.servers.flatMap((server) => {
    const reply = replyTo(server, 'tlsa');
    const fault = reply === undefined ? undefined : faultOf(reply);
    if (fault === undefined || !healthy(server.at.address)) return [];
    const because = `it answers for its zone, but for TLSA: ${fault}`;
    const about = serverName(server);
    if (isAsked) {
      return [finding('server-fails-tlsa', about, because, answers ? 'warning' : 'critical')];
    }
    const harmless = `${because}; clients do not ask it, because the host is not in a signed zone`;
    return [finding('server-fails-tlsa', about, harmless, 'ok')];
  });
}

function lag(look: ZoneLook): readonly Finding[] {
  const { zone } = look.cut;
  const serials = look.servers.flatMap((server) => {
    const serial = serialAt(server, zone);
    return serial === undefined ? [] : [{ server, serial }];
  });
  const newest = newestBySerial(serials)?.serial;
  const late = serials
    .filter(({ serial }) => newest !== undefined && serial !== newest)
    .map(({ server, serial }) => ({
      server,
      rule: 'server-lags' as const,
      because: `it has serial ${serial} of ${hostOf(zone)}, others have ${newest ?? ''}`,
    }));
  return together(look, late);
}

/** The NS records of the parent, and those of each server of the zone. */
function delegation({ cut, view, servers }: ZoneLook): readonly Finding[] {
  const about = hostOf(cut.zone);
  const found: Finding[] = view.unfound.map(({ server, detail }) =>
    finding('server-unfound', hostOf(server), detail),
  );
  if (view.beyond !== undefined) {
    const because = `it has ${view.beyond} more name servers or addresses of them than are asked`;
    found.push(finding('not-all-checked', about, because));
  }
  const names = (list: readonly Fqdn[]): string => [...new Set(list)].sort().map(hostOf).join(', ');
  const { delegated, own } = view;
  if (delegated !== undefined && own.length > 0 && names(delegated) !== names(own)) {
    found.push(
      finding(
        'ns-mismatch',
        about,
        `the parent delegates to ${names(delegated)}, the zone names ${names(own)}`,
      ),
    );
  }
  const contents = new Set(
    servers.flatMap((server) => contentOf(replyTo(server, 'ns'), cut.zone, 'NS') ?? []),
  );
  if (contents.size > 1)
    found.push(finding('ns-mismatch', about, 'its servers do not have the same NS records'));
  return found;
}

/** The size that passes every path without fragments (DNS flag day 2020). */
const SAFE_OCTETS = 1232;

function size(look: ZoneLook): readonly Finding[] {
  const large = look.servers.flatMap((server) => {
    const reply = replyTo(server, 'tlsa');
    if (reply?.status !== 'answered' || (!reply.truncated && reply.octets <= SAFE_OCTETS))
      return [];
    return [{ server, octets: reply.octets }];
  });
  const [first] = large;
  if (first === undefined) return [];
  const most = Math.max(...large.map(({ octets }) => octets));
  return [finding('answer-too-large', serverName(first.server), `its answer has ${most} octets`)];
}

/** `isAsked`: clients ask these servers for the TLSA records. */
export function serverFindings(looks: readonly ZoneLook[], isAsked: boolean): readonly Finding[] {
  const sick = new Set(
    looks.flatMap(({ servers }) =>
      servers.filter((server) => !isHealthy(server)).map(({ at }) => at.address),
    ),
  );
  return looks.flatMap((look) => [
    ...look.servers.flatMap(health),
    ...filters(look, (address) => !sick.has(address), isAsked),
    ...lag(look),
    ...(look.servers.some((server) => replyTo(server, 'ns') !== undefined) ? delegation(look) : []),
    ...(isAsked ? size(look) : []),
  ]);
}
