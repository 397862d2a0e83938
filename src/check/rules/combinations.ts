// Clients support different usages, selectors and digests: every published combination must match
// every chain (RFC 7671 §8.4).
import type { Chain } from '../../dane/chain.ts';
import { keyAlgorithmText } from '../../dane/key-algorithm.ts';
import { matchedCombinations, matchRRset } from '../../dane/match.ts';
import type { TlsaRecord } from '../../dane/tlsa.ts';
import { combinationText } from '../../dane/tlsa.ts';
import { hostOf } from '../../dns/name.ts';
import type { Finding } from './finding.ts';
import { finding } from './finding.ts';
import type { JudgedService, RecordState } from '../judge/judged-service.ts';
import { recordName } from '../judge/judged-service.ts';

interface Accepted {
  readonly chain: Chain;
  /** The addresses that present it; empty: all. */
  readonly where: string;
}

/**
 * Chains that clients accept which support every combination, with the addresses that present them.
 */
function accepted({ verdicts }: JudgedService): readonly Accepted[] {
  const found = new Map<string, { chain: Chain; where: string[] }>();
  let presented = 0;
  for (const { address, algorithm, look, match } of verdicts) {
    if (look.status !== 'presented') continue;
    presented += 1;
    if (match?.mode !== 'matched') continue;
    const known = found.get(look.chain.id) ?? { chain: look.chain, where: [] };
    known.where.push(`${address} (${keyAlgorithmText(algorithm)})`);
    found.set(look.chain.id, known);
  }
  return [...found.values()].map(({ chain, where }) => ({
    chain,
    where: where.length === presented ? '' : ` at ${where.join(', ')}`,
  }));
}

/**
 * Clients that use only the strongest digest of a usage and selector (RFC 7671 §9) refuse the
 * chain.
 */
function refusedForDigest(chain: Chain, { facts, judging }: JudgedService): boolean {
  const context = { ...judging.context, at: judging.at, agility: true };
  return !matchRRset(facts.tlsa.records, chain, context).accepted;
}

function legs({ chain, where }: Accepted, service: JudgedService): Finding | undefined {
  const { facts, judging } = service;
  const context = { ...judging.context, at: judging.at };
  const { present, matched } = matchedCombinations(facts.tlsa.records, chain, context);
  const lame = [...present].flatMap((one) => (matched.has(one) ? [] : one.text));
  if (lame.length === 0) return undefined;
  const good = [...matched].map(({ text }) => text).join(' and ');
  const because = `no record ${lame.join(' or ')} matches${where}, only ${good}`;
  return finding('one-leg', hostOf(facts.tlsa.owner), because);
}

/** SHA2-512 alone: a client need not support it. */
function alone({ facts }: JudgedService): readonly Finding[] {
  const { owner, records } = facts.tlsa;
  const pairOf = ({ usage, selector }: TlsaRecord): string => `${usage} ${selector}`;
  const strong = records.filter(({ matchingType }) => matchingType === 2).map(pairOf);
  return [...new Set(strong)]
    .filter((pair) => !records.some((record) => combinationText(record) === `${pair} 1`))
    .map((pair) =>
      finding('sha512-alone', hostOf(owner), `${pair} 2 is published without ${pair} 1`),
    );
}

export function combinationFindings(
  service: JudgedService,
  states: readonly RecordState[],
): readonly Finding[] {
  const about = hostOf(service.facts.tlsa.owner);
  const all = accepted(service);
  const weak = all.filter(({ chain }) => refusedForDigest(chain, service));
  const digest =
    weak.length === 0
      ? []
      : [
          finding(
            'stronger-digest',
            about,
            'the SHA2-256 records match, but the SHA2-512 records do not',
          ),
        ];
  const lame = all.filter((one) => !weak.includes(one)).flatMap((one) => legs(one, service) ?? []);
  const [only, ...rest] = states.filter(({ usable }) => usable);
  const single =
    only?.matched === true && rest.length === 0
      ? [finding('no-reserve', about, `${recordName(only.record)} is the only record`)]
      : [];
  return [...digest, ...lame, ...single, ...alone(service)];
}
