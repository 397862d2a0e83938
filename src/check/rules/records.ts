// What is wrong with records, held against everything that the service presents.
import { DIGEST_OCTETS } from '../../dane/association.ts';
import { matchRRset } from '../../dane/match.ts';
import type { Combination, TlsaRecord } from '../../dane/tlsa.ts';
import { combinationOf } from '../../dane/tlsa.ts';
import { hostOf } from '../../dns/name.ts';
import type { Finding } from '../finding.ts';
import { finding } from '../finding.ts';
import type { JudgedService, RecordState } from '../judged.ts';
import { chainsOf, recordName, recordStates, wasMatched } from '../judged.ts';
import { causeOf } from '../record-cause.ts';

/** Of keys that are not served, so many may wait for their turn: the next one. */
const RESERVE = 1;
/** Two keys, each with two digests, and a handful of issuers. */
const MANY = 12;

/** Records that are wrong whatever is served. */
function form(
  record: TlsaRecord,
  smtpLike: boolean,
):
  | readonly [rule: 'pkix-usage' | 'wrong-length' | 'unassigned' | 'full-data', because: string]
  | undefined {
  const { usage, selector, matchingType, data } = record;
  if (usage > 3) return ['unassigned', `certificate usage ${usage} is not assigned`];
  if (selector > 1) return ['unassigned', `selector ${selector} is not assigned`];
  if (matchingType > 2) return ['unassigned', `matching type ${matchingType} is not assigned`];
  const octets = data.length / 2;
  const expected = DIGEST_OCTETS[matchingType];
  if (octets === 0) return ['wrong-length', 'it holds no data'];
  if (expected !== undefined && octets !== expected) {
    return [
      'wrong-length',
      `its digest has ${octets} octets, and matching type ${matchingType} has ${expected}`,
    ];
  }
  if (usage < 2 && smtpLike) return ['pkix-usage', `usage ${usage} counts for nothing with SMTP`];
  if (matchingType === 0)
    return ['full-data', `it holds ${octets} octets of ${selector === 0 ? 'certificate' : 'key'}`];
  return undefined;
}

function unmatched(service: JudgedService, states: readonly RecordState[]): readonly Finding[] {
  const { facts, judging } = service;
  const chains = chainsOf(service);
  const other: TlsaRecord[] = [];
  const found: Finding[] = [];
  const about = hostOf(facts.tlsa.owner);
  for (const { record, usable, matched, expected } of states) {
    if (matched || !usable || expected) continue;
    const cause = causeOf(record, chains, judging.context.names);
    const name = recordName(record);
    switch (cause.kind) {
      case 'wrong-object':
        found.push(finding('wrong-object', about, `${name} is the digest ${cause.what}`));
        break;
      case 'anchor-is-leaf':
        found.push(finding('anchor-is-leaf', about, `${name} names the leaf`));
        break;
      case 'anchor-name': {
        const borne = cause.borne.length === 0 ? 'no name' : cause.borne.join(', ');
        found.push(
          finding(
            'anchor-name',
            about,
            `${name}: the certificate is for ${borne}, not for ${judging.context.names.join(' or ')}`,
          ),
        );
        break;
      }
      case 'anchor-path': {
        const why = service.verdicts
          .flatMap(({ match }) => match?.records ?? [])
          .find((one) => one.record === record)?.why;
        found.push(
          finding('anchor-path', about, `${name}: ${why ?? 'the path to it is not valid'}`),
        );
        break;
      }
      case 'anchor-not-sent':
        other.push(record);
        // Issuers that may come next are published before they sign anything; with one that is sent nothing is missing.
        if (!states.some((state) => state.matched && state.record.usage === 2)) {
          found.push(
            finding('anchor-not-sent', about, `${name} names no certificate that is sent`),
          );
        }
        break;
      case 'other-key':
        other.push(record);
    }
  }
  const old = other.filter(({ usage }) => usage === 3 || usage === 1);
  const keys = new Set(old.map(({ data }) => data)).size;
  const perCombination = Math.max(0, ...counts(old).values());
  if (perCombination > RESERVE) {
    found.push(
      finding(
        'left-over',
        about,
        `${keys} records match nothing that is served: ${old.map(recordName).join(', ')}`,
      ),
    );
  }
  return found;
}

function counts(records: readonly TlsaRecord[]): ReadonlyMap<Combination, number> {
  const result = new Map<Combination, number>();
  for (const record of records) {
    const combination = combinationOf(record);
    result.set(combination, (result.get(combination) ?? 0) + 1);
  }
  return result;
}

