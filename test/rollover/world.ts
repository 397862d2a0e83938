// Chains, RRsets, sweeps and handshakes by hand, for tests of the pure functions.
import { tlsaFor } from '../../src/dane/association.ts';
import type { Chain, ChainCertificate } from '../../src/dane/chain.ts';
import type { TrustedIssuers } from '../../src/dane/pkix.ts';
import { tlsaToRdata } from '../../src/dane/tlsa.ts';
import { fqdn } from '../../src/dns/name.ts';
import type { RdataHex } from '../../src/dns/rrset.ts';
import { rdataSet } from '../../src/dns/rrset.ts';
import type { Facts, Neighbour } from '../../src/rollover/law/facts.ts';
import { newLineage } from '../../src/rollover/model.ts';
import type { Generation, Intent, Policy, ServiceIntent } from '../../src/rollover/model.ts';
import { newServiceHistory, recordLooks } from '../../src/rollover/record/service-history.ts';
import type { EndpointLook, ServiceHistory } from '../../src/rollover/record/service-history.ts';
import { recordSweep } from '../../src/rollover/record/sweep.ts';
import type {
  HeldFacts,
  Observation,
  OwnerHistory,
} from '../../src/rollover/record/owner-history.ts';

export const NOW = 1_795_262_400;
export const HOUR = 3600;
export const DAY = 86_400;
export const HOST = 'mx.example.org';
export const CA = 'https://ca.example/directory';
export const OWNER = fqdn('_25._tcp.mx.example.org');

const hex = (text: string): string => Buffer.from(text).toString('hex');

interface Shape {
  readonly key?: string;
  readonly ca?: string;
  readonly names?: readonly string[];
  readonly notBefore?: number;
  readonly notAfter?: number;
  readonly leafOnly?: boolean;
}

/** A leaf and the CA certificate that signed it. */
export function chain(name: string, shape: Shape = {}): Chain {
  const dates = {
    notBefore: shape.notBefore ?? NOW - 30 * DAY,
    notAfter: shape.notAfter ?? NOW + 60 * DAY,
  };
  const ca = shape.ca ?? 'I';
  const leaf: ChainCertificate = {
    der: hex(`leaf ${name}`),
    spki: hex(`key ${shape.key ?? name}`),
    names: shape.names ?? [HOST],
    canSign: false,
    signedBy: [1],
    ...dates,
  };
  const issuer: ChainCertificate = {
    der: hex(`ca ${ca}`),
    spki: hex(`ca key ${ca}`),
    names: [],
    canSign: true,
    signedBy: [],
    ...dates,
  };
  if (shape.leafOnly === true) {
    return { id: `${name}/1`, certificates: [{ ...leaf, signedBy: [] }] };
  }
  return { id: name, certificates: [leaf, issuer] };
}

/** "3 1 1" of a chain: usages 0 and 2 name its CA certificate, 1 and 3 its leaf. */
export function record(combination: string, of: Chain): RdataHex {
  const [usage = 3, selector = 1, type = 1] = combination.split(' ').map(Number);
  const certificate = of.certificates[usage % 2 === 0 ? 1 : 0];
  if (certificate === undefined) throw new Error(`${of.id} has no such certificate`);
  return tlsaToRdata(tlsaFor(certificate, usage, selector, type));
}

/** The two chains of most tests: the one that is live, and the staged one. */
export const A = chain('A');
export const B = chain('B');
export const ofA = record('3 1 1', A);
export const ofB = record('3 1 1', B);

/** A PKIX store with the roots that signed these CA certificates. */
export function trusting(...cas: readonly string[]): TrustedIssuers {
  const root = (ca: string): ChainCertificate => ({
    der: hex(`root of ${ca}`),
    spki: hex(`root key of ${ca}`),
    names: [],
    canSign: true,
    signedBy: [],
    notBefore: NOW - 1000 * DAY,
    notAfter: NOW + 1000 * DAY,
  });
  return Object.fromEntries(cas.map((ca) => [hex(`ca ${ca}`), [root(ca)]]));
}

export const POLICY: Policy = {
  records: ['3 1 1'],
  trustAnchors: 'chain',
  ttl: 60,
  ttlFactor: 2,
  cacheFloor: 0,
  assumedTtl: 0,
  margin: 5,
  settle: 60,
};

export const SERVICE: ServiceIntent = {
  id: `smtp://${HOST}:25`,
  owner: OWNER,
  names: [HOST],
  smtpLike: true,
  running: true,
  reachable: true,
};

