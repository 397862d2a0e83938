// From which certificates a CA issues now, as far as this installation has seen it: the chains that
// it was sent for its own orders. This works for any CA, and is newer than a list that comes with
// holger.
import { fromHex } from '../../base/bytes.ts';
import { formatInstant } from '../../base/clock.ts';
import type { Seconds } from '../../base/clock.ts';
import { defined } from '../../base/defined.ts';
import { visibleLine } from '../../base/visible.ts';
import { associationData } from '../../dane/association.ts';
import type { Chain, ChainCertificate } from '../../dane/chain.ts';
import { labelOf } from '../../x509/certificate.ts';
import type { KeyAlgorithm } from '../../dane/key-algorithm.ts';
import type { Intermediate, IssuingSet, KnownCertificate } from './issuing-set.ts';
import { keyDigest, signersOf } from './issuing-set.ts';

/** A chain that the CA sent for an order. */
export interface SeenChain {
  /** The host of its directory. */
  readonly ca: string;
  /** Orders at one directory are at one CA. */
  readonly directory: string;
  readonly chain: Chain;
  /** Of its key. */
  readonly algorithm: KeyAlgorithm;
  /** False: the operator has chosen among several that the CA offered. */
  readonly isDefault: boolean;
}

/** CAs with several intermediates use all of them within this time. */
const SPAN: Seconds = 30 * 86_400;
const LONGEST_NAME = 60;

/** What is known of CAs, with what was seen here. */
export function withSeen(
  known: readonly IssuingSet[],
  seen: readonly SeenChain[],
): readonly IssuingSet[] {
  const groups = new Map<string, SeenChain[]>();
  for (const one of seen) {
    if (signersOf(one.chain).length === 0) continue;
    const key = `${one.directory} ${one.algorithm}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const learned = [...groups.values()].flatMap((all) => learnedFrom(all) ?? []);
  return [
    ...known.map((set) => learned.filter((one) => isOfOneCa(set, one)).reduce(extended, set)),
    ...learned.filter((one) => !known.some((set) => isOfOneCa(set, one))),
  ];
}

function newestFirst(all: readonly SeenChain[]): readonly SeenChain[] {
  return [...all].sort((a, b) => issuedAt(b) - issuedAt(a));
}

function dayOf(one: SeenChain): string {
  return formatInstant(issuedAt(one)).slice(0, 'YYYY-MM-DD'.length);
}

const issuedAt = ({ chain }: SeenChain): number => chain.certificates[0]?.notBefore ?? -Infinity;

function learnedFrom(all: readonly SeenChain[]): IssuingSet | undefined {
  const [newest] = newestFirst(all);
  if (newest === undefined) return undefined;
  const recent = all.filter((one) => issuedAt(one) > issuedAt(newest) - SPAN);
  const issuing = unique(recent.flatMap((one) => signersOf(one.chain))).map((signer) =>
    intermediateOf(signer, recent),
  );
  const signing = new Set(issuing.map(({ digests }) => digests['1 1']));
  const former = all
    .flatMap((one) => signersOf(one.chain).map(keyDigest))
    .flatMap((digest) => (digest === undefined || signing.has(digest) ? [] : [digest]));
  const above = unique(recent.flatMap((one) => authoritiesOf(one.chain)))
    .map(knownOf)
    .filter(({ digests }) => !signing.has(digests['1 1']));
  return {
    ca: newest.ca,
    knownOn: dayOf(newest),
    algorithm: newest.algorithm,
    seenHere: true,
    ...{ issuing, former: [...new Set(former)], above },
  };
}

function intermediateOf(signer: ChainCertificate, recent: readonly SeenChain[]): Intermediate {
  const digest = keyDigest(signer);
  const sentChains = recent.filter(
    ({ chain, isDefault }) =>
      isDefault && signersOf(chain).some((one) => keyDigest(one) === digest),
  );
  const [newest] = newestFirst(sentChains);
  const keys = sentChains.flatMap(({ chain }) =>
    authoritiesOf(chain).flatMap((it) => keyDigest(it) ?? []),
  );
  const sent = newest && { on: dayOf(newest), keys: [...new Set(keys)] };
  return { ...knownOf(signer), notAfter: signer.notAfter, ...defined({ sent }) };
}

function authoritiesOf({ certificates }: Chain): readonly ChainCertificate[] {
  return certificates.slice(1).filter(({ canSign }) => canSign);
}

function unique(certificates: readonly ChainCertificate[]): readonly ChainCertificate[] {
  return [...new Map(certificates.map((one) => [one.der, one])).values()];
}

function knownOf(certificate: ChainCertificate): KnownCertificate {
  const { subject } = labelOf(fromHex(certificate.der));
  const name = /(?:^|, )CN=(.*?)(?:, [A-Z]+=|$)/.exec(subject)?.[1] ?? subject;
  const digest = (selector: number, matchingType: number): string =>
    associationData(certificate, selector, matchingType) ?? '';
  return {
    name: visibleLine(name, LONGEST_NAME),
    digests: {
      ...{ '0 1': digest(0, 1), '0 2': digest(0, 2) },
      ...{ '1 1': digest(1, 1), '1 2': digest(1, 2) },
    },
  };
}

/** An intermediate of one is known in the other one. */
function isOfOneCa(known: IssuingSet, learned: IssuingSet): boolean {
  const all = new Set([...known.issuing.map(({ digests }) => digests['1 1']), ...known.former]);
  return [...learned.issuing.map(({ digests }) => digests['1 1']), ...learned.former].some((one) =>
    all.has(one),
  );
}

/** A list that comes with holger, and what the CA has sent since then. */
function extended(known: IssuingSet, learned: IssuingSet): IssuingSet {
  const issuing = known.issuing.map((one): Intermediate => {
    const seen = learned.issuing.find(({ digests }) => digests['1 1'] === one.digests['1 1']);
    return { ...one, ...defined({ sent: seen?.sent }) };
  });
  const listed = new Set([...issuing.map(({ digests }) => digests['1 1']), ...known.former]);
  const others = learned.issuing.filter(({ digests }) => !listed.has(digests['1 1']));
  if (others.length === 0 || learned.knownOn < known.knownOn) return { ...known, issuing };
  return { ...known, knownOn: learned.knownOn, issuing: [...issuing, ...others] };
}
