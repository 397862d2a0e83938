// `tlsa create` and `tlsa verify` without network, files or clock: values in, values out.
import { AppError } from '../base/errors.ts';
import { tlsaFor } from './association.ts';
import type { Chain } from './chain.ts';
import { matchRRset } from './match.ts';
import type { MatchContext, Verdict } from './match.ts';
import type { TlsaRecord } from './tlsa.ts';

export interface CreatedRecord {
  readonly record: TlsaRecord;
  /** Position of the certificate in the chain. */
  readonly certificate: number;
}

/**
 * The records of this combination that a chain supports: one of the leaf for usages 1 and 3, one of
 * each of its CA certificates for usages 0 and 2. Equal records (a cross-signed root has the same
 * key) appear once. @throws AppError INPUT_INVALID for parameters that RFC 6698 does not assign, or
 * a chain without what the usage names
 */
export function createRecords(
  chain: Chain,
  usage: number,
  selector: number,
  matchingType: number,
): readonly CreatedRecord[] {
  const ofLeaf = usage === 1 || usage === 3;
  const created: CreatedRecord[] = [];
  chain.certificates.forEach((certificate, index) => {
    if (ofLeaf ? index !== 0 : index === 0 || !certificate.canSign) return;
    const record = recordOf(() => tlsaFor(certificate, usage, selector, matchingType));
    if (!created.some((other) => other.record.data === record.data)) {
      created.push({ record, certificate: index });
    }
  });
  if (created.length === 0) {
    throw new AppError(
      'INPUT_INVALID',
      ofLeaf
        ? 'there is no certificate to make a record of'
        : `usage ${usage} names a CA certificate, but the chain contains none`,
      { hint: 'give the full chain as the server sends it: leaf first, then the CA certificates' },
    );
  }
  return created;
}

function recordOf(make: () => TlsaRecord): TlsaRecord {
  try {
    return make();
  } catch (cause) {
    throw new AppError('INPUT_INVALID', 'RFC 6698 does not assign these parameters', {
      hint: 'usage 0 to 3, selector 0 or 1, matching type 0 to 2; "3 1 1" is the usual choice',
      cause,
    });
  }
}

export interface OfflineVerdict extends Verdict {
  /**
   * The verdict of a client with digest algorithm agility; the same unless a stronger digest hides
   * a match (RFC 7671 §9).
   */
  readonly withAgility: Verdict;
}

/**
 * A chain against records, for both kinds of client: those that accept any digest and those that
 * use the strongest.
 */
export function verifyRecords(
  records: readonly TlsaRecord[],
  chain: Chain,
  context: Omit<MatchContext, 'agility'>,
): OfflineVerdict {
  return {
    ...matchRRset(records, chain, context),
    withAgility: matchRRset(records, chain, { ...context, agility: true }),
  };
}
