// A CA certificate that will leave the chain: a record of usage 2 matches only what the server
// sends (RFC 7671 §5.2.2, RFC 7672 §3.1.2), even if clients have the same root in a store.
import type { Seconds } from '../../base/clock.ts';
import { formatInstant } from '../../base/clock.ts';
import { fromHex } from '../../base/bytes.ts';
import type { Chain, ChainCertificate } from '../../dane/chain.ts';
import { hostOf } from '../../dns/name.ts';
import { isSelfSigned } from '../../x509/certificate.ts';
import type { CrossSign } from '../issuers/issuing-set.ts';
import { keyDigest, signersOf } from '../issuers/issuing-set.ts';
import type { Ahead, Lost } from './ahead.ts';
import { anchorVerdicts, lostIn, namesOf, rest } from './ahead.ts';
import type { Finding } from './finding.ts';
import { finding } from './finding.ts';
import { LAST_OF_ISSUER, lifeOf } from './lifetimes.ts';
import type { Severity } from './severity.ts';

/** Where certificates are valid for years, the end of their CA is not reported years before. */
const FARTHEST: Seconds = 180 * 86_400;

interface Leaving {
  /** Positions in the chain of the certificates that are not sent any more. */
  readonly positions: readonly number[];
  readonly because: string;
  /** What is above them is not sent any more, either. */
  readonly cuts: boolean;
}

/** Positions of roots that another root has certified: one that was put there by hand stays. */
function crossSigns({ chain, next }: Ahead): readonly (readonly [number, CrossSign])[] {
  if (next?.set.seenHere === true) return [];
  return chain.certificates.flatMap((one, position) => {
    const known = next?.set.above.find(({ digests }) => digests['1 1'] === keyDigest(one));
    if (known === undefined || isSelfSigned(fromHex(one.der))) return [];
    return [[position, known] as const];
  });
}

/** On the days that the CA has announced; each with those that leave before it. */
function announced(ahead: Ahead): readonly Leaving[] {
  const { ca = '', knownOn = '' } = ahead.next?.set ?? {};
  const dated = crossSigns(ahead)
    .flatMap(([position, { name, leaves }]) =>
      leaves === undefined ? [] : [{ position, name, leaves }],
    )
    .sort((a, b) => a.leaves - b.leaves);
  return dated.map(({ name, leaves }, index) => ({
    positions: dated.slice(0, index + 1).map(({ position }) => position),
    because: `${ca} sends the cross-signed ${name} until ${formatInstant(leaves)}, as known on ${knownOn}`,
    cuts: true,
  }));
}

/**
 * The CA has left them out of its chains already: it sent this installation another certificate of
 * the same intermediate without them. What signs itself was put there by hand, and stays.
 */
function leftOut({ chain, next }: Ahead): readonly Leaving[] {
  const keys = signersOf(chain).map(keyDigest);
  const signer = next?.issuers.find(({ digests }) => keys.includes(digests['1 1']));
  const sent = signer?.sent;
  if (sent === undefined) return [];
  const positions = chain.certificates.flatMap((one, position) => {
    const isSent = sent.keys.includes(keyDigest(one) ?? '');
    return position === 0 || isSent || isSelfSigned(fromHex(one.der)) ? [] : [position];
  });
  const [first] = positions;
  if (first === undefined) return [];
  const because = `on ${sent.on} ${next?.set.ca ?? ''} sent this installation a certificate without certificate ${first} of the chain`;
  return [{ positions, because, cuts: true }];
}

/** They expire before the next certificate would, so its chain is another one. */
function ending({ chain, service }: Ahead): readonly Leaving[] {
  const { at } = service.judging;
  const [leaf] = chain.certificates;
  if (leaf === undefined) return [];
  // What ends sooner is a finding of its own.
  const from = at + LAST_OF_ISSUER;
  const end = Math.min(leaf.notAfter + lifeOf(leaf), at + FARTHEST);
  const some = chain.certificates
    .map(({ notAfter }, position) => ({ notAfter, position }))
    .filter(({ notAfter, position }) => position > 0 && notAfter >= from && notAfter < end)
    .sort((a, b) => a.notAfter - b.notAfter);
  return some.map(({ notAfter, position }, index) => ({
    positions: some.slice(0, index + 1).map((one) => one.position),
    because: `certificate ${position} of the chain expires at ${formatInstant(notAfter)}, before the next certificate would`,
    cuts: false,
  }));
}

/** CAs leave cross-signed roots out long before they expire. */
function unannounced(ahead: Ahead): readonly Leaving[] {
  const { ca = '', knownOn = '' } = ahead.next?.set ?? {};
  return crossSigns(ahead).map(([position, { name }]) => ({
    positions: [position],
    because: `one day ${ca} will not send the cross-signed ${name} any more (no date was known on ${knownOn})`,
    cuts: true,
  }));
}

/** Another certificate takes its place: it remains on the path, and no record names it. */
const REPLACED = { der: '', spki: '' } as const;
const CUT = { canSign: false } as const;

function chainWithout(chain: Chain, { positions, cuts }: Leaving): Chain {
  const certificates = chain.certificates.map((one, position): ChainCertificate =>
    positions.includes(position) ? { ...one, ...(cuts ? CUT : REPLACED) } : one,
  );
  return { ...chain, certificates };
}

function leavingFinding(
  ahead: Ahead,
  { because }: Leaving,
  lost: Lost,
  severity: Severity,
): Finding {
  const { issuers, combination } = lost;
  const then = issuers.length === 0 ? 'matches' : `is of the key of ${namesOf(issuers)}`;
  const why = `${because}; from then on no record ${combination} ${then}${rest(ahead, lost)}`;
  return finding('anchor-leaves', hostOf(ahead.service.facts.tlsa.owner), why, severity);
}

/** The first loss that is certain. `reported`: what the next renewal may bring in any case. */
export function leavingFindings(ahead: Ahead, reported: readonly Lost[]): readonly Finding[] {
  const known = reported.map(({ combination }) => combination);
  const first = (all: readonly Leaving[], severity = ahead.severity): readonly Finding[] => {
    for (const one of all) {
      const then = anchorVerdicts(ahead.service, chainWithout(ahead.chain, one));
      const lost = lostIn(ahead, then).filter(({ combination }) => !known.includes(combination));
      if (lost.length > 0) return lost.map((it) => leavingFinding(ahead, one, it, severity));
    }
    return [];
  };
  const dated = [announced(ahead), leftOut(ahead), ending(ahead)].map((all) => first(all));
  const found = dated.find(({ length }) => length > 0);
  if (found !== undefined) return found;
  // Without a date, it is worth knowing only where records of usage 2 are all that matches.
  return ahead.severity === 'ok' ? [] : first(unannounced(ahead), 'ok');
}
