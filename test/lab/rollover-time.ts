// How long a rollover took beyond what it had to wait for. Measured from outside: events count when
// they arrive here, and the answers of the name servers are read by a watcher that shares no code
// with holger.
// It has to wait for: the CA, from the answered challenge to the certificate; the slowest name
// server, for the challenge's TXT record and for the new TLSA record; then until no cache can hold
// the old RRset, which the slowest server may have answered at its last moment: ttl_factor x TTL +
// margin (RFC 7671 §8.1). All else is ours, also the start of the process.

import { createSocket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import dnsPacket from 'dns-packet';
import { holgerCommand, runHolger } from './holger.ts';
import type { HolgerEvent } from './holger.ts';
import type { Lab } from './lab.ts';

/** From the configuration of the certificate. */
export interface Policy {
  readonly ttl: number;
  readonly ttlFactor: number;
  readonly margin: number;
}

/** Seconds. */
export interface RolloverTime {
  readonly total: number;
  readonly demanded: Readonly<Record<string, number>>;
  readonly ours: Readonly<Record<string, number>>;
  /** The sum of `ours`. */
  readonly excess: number;
}

/** Seconds since the start of the command. */
interface Moments {
  readonly keyCreated: number;
  readonly ordered: number;
  readonly challengePublished: number;
  readonly challengeServed: number;
  readonly challengeAnswered: number;
  readonly issued: number;
  readonly published: number;
  readonly served: number;
  readonly deploying: number;
  readonly withdrawn: number;
}

const pauseMs = 25;

/**
 * Renews one certificate that has one service; the lab's CA must ask for a challenge
 * (authorizations.ts).
 */
export async function timeRollover(
  lab: Lab,
  config: string,
  certificate: string,
  policy: Policy,
): Promise<RolloverTime> {
  const begun = performance.now();
  const now = (): number => (performance.now() - begun) / 1_000;
  const at = new Map<string, number>();
  const ended = new AbortController();
  const watches: Promise<void>[] = [];
  const watch = (name: string, owner: unknown, type: 'TXT' | 'TLSA', wanted: string): void => {
    const seen = servedEverywhere(lab, String(owner), type, wanted, ended.signal);
    watches.push(seen.then(() => void at.set(name, now())));
  };
  const onEvent = (event: HolgerEvent): void => {
    at.set(event.event, now());
    if (event.event === 'challenge-published') watch('challengeServed', event['owner'], 'TXT', '');
    if (event.event === 'published') watch('served', event['owner'], 'TLSA', firstAdded(event));
  };
  const args = ['--json', 'run', '--wait', '--force', certificate];
  try {
    const run = await runHolger(lab, holgerCommand(lab, config, ...args), onEvent);
    if (run.status !== 0) {
      const last = JSON.stringify(run.events.slice(-3), undefined, 1);
      throw new Error(`holger ended with ${run.status}\n${last}\n${run.stderr}`);
    }
  } finally {
    ended.abort();
    await Promise.allSettled(watches);
  }
  return account(momentsOf(at), policy);
}

function momentsOf(at: ReadonlyMap<string, number>): Moments {
  const moment = (name: string): number => {
    const found = at.get(name);
    if (found === undefined) throw new Error(`this was no whole rollover: no ${name}`);
    return found;
  };
  return {
    keyCreated: moment('key-created'),
    ordered: moment('ordered'),
    challengePublished: moment('challenge-published'),
    challengeServed: moment('challengeServed'),
    challengeAnswered: moment('challenge-answered'),
    issued: moment('issued'),
    published: moment('published'),
    served: moment('served'),
    deploying: moment('deploying'),
    withdrawn: moment('withdrawn'),
  };
}

function account(at: Moments, policy: Policy): RolloverTime {
  const caches = policy.ttlFactor * policy.ttl + policy.margin;
  const demanded = {
    'name servers, TXT': at.challengeServed - at.challengePublished,
    'the CA': at.issued - at.challengeAnswered,
    'name servers, TLSA': at.served - at.published,
    caches,
  };
  const ours = {
    'start, first sweep, key': at.keyCreated,
    // Mostly the CA's, but the event does not separate its share from ours: counted against us.
    'order placed': at.ordered - at.keyCreated,
    'challenge published': at.challengePublished - at.ordered,
    'challenge seen and answered': at.challengeAnswered - at.challengeServed,
    'TLSA record published': at.published - at.issued,
    'deployment begun': at.deploying - at.served - caches,
    'deployed, proven, old records withdrawn': at.withdrawn - at.deploying,
  };
  const excess = Object.values(ours).reduce((sum, part) => sum + part, 0);
  return { total: at.withdrawn, demanded, ours, excess };
}

/** The data of the first record that a `published` event adds, in hex. */
function firstAdded(event: HolgerEvent): string {
  const added: unknown = event['add'];
  const [first] = Array.isArray(added) ? added.map(String) : [];
  const hex = first === undefined ? undefined : /[\da-f]+$/i.exec(first)?.[0];
  if (hex === undefined) throw new Error('nothing was added');
  return hex.toLowerCase();
}

/**
 * Resolves when every address of every name server serves the record; `wanted` is the end of its
 * data in hex.
 */
async function servedEverywhere(
  lab: Lab,
  owner: string,
  type: 'TXT' | 'TLSA',
  wanted: string,
  signal: AbortSignal,
): Promise<void> {
  const addresses = Object.values(lab.servers).flatMap((server) => [server.v4, server.v6]);
  const isServed = async (address: string): Promise<void> => {
    for (;;) {
      const data = await ask(address, owner, type);
      if (data.some((hex) => hex.endsWith(wanted))) return;
      await sleep(pauseMs, undefined, { signal });
    }
  };
  await Promise.all(addresses.map(isServed));
}

/** The data of the answers in hex; none after a second of silence. */
function ask(address: string, owner: string, type: 'TXT' | 'TLSA'): Promise<string[]> {
  const name = owner.replace(/\.$/, '');
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  return new Promise((resolve) => {
    const finish = (data: string[]): void => {
      clearTimeout(timer);
      socket.close();
      resolve(data);
    };
    const timer = setTimeout(() => finish([]), 1_000);
    socket.once('error', () => finish([]));
    socket.once('message', (bytes) => {
      const answers = dnsPacket.decode(bytes).answers ?? [];
      finish(answers.filter((answer) => answer.type === type).map(hexOf));
    });
    socket.send(dnsPacket.encode({ type: 'query', questions: [{ type, name }] }), 53, address);
  });
}

function hexOf(answer: dnsPacket.Answer): string {
  if (answer.type === 'TLSA') return Buffer.from(answer.data.certificate).toString('hex');
  if (answer.type !== 'TXT') return '';
  return Buffer.from(String(answer.data)).toString('hex');
}
