// Name servers one by one: who is silent, who says something else than the others, who cannot be asked for TLSA.
import { matchRRset } from '../../dane/match.ts';
import type { TlsaRecord } from '../../dane/tlsa.ts';
import { tlsaFromRdata } from '../../dane/tlsa.ts';
import { rrsetIn } from '../../dns/answer.ts';
import { hostOf } from '../../dns/name.ts';
import type { Fqdn } from '../../dns/name.ts';
import { soaOf } from '../../dns/rdata.ts';
import { RCODE, rcodeName } from '../../dns/record-type.ts';
import { serialGreater } from '../../dns/serial.ts';
import type { ServerReply } from '../../ports/servers.ts';
import type { Finding } from '../finding.ts';
import { finding } from '../finding.ts';
import type { JudgedService } from '../judged.ts';
import { chainsOf } from '../judged.ts';
import type { Purpose, ServerLook, ZoneLook } from '../zone-look.ts';
import { serverName, together } from './together.ts';

type Answered = Extract<ServerReply, { readonly status: 'answered' }>;

function replyTo(look: ServerLook, purpose: Purpose): ServerReply | undefined {
  return look.replies.find(({ question }) => question.purpose === purpose)?.reply;
}

/** Why a reply is none that the zone's own data stands behind; undefined: it is one. */
function faultOf(reply: ServerReply): string | undefined {
  if (reply.status !== 'answered') return reply.detail;
  const { rcode, authoritative } = reply.message;
  if (rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN) return rcodeName(rcode);
  return authoritative ? undefined : 'it answers without authority';
}

/** How one server of the zone is, before what it says counts. */
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

/** A server that is there, and fails for TLSA. */
function filters(look: ZoneLook, healthy: (address: string) => boolean): readonly Finding[] {
  return look.servers.flatMap((server) => {
    const reply = replyTo(server, 'tlsa');
    const fault = reply === undefined ? undefined : faultOf(reply);
    if (fault === undefined || !healthy(server.at.address)) return [];
    return [
      finding(
        'server-fails-tlsa',
        serverName(server),
        `it answers for its zone, and for TLSA: ${fault}`,
      ),
    ];
  });
}

/** What a server has at the owner, as one text; undefined where it did not say. */
function contentOf(
  reply: ServerReply | undefined,
  owner: Fqdn,
  type: 'TLSA' | 'NS',
): string | undefined {
  if (reply?.status !== 'answered' || faultOf(reply) !== undefined) return undefined;
  return (rrsetIn(reply.message.answers, owner, type)?.rdata ?? []).join(' ');
}

function serialOf({ message }: Answered, zone: Fqdn): number | undefined {
  const [rdata] = rrsetIn(message.answers, zone, 'SOA')?.rdata ?? [];
  return rdata === undefined ? undefined : soaOf(rdata).serial;
}

function recordsIn(content: string): readonly TlsaRecord[] {
  return content === '' ? [] : content.split(' ').flatMap((rdata) => tlsaFromRdata(rdata) ?? []);
}

/** Somebody who is given these records does not accept what is presented now. */
function refuses(records: readonly TlsaRecord[], service: JudgedService): boolean {
  const { context, at } = service.judging;
  return chainsOf(service).some(
    (chain) => !matchRRset(records, chain, { ...context, at }).accepted,
  );
}

/** Servers that have something else than the most of them. */
function disagreement(look: ZoneLook, service: JudgedService): readonly Finding[] {
  const told = new Map<string, ServerLook[]>();
  for (const server of look.servers) {
    const name = server.replies.find(({ question }) => question.purpose === 'tlsa')?.question.name;
    const content =
      name === undefined ? undefined : contentOf(replyTo(server, 'tlsa'), name, 'TLSA');
    if (content === undefined) continue;
    told.set(content, [...(told.get(content) ?? []), server]);
  }
  if (told.size < 2) return [];
  const [most, ...others] = [...told].sort(([, a], [, b]) => b.length - a.length);
  const agreed = most?.[1].length ?? 0;
  return others.flatMap(([content, servers]) =>
    servers.map((server) => {
      const records = recordsIn(content);
      const because = `it has ${records.length} TLSA records, and they are not the ${recordsIn(most?.[0] ?? '').length} that ${agreed} other ${agreed === 1 ? 'address has' : 'addresses have'}`;
      return refuses(records, service)
        ? finding(
            'servers-disagree',
            serverName(server),
            `${because}; whoever sees them turns away`,
            'critical',
          )
        : finding('servers-disagree', serverName(server), because);
    }),
  );
}

function lag(look: ZoneLook): readonly Finding[] {
  const { zone } = look.cut;
  const serials = look.servers.flatMap((server) => {
    const reply = replyTo(server, 'soa');
    const serial = reply?.status === 'answered' ? serialOf(reply, zone) : undefined;
    return serial === undefined ? [] : [{ server, serial }];
  });
  const newest = serials.reduce<number | undefined>(
    (best, { serial }) => (best === undefined || serialGreater(serial, best) ? serial : best),
    undefined,
  );
  const late = serials
    .filter(({ serial }) => newest !== undefined && serial !== newest)
    .map(({ server, serial }) => ({
      server,
      rule: 'server-lags' as const,
      because: `it has serial ${serial} of ${hostOf(zone)}, others have ${newest ?? ''}`,
    }));
  return together(look, late);
}

/** The NS records of the parent, and what each server of the zone has. */
function delegation({ cut, view, servers }: ZoneLook): readonly Finding[] {
  const about = hostOf(cut.zone);
  const found: Finding[] = view.unfound.map(({ server, detail }) =>
    finding('server-unfound', hostOf(server), detail),
  );
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

/** What goes through every path without fragments (DNS flag day 2020). */
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

export function serverFindings(service: JudgedService): readonly Finding[] {
  const looks = service.facts.zones;
  const sick = new Set(
    looks.flatMap(({ servers }) =>
      servers.filter((server) => !isHealthy(server)).map(({ at }) => at.address),
    ),
  );
  return looks.flatMap((look) => [
    ...look.servers.flatMap(health),
    ...filters(look, (address) => !sick.has(address)),
    ...disagreement(look, service),
    ...lag(look),
    ...(look.servers.some((server) => replyTo(server, 'ns') !== undefined) ? delegation(look) : []),
    ...size(look),
  ]);
}