/** A scheme none of whose records matches, while another one holds everything up (RFC 7671 §8.4). */
function legs(service: JudgedService, states: readonly RecordState[]): readonly Finding[] {
  const about = hostOf(service.facts.tlsa.owner);
  const usable = states.filter((state) => state.usable);
  const present = [...new Set(usable.map(({ record }) => combinationOf(record)))];
  const lame = present.filter(
    (combination) =>
      !usable.some(({ record, matched }) => matched && combinationOf(record) === combination),
  );
  if (lame.length > 0 && lame.length < present.length) {
    const good = present.filter((combination) => !lame.includes(combination));
    return [
      finding(
        'one-leg',
        about,
        `of ${present.join(' and ')} only ${good.join(' and ')} matches; nothing matches ${lame.join(' or ')}`,
      ),
    ];
  }
  const [only, ...rest] = usable;
  return only?.matched === true && rest.length === 0
    ? [finding('no-reserve', about, `${recordName(only.record)} is the only record`)]
    : [];
}

/** Clients that take only the strongest digest of a usage and selector. */
function digests(service: JudgedService): readonly Finding[] {
  const { facts, judging, verdicts } = service;
  const about = hostOf(facts.tlsa.owner);
  const { records } = facts.tlsa;
  const fails = verdicts.some(
    ({ outcome, look }) =>
      outcome === 'secure' &&
      look.status === 'presented' &&
      !matchRRset(records, look.chain, { ...judging.context, at: judging.at, agility: true })
        .accepted,
  );
  if (fails)
    return [
      finding('stronger-digest', about, 'the SHA2-256 records match, the SHA2-512 records do not'),
    ];
  const alone = [
    ...new Set(
      records
        .filter(({ matchingType }) => matchingType === 2)
        .map(({ usage, selector }) => `${usage} ${selector}`),
    ),
  ].filter((pair) => !records.some((record) => combinationOf(record) === `${pair} 1`));
  return alone.map((pair) =>
    finding('sha512-alone', about, `${pair} 2 stands there without ${pair} 1`),
  );
}

/** Certificates that live shorter than this come from ACME, and are renewed without anybody thinking of records. */
const SHORT_LIFE = 100 * 86_400;

function selectors(service: JudgedService, states: readonly RecordState[]): readonly Finding[] {
  const about = hostOf(service.facts.tlsa.owner);
  const leaves = chainsOf(service).flatMap(({ certificates }) => certificates[0] ?? []);
  const isShort = leaves.some(({ notBefore, notAfter }) => notAfter - notBefore <= SHORT_LIFE);
  return states.flatMap(({ record, usable, matched }) => {
    if (!usable || !matched || record.selector !== 0) return [];
    if (record.usage === 3 || record.usage === 1) {
      return isShort
        ? [
            finding(
              'certificate-digest',
              about,
              `${recordName(record)} names a certificate of ${lifeText(leaves)}`,
            ),
          ]
        : [];
    }
    return [
      finding(
        'issuer-certificate-digest',
        about,
        `${recordName(record)} names one certificate of the issuer, not its key`,
      ),
    ];
  });
}

function lifeText(
  leaves: readonly { readonly notBefore: number; readonly notAfter: number }[],
): string {
  const days = Math.min(
    ...leaves.map(({ notBefore, notAfter }) => Math.round((notAfter - notBefore) / 86_400)),
  );
  return `${days} days`;
}

export function recordFindings(service: JudgedService): readonly Finding[] {
  const { tlsa, target } = service.facts;
  const about = hostOf(tlsa.owner);
  const formal = tlsa.records.flatMap((record) => {
    const [rule, because] = form(record, target.smtpLike) ?? [];
    return rule === undefined
      ? []
      : [finding(rule, about, `${recordName(record)}: ${because ?? ''}`)];
  });
  const many =
    tlsa.records.length > MANY
      ? [finding('too-many', about, `it has ${tlsa.records.length} records`)]
      : [];
  const unusable = service.verdicts.some(({ outcome }) => outcome === 'unusable')
    ? [finding('unusable', about, `a client can use none of its ${tlsa.records.length} records`)]
    : [];
  if (!wasMatched(service)) return [...formal, ...many];
  const states = recordStates(service);
  return [
    ...unusable,
    ...formal,
    ...many,
    ...unmatched(service, states),
    ...legs(service, states),
    ...digests(service),
    ...selectors(service, states),
  ];
}