export function intent(policy: Partial<Policy> = {}, changes: Partial<Intent> = {}): Intent {
  return {
    name: 'mail',
    domains: [HOST],
    keyType: 'ec-p256',
    dane: true,
    strategy: 'staged',
    directory: CA,
    services: [SERVICE],
    targets: [],
    policy: { ...POLICY, ...policy },
    force: false,
    ...changes,
  };
}

export interface Answer {
  readonly records: readonly RdataHex[];
  readonly ttl?: number;
  readonly serial?: number;
  readonly signedUntil?: number;
}

/** One sweep; each address answers, or not ('silent'). */
export function swept(
  before: OwnerHistory | undefined,
  at: number,
  answers: readonly (Answer | 'silent' | { readonly failure: string })[],
  policy: Pick<Policy, 'assumedTtl' | 'ttlFactor' | 'margin'> = POLICY,
  held?: readonly HeldFacts[],
): OwnerHistory {
  const observations = answers.map((answer, index): Observation => {
    const place = { server: fqdn(`ns${index}.example.org`), address: `192.0.2.${53 + index}` };
    if (answer === 'silent') return { ...place, failure: 'timeout', silent: true };
    if ('failure' in answer) return { ...place, ...answer };
    const { records, ttl = 60, serial = 1, signedUntil = at + 30 * DAY } = answer;
    return { ...place, answer: { content: rdataSet(records), ttl, serial, signedUntil } };
  });
  const zone = fqdn('example.org');
  return recordSweep(
    before,
    {
      owner: OWNER,
      target: OWNER,
      zone,
      security: 'secure',
      aliasTtl: 0,
      serversTtl: 0,
      observations,
      ...(held === undefined ? {} : { held }),
      receivedAt: at,
    },
    policy,
  );
}

type Met = Chain | 'no-tls' | 'silent';

/** One observation of the endpoints, by address. */
export function seen(
  at: number,
  met: Readonly<Record<string, Met>>,
  before: ServiceHistory = newServiceHistory(SERVICE.id),
): ServiceHistory {
  const looks = Object.entries(met).map(([address, what]): EndpointLook => {
    if (what === 'silent') return { address, met: [], failure: 'timeout' };
    return { address, met: [{ algorithm: 'ecdsa', chain: what }] };
  });
  return recordLooks(before, looks, POLICY.settle, at);
}

/** One observation of one address, by clients of either algorithm. */
export function presents(ecdsa: Chain | undefined, rsa: Chain | undefined): ServiceHistory {
  const of = (algorithm: 'ecdsa' | 'rsa', met: Chain | undefined): EndpointLook['met'][number] => ({
    algorithm,
    ...(met === undefined ? {} : { chain: met }),
  });
  const looks = [{ address: '1', met: [of('ecdsa', ecdsa), of('rsa', rsa)] }];
  return recordLooks(newServiceHistory(SERVICE.id), looks, 0, NOW);
}

export function generation(
  number: number,
  state: Generation['state'],
  of: Chain,
  changes: Partial<Generation> = {},
): Generation {
  const begun = state === 'live' || state === 'retired' ? NOW - 10 * DAY : undefined;
  return {
    number,
    state,
    keyType: 'ec-p256',
    domains: [HOST],
    directory: CA,
    createdAt: NOW - 20 * DAY,
    spki: of.certificates[0]?.spki ?? '',
    keyMadeAt: NOW - 20 * DAY,
    chain: of,
    issuedAt: NOW - 20 * DAY,
    ...(begun === undefined
      ? {}
      : { deployBegunAt: begun, deployedAt: begun + 1, provenAt: begun + 60 }),
    ...changes,
  };
}

export interface Scene {
  readonly generations?: readonly Generation[];
  readonly owner: OwnerHistory;
  readonly ours?: readonly RdataHex[];
  readonly service: ServiceHistory;
  readonly placed?: readonly Chain[];
  readonly neighbours?: readonly Neighbour[];
  readonly wantedByOthers?: readonly RdataHex[];
  readonly trusted?: Facts['trusted'];
  readonly lookedAt?: number;
}

export function factsOf(scene: Scene): Facts {
  return {
    lineage: { ...newLineage('mail'), generations: scene.generations ?? [] },
    owners: { [OWNER]: { ...scene.owner, ours: scene.ours ?? [] } },
    services: { [scene.service.id]: scene.service },
    placed: scene.placed ?? [],
    neighbours: scene.neighbours ?? [],
    wantedByOthers: { [OWNER]: scene.wantedByOthers ?? [] },
    trusted: scene.trusted ?? {},
    lookedAt: scene.lookedAt ?? NOW,
  };
}
