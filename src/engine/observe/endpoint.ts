// One observation of one address of a service: every certificate that it presents.
import type { Instant, Seconds } from '../../base/clock.ts';
import { KEY_ALGORITHMS } from '../../dane/key-algorithm.ts';
import type { KeyAlgorithm } from '../../dane/key-algorithm.ts';
import type { Call } from '../../ports/call.ts';
import type { Endpoint, Handshake, Presented, Seen } from '../../ports/probe.ts';
import { NO_TLS } from '../../rollover/record/service-history.ts';
import type { EndpointLook, EndpointMemory } from '../../rollover/record/service-history.ts';
import type { World } from '../world.ts';

/**
 * How long it is assumed that an endpoint has no other kinds of certificates. A handshake that asks
 * for a missing kind may be logged by the server; but a new certificate beside one with published
 * records breaks the service, and must be noticed.
 */
const COMPLETE_FOR: Seconds = 6 * 3600;

/**
 * Several processes may take turns behind one address: retry this often for a chain that is
 * expected but was not shown.
 */
const AGAIN = 2;

export interface Expectation {
  /** What was observed there before. */
  readonly known: EndpointMemory | undefined;
  /** The kinds of keys of all certificates that name the service. */
  readonly algorithms: ReadonlySet<KeyAlgorithm>;
}

type Met = EndpointLook['met'][number];

/**
 * One observation of one address. A known chain that was not shown may still be presented by
 * another process.
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
  // A failed handshake may have reached the process that was not observed yet.
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
    log.warn('a service sends too many certificates, the last ones are ignored', {
      ...{ address, port, sent },
    });
  }
  return { algorithm: shake.algorithm, chain };
}

const has = (met: readonly Met[], wanted: KeyAlgorithm): boolean =>
  met.some(({ algorithm }) => algorithm === wanted);

/** What else was shown, so that the offer asks for the wanted kind. */
function seenBut(wanted: KeyAlgorithm, met: readonly Met[]): Seen {
  const presented = met.filter(({ chain }) => typeof chain === 'object');
  return seenIn(presented).filter((algorithm) => algorithm !== wanted);
}

const seenIn = (met: readonly Met[]): Seen => [...new Set(met.map(({ algorithm }) => algorithm))];

/** It answered, and does not present any certificate that was there before. */
const WITHOUT_TLS: readonly Met[] = KEY_ALGORITHMS.map((algorithm) =>
  algorithm === 'ecdsa' || algorithm === 'rsa' ? { algorithm, chain: NO_TLS } : { algorithm },
);

function failureOf(
  shake: Exclude<Handshake, Presented>,
): Pick<EndpointLook, 'failure' | 'noRoute'> {
  const failure = `${shake.status}: ${shake.detail}`;
  return shake.status === 'no-route' ? { failure, noRoute: true } : { failure };
}

/** Whether everything known and expected was shown, and no other kind was found there lately. */
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
 * observed.
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

/** The algorithms with which a chain was shown before that was not shown now. */
function unmet(known: EndpointMemory | undefined, met: readonly Met[]): readonly KeyAlgorithm[] {
  const missing = (known?.sightings ?? []).filter(
    ({ algorithm, chain }) => !met.some((one) => isSame(one, algorithm, chain)),
  );
  return [...new Set(missing.map(({ algorithm }) => algorithm))];
}
