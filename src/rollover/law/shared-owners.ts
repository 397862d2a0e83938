// An owner that others use too (the laws, rule 18): what nobody here sees may stand behind it, and
// lose by what we write.
import type { Tlsa } from '../../dane/tlsa.ts';
import type { Reason } from '../reasons.ts';
import { judge } from './laws.ts';
import type { OwnerView } from './owner-view.ts';
import { NO_TLS } from '../record/service-history.ts';
import type { OwnerHistory } from '../record/owner-history.ts';

export interface SharedOwner {
  readonly history: OwnerHistory;
  /** Of the RRset as it is. */
  readonly records: readonly Tlsa[];
  readonly view: Pick<OwnerView, 'endpoints' | 'now' | 'ours'>;
}

const HINT =
  'where no other service uses it, say so with owner_is_ours = true in the table of the service';

function isOurs({ view }: SharedOwner): boolean {
  return view.endpoints.some(({ service }) => service.ownerIsOurs === true);
}

/**
 * A record that we did not write and no chain seen here matches: some service that we do not see
 * needs it.
 */
export function recordOfStranger(here: SharedOwner): Tlsa | undefined {
  if (isOurs(here)) return undefined;
  const { endpoints, now, ours } = here.view;
  const isMatched = (record: Tlsa): boolean =>
    endpoints.some(({ service, trusted, live }) => {
      // Whether clients of this service may use it is not the question; and besides the record, TLS
      // itself is matched.
      const anybody = { service: { ...service, smtpLike: false }, trusted };
      return live.some(
        (chain) =>
          chain !== NO_TLS &&
          judge(chain, [record], anybody, { at: now, until: now }).matchesRecord,
      );
    });
  return here.records.find((record) => !ours.has(record) && !isMatched(record));
}

/** Why a new combination has to stay out, or records of a trust anchor have to stay in. */
export function strangerMayLose(what: string, { history }: SharedOwner): Reason {
  return {
    rule: 'strangers-may-need-it',
    because: `${what} at ${history.target}: a record there is neither ours nor matched by any chain seen here, so another service uses it`,
    hint: HINT,
  };
}

/** At the target of a CNAME the first records would be for all who are sent there, seen or not. */
export function firstAtAlias(here: SharedOwner): Reason | undefined {
  const { owner, target } = here.history;
  if (target === owner || here.records.length > 0 || isOurs(here)) return undefined;
  return {
    rule: 'first-at-alias',
    because: `${owner} is a CNAME to ${target}, which has no TLSA records: others who are sent there may serve chains that nobody here sees`,
    hint: `${HINT}; else publish the records of all who use it by hand first`,
  };
}
