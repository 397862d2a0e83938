// One look at every address of every authoritative server of the zone in which a name, after its
// CNAMEs, lives.
import { silentLogger, type Logger } from '../base/log.ts';
import type { Fqdn } from '../dns/name.ts';
import { askAuthoritative, type AuthoritativeQuestion } from './authoritative.ts';
import { mapLimited } from '../base/limit.ts';
import { inTurn } from './in-turn.ts';
import { locate } from './place.ts';
import type { ServerList } from './servers.ts';
import type { Target, ZoneServers } from './hosts.ts';
import { serverText } from './transport.ts';
import type { Clock, Seconds } from '../base/clock.ts';
import { defined } from '../base/defined.ts';
import type { RRset } from '../dns/rrset.ts';
import type { Call } from '../ports/call.ts';
import type { Resolver, SweptAddress } from '../ports/resolver.ts';
import type { LookUp } from './validating.ts';

export interface Sweeping {
  readonly lookUp: LookUp;
  readonly servers: ServerList;
  readonly zones: readonly ZoneServers[];
  readonly clock: Clock;
  readonly logger?: Logger;
  /** For all queries to one address together. */
  readonly addressTimeoutMs?: number;
}

const CONCURRENCY = 16;
const ADDRESS_TIMEOUT_MS = 5000;
/**
 * Servers that only other servers of the zone name are asked too, and those that only they name, up
 * to here.
 */
const MAX_ROUNDS = 3;

export function createSweep(context: Sweeping): Resolver['sweep'] {
  return async (asked, type, call, how) => {
    const { owner, aliases, cut, isWild } = await locate(context, { name: asked, type }, call, how);
    const { serials } = how ?? {};
    const question = { zone: cut.zone, owner, type, ...defined({ isWild, serials }) };
    const all = await askAll(context, question, call);
    return {
      zone: cut.zone,
      owner,
      type,
      aliases: await withServedTtls(context, aliases, call),
      security: cut.security,
      ...defined({ unproven: cut.unproven }),
      ...all,
    };
  };
}

export function createPlace(context: Sweeping): Resolver['place'] {
  return async (name, type, call, how) => {
    const { owner, cut } = await locate(context, { name, type }, call, how);
    return { zone: cut.zone, owner };
  };
}

interface Asked {
  readonly addresses: readonly SweptAddress[];
  readonly serversTtl: Seconds;
  readonly receivedAt: number;
}

async function askAll(
  context: Sweeping,
  question: Pick<AuthoritativeQuestion, 'zone' | 'owner' | 'type' | 'isWild' | 'serials'>,
  call: Call,
): Promise<Asked> {
  const { zone, owner } = question;
  const { clock, servers } = context;
  const known = await servers.of(zone, call);
  const startedAt = clock.now();
  const swept: SweptAddress[] = known.unfound.map(({ server, detail }) => ({
    server,
    address: server.slice(0, -1),
    answer: { status: 'unreachable', detail },
  }));
  const hosts = new Set(known.hosts);
  const seen = new Set<string>();
  let targets: readonly Target[] = known.targets;
  let serversTtl = 0;
  for (let round = 1; targets.length > 0; round += 1) {
    const fresh = targets.filter(({ address }) => !seen.has(serverText(address)));
    for (const { address } of fresh) seen.add(serverText(address));
    const named = new Set<Fqdn>();
    const answers = await mapLimited(unique(fresh), CONCURRENCY, async (target) => {
      const asked = {
        ...{ ...question, fixedServers: known.fixed, now: startedAt, signal: call.signal },
        timeoutMs: context.addressTimeoutMs ?? ADDRESS_TIMEOUT_MS,
      };
      const { address } = target;
      const { answer, nameServers, nameServersTtl } = await inTurn(address, () =>
        askAuthoritative(address, asked),
      );
      for (const host of nameServers) if (!hosts.has(host)) named.add(host);
      serversTtl = Math.max(serversTtl, nameServersTtl);
      return { server: target.server, address: serverText(target.address), answer };
    });
    swept.push(...answers);
    if (known.fixed || named.size === 0 || round === MAX_ROUNDS) break;
    const more = await servers.locate([...named], zone, call);
    for (const host of named) hosts.add(host);
    targets = more.targets;
  }
  const receivedAt = clock.now();
  (context.logger ?? silentLogger).trace('zone swept', { zone, owner, servers: swept.length });
  return { addresses: swept, serversTtl, receivedAt };
}

function unique(targets: readonly Target[]): Target[] {
  return [...new Map(targets.map((target) => [serverText(target.address), target])).values()];
}

/**
 * Aliases with the TTLs that their own servers send: a resolver's cache has only what is left of
 * them. Where no server answers, the cached TTL is used.
 */
async function withServedTtls(
  context: Sweeping,
  aliases: readonly RRset[],
  call: Call,
): Promise<readonly RRset[]> {
  return Promise.all(
    aliases.map(async (alias) => {
      try {
        const { zone } = (await locate(context, { name: alias.owner, type: 'CNAME' }, call)).cut;
        const { addresses } = await askAll(
          context,
          { zone, owner: alias.owner, type: 'CNAME', serials: false },
          call,
        );
        const ttls = addresses.map(({ answer }) => (answer.status === 'answered' ? answer.ttl : 0));
        return { ...alias, ttl: Math.max(alias.ttl, ...ttls) };
      } catch {
        call.signal?.throwIfAborted();
        return alias;
      }
    }),
  );
}
