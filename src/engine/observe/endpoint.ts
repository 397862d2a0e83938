// One look at one address of a service: every certificate that it presents.
import type { Instant, Seconds } from '../../base/clock.ts';
import { KEY_ALGORITHMS } from '../../dane/key-algorithm.ts';
import type { KeyAlgorithm } from '../../dane/key-algorithm.ts';
import type { Call } from '../../ports/call.ts';
import type { Endpoint, Handshake, Presented, Seen } from '../../ports/probe.ts';
import { NO_TLS } from '../../rollover/record/service-history.ts';
import type { EndpointLook, EndpointMemory } from '../../rollover/record/service-history.ts';
import type { World } from '../world.ts';

/**
 * How long it is remembered that an endpoint has no other kinds of certificates. What is asked for
 * them in vain may stand in the log of the server; whoever adds a certificate to one whose records
 * are published breaks his service before we could see it.
 */
const COMPLETE_FOR: Seconds = 6 * 3600;

/**
 * Of several processes behind one address each takes its turn; so often more is asked for the one
 * that was not met.
 */
const AGAIN = 2;

export interface Expectation {
  /** What was seen there before. */
  readonly known: EndpointMemory | undefined;
  /** The kinds of keys of all certificates that name the service. */
  readonly algorithms: ReadonlySet<KeyAlgorithm>;
}

type Met = EndpointLook['met'][number];

/**
 * One look at one address. A chain that was known and is not met may be one that another process
 * still presents.
 */
export async function lookAt(
  endpoint: Endpoint,
  expectation: Expectation,
  world: World,
  call: Call,
): Promise<EndpointLook> {
  const ask = (seen: Seen): Promise<Handshake> => world.probe.handshake(endpoint, seen, call);
  const met = (shake: Presented): Met => metAt(endpoint, shake, world);
  const { address } = endpoint;
  const first = await ask([]);
  if (first.status !== 'presented' && first.status !== 'no-tls') {
    return { address, met: [], ...failureOf(first) };
  }
  const all: Met[] = first.status === 'no-tls' ? [...WITHOUT_TLS] : [met(first)];
  const settled = first.status === 'no-tls' || isComplete(all, expectation, world.clock.now());
  const more = settled ? {} : await others(all, ask, (shake) => all.push(met(shake)));
  const failed = new Set<KeyAlgorithm>();
  for (let round = 0; round < AGAIN; round += 1) {
    const missing = unmet(expectation.known, all);
    if (missing.length === 0) break;
    await Promise.all(
      missing.map(async (algorithm) => {
        const shake = await ask(seenBut(algorithm, all));
        if (shake.status === 'presented') all.push(met(shake));
        else if (shake.status !== 'no-certificate') failed.add(algorithm);
      }),
    );
  }
  // A handshake that failed may have been that of the process which was not met.
  const unsure = unmet(expectation.known, all).filter((algorithm) => failed.has(algorithm));
  const absent = more.complete === true ? KEY_ALGORITHMS.filter((one) => !has(all, one)) : [];
  return {
    address,
    met: [...all, ...absent.map((algorithm) => ({ algorithm }))],
    ...more,
    ...(unsure.length === 0 ? {} : { unsure }),
  };
}

function metAt({ address, port }: Endpoint, shake: Presented, { pki, log }: World): Met {
  const chain = pki.readDer(shake.certificates);
  if (chain.more !== undefined) {
    const sent = chain.certificates.length + chain.more;
    log.warn('a service sends too many certificates, the last ones are not looked at', {
      ...{ address, port, sent },
    });
  }
  return { algorithm: shake.algorithm, chain };
}

const has = (met: readonly Met[], wanted: KeyAlgorithm): boolean =>
  met.some(({ algorithm }) => algorithm === wanted);

/** What else was seen, so that the offer asks for the wanted kind. */
function seenBut(wanted: KeyAlgorithm, met: readonly Met[]): Seen {
  const presented = met.filter(({ chain }) => typeof chain === 'object');
  return seenIn(presented).filter((algorithm) => algorithm !== wanted);
}

const seenIn = (met: readonly Met[]): Seen => [...new Set(met.map(({ algorithm }) => algorithm))];

/** It spoke, and whichever certificate was there before is not presented. */
const WITHOUT_TLS: readonly Met[] = KEY_ALGORITHMS.map((algorithm) =>
  algorithm === 'ecdsa' || algorithm === 'rsa' ? { algorithm, chain: NO_TLS } : { algorithm },
);

function failureOf(
  shake: Exclude<Handshake, Presented>,
): Pick<EndpointLook, 'failure' | 'noRoute'> {
  const failure = `${shake.status}: ${shake.detail}`;
  return shake.status === 'no-route' ? { failure, noRoute: true } : { failure };
}

/**
 * Whether what was met is all that is known, all that is expected, and no other kind was found
 * there lately.
 */
function isComplete(
  met: readonly Met[],
  { known, algorithms }: Expectation,
  now: Instant,
): boolean {
  const { completeAt } = known ?? {};
  const isFresh = completeAt !== undefined && completeAt <= now && now < completeAt + COMPLETE_FOR;
  const isKnown = met.every((one) =>
    known?.sightings.some(({ algorithm, chain }) => isSame(one, algorithm, chain)),
  );
  const isExpected = [...algorithms].every((algorithm) => has(met, algorithm));
  return isFresh && isKnown && isExpected && unmet(known, met).length === 0;
}

/**
 * Asks for one kind of certificate after the other, until none is left or nothing more can be
 * learned.
 */
async function others(
  met: readonly Met[],
  ask: (seen: Seen) => Promise<Handshake>,
  found: (shake: Presented) => void,
): Promise<Pick<EndpointLook, 'complete' | 'failure'>> {
  for (;;) {
    const shake = await ask(seenIn(met));
    if (shake.status === 'no-certificate') return { complete: true };
    if (shake.status !== 'presented') return failureOf(shake);
    const isNew = !has(met, shake.algorithm);
    found(shake);
    if (!isNew) return { complete: true };
  }
}

const isSame = ({ algorithm, chain }: Met, known: KeyAlgorithm, id: string): boolean =>
  algorithm === known && (chain === id || (typeof chain === 'object' && chain.id === id));

/** The algorithms with which a chain was seen before that was not met now. */
function unmet(known: EndpointMemory | undefined, met: readonly Met[]): readonly KeyAlgorithm[] {
  const missing = (known?.sightings ?? []).filter(
    ({ algorithm, chain }) => !met.some((one) => isSame(one, algorithm, chain)),
  );
  return [...new Set(missing.map(({ algorithm }) => algorithm))];
}
