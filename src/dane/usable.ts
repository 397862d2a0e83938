// Which records a client can use at all, and which of those it checks (RFC 7671 §4, §9; RFC 7672
// §3.1.3).
import { DIGEST_OCTETS } from './association.ts';
import type { TlsaRecord } from './tlsa.ts';

/** What decides about usability besides the record itself. */
export interface UsabilityContext {
  /** Opportunistic DANE TLS for mail: PKIX usages are unusable (RFC 7672 §3.1.3). */
  readonly smtpLike: boolean;
  /** A PKIX trust store is available for usages 0 and 1. */
  readonly hasTrustStore: boolean;
}

/** Why a client cannot use the record; undefined if it can. */
export function unusableBecause(record: TlsaRecord, context: UsabilityContext): string | undefined {
  const malformed = malformedBecause(record);
  if (malformed !== undefined || record.usage > 1) return malformed?.because;
  const { usage } = record;
  if (context.smtpLike) return `usage ${usage} is not usable with SMTP (RFC 7672 §3.1.3)`;
  return context.hasTrustStore ? undefined : `usage ${usage} needs a PKIX trust store`;
}

/** What is wrong with a record by itself, for every client. */
export interface Malformed {
  readonly what: 'unassigned' | 'wrong-length' | 'wrong-object';
  readonly because: string;
}

export function malformedBecause(record: TlsaRecord): Malformed | undefined {
  const { usage, selector, matchingType, data } = record;
  const unassigned = (what: string): Malformed => ({
    what: 'unassigned',
    because: `${what} is not assigned`,
  });
  if (usage > 3) return unassigned(`certificate usage ${usage}`);
  if (selector > 1) return unassigned(`selector ${selector}`);
  if (matchingType > 2) return unassigned(`matching type ${matchingType}`);
  if (data === '') return { what: 'wrong-length', because: 'it contains no association data' };
  const octets = data.length / 2;
  const expected = DIGEST_OCTETS[matchingType];
  if (expected !== undefined && octets !== expected) {
    const because = `its digest has ${octets} octets, but matching type ${matchingType} has ${expected}`;
    return { what: 'wrong-length', because };
  }
  if (matchingType === 0 && !isOneSequence(data)) {
    const object = selector === 0 ? 'certificate' : 'public key';
    return { what: 'wrong-object', because: `its full data is not a ${object} in DER` };
  }
  return undefined;
}

/**
 * The outermost DER element is a SEQUENCE that fills all of the data, as for certificates and
 * public keys.
 */
function isOneSequence(data: string): boolean {
  if (!data.startsWith('30')) return false;
  const first = parseInt(data.slice(2, 4), 16);
  if (first < 0x80) return data.length === 4 + first * 2;
  const count = first & 0x7f;
  if (count === 0 || count > 4) return false;
  const length = parseInt(data.slice(4, 4 + count * 2), 16);
  return data.length === 4 + (count + length) * 2;
}

/**
 * Digest algorithm agility (RFC 7671 §9): among the usable records of one usage and selector a
 * client uses only those with the strongest matching type, and Full(0), which is not a digest.
 */
export function passedOver(usable: readonly TlsaRecord[]): ReadonlySet<TlsaRecord> {
  const strongest = new Map<number, number>();
  const key = (record: TlsaRecord): number => record.usage * 256 + record.selector;
  for (const record of usable) {
    const best = strongest.get(key(record)) ?? 0;
    strongest.set(key(record), Math.max(best, record.matchingType));
  }
  return new Set(
    usable.filter(
      (record) => record.matchingType !== 0 && record.matchingType !== strongest.get(key(record)),
    ),
  );
}
