// Times: how long certificates are valid, and how long caches keep the records in comparison.
import type { Instant, Seconds } from '../../base/clock.ts';
import { formatInstant } from '../../base/clock.ts';
import { formatDuration } from '../../base/duration.ts';
import type { Chain, ChainCertificate } from '../../dane/chain.ts';
import { matchedCombinations } from '../../dane/match.ts';
import { hostOf } from '../../dns/name.ts';
import type { Finding } from './finding.ts';
import { finding } from './finding.ts';
import type { JudgedService } from '../judge/judged-service.ts';
import { chainsOf } from '../judge/judged-service.ts';

/** The share of the lifetime that is left when a renewal has failed for some time. */
const LAST_SHARE = 1 / 6;
/** CA certificates live for years, and it takes days until another chain is sent everywhere. */
export const LAST_OF_ISSUER: Seconds = 30 * 86_400;
/**
 * Two TTLs pass before a new key; they should leave most of a certificate's lifetime for failures.
 */
const TTL_SHARE = 1 / 6;

export const lifeOf = ({ notBefore, notAfter }: ChainCertificate): Seconds => notAfter - notBefore;

function presenters({ verdicts, facts }: JudgedService, chain: Chain): string {
  const addresses = verdicts.flatMap(({ address, look }) =>
    look.status === 'presented' && look.chain.id === chain.id ? [address] : [],
  );
  return [...new Set(addresses)].join(', ') || facts.target.url;
}

/** Certificates of the chain that expire soon, the first to expire first. */
function ending({ certificates }: Chain, at: Instant): readonly ChainCertificate[] {
  return certificates
    .filter(({ notAfter }) => notAfter >= at)
    .filter(
      (one, position) =>
        one.notAfter - at < (position === 0 ? lifeOf(one) * LAST_SHARE : LAST_OF_ISSUER),
    )
    .sort((a, b) => a.notAfter - b.notAfter);
}

/**
 * For clients that check dates (usages 0 to 2): the day when a combination that matches now stops
 * matching.
 */
function pathEnd(
  chain: Chain,
  service: JudgedService,
): { readonly last: Instant; readonly because: string } | undefined {
  const { facts, judging } = service;
  const context = { ...judging.context, at: facts.at };
  const { records } = facts.tlsa;
  const now = matchedCombinations(records, chain, context).matched;
  for (const one of ending(chain, facts.at)) {
    const validUntil = one.notAfter + 1;
    const then = matchedCombinations(records, chain, { ...context, validUntil }).matched;
    const lost = [...now].flatMap((one) => (then.has(one) ? [] : one.text));
    if (lost.length === 0) continue;
    const position = chain.certificates.indexOf(one);
    const which = position === 0 ? 'its certificate' : `certificate ${position} of its chain`;
    const rest = then.size === 0 ? ', and after that no record matches' : '';
    const because =
      `${which} expires at ${formatInstant(one.notAfter)}; until then ` +
      `${lost.join(' and ')} ${lost.length > 1 ? 'match' : 'matches'}${rest}`;
    return { last: one.notAfter, because };
  }
  return undefined;
}

function dates(chain: Chain, service: JudgedService): readonly Finding[] {
  const { at } = service.facts;
  const leaf = chain.certificates[0];
  if (leaf === undefined || lifeOf(leaf) <= 0) return [];
  const about = presenters(service, chain);
  const end = pathEnd(chain, service);
  const path = end === undefined ? [] : [finding('path-ends', about, end.because)];
  const until = formatInstant(leaf.notAfter);
  const why =
    leaf.notBefore > at
      ? `its certificate is not valid before ${formatInstant(leaf.notBefore)}`
      : at > leaf.notAfter
        ? `its certificate expired at ${until}`
        : end?.last !== leaf.notAfter && leaf.notAfter - at < lifeOf(leaf) * LAST_SHARE
          ? `its certificate expires at ${until}, in ${formatDuration(leaf.notAfter - at)}`
          : undefined;
  return why === undefined ? path : [...path, finding('certificate-ends', about, why)];
}

function ttl(service: JudgedService): readonly Finding[] {
  const { tlsa } = service.facts;
  const lives = chainsOf(service)
    .flatMap(({ certificates }) => certificates[0] ?? [])
    .map(lifeOf)
    .filter((life) => life > 0);
  const shortest = Math.min(...lives);
  if (tlsa.ttl === undefined || tlsa.ttl <= shortest * TTL_SHARE) return [];
  const because =
    `the TTL is ${formatDuration(tlsa.ttl)}, the lifetime of the certificate ` +
    `${formatDuration(shortest)}`;
  return [finding('ttl-too-long', hostOf(tlsa.owner), because)];
}

export function lifetimeFindings(service: JudgedService): readonly Finding[] {
  return [...chainsOf(service).flatMap((chain) => dates(chain, service)), ...ttl(service)];
}
