// An owner that others use too (rule 18): services that holger cannot see may depend on it, and
// could lose by a write.
import { namesAuthority } from '../../dane/tlsa.ts';
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

const HINT = 'if no other service uses it, set owner_is_ours = true in the table of the service';

function isOurs({ view }: SharedOwner): boolean {
  return view.endpoints.some(({ service }) => service.ownerIsOurs === true);
}

/**
 * A record that holger did not write and that an unknown service may need: no known chain matches
 * it, or it is of a CA, at a canonical name. Every certificate of that CA matches the latter, also
 * those of hosts with the same CNAME that holger does not know.
 */
export function recordOfStranger(here: SharedOwner): Tlsa | undefined {
  if (isOurs(here)) return undefined;
  const { endpoints, now, ours } = here.view;
  const isMatched = (record: Tlsa): boolean =>
    endpoints.some(({ service, trusted, live }) => {
      // Whether clients of this service can use it does not matter here; besides the record, TLS
      // itself counts as matched.
      const anybody = { service: { ...service, smtpLike: false }, trusted };
      return live.some(
        (chain) =>
          chain !== NO_TLS &&
          judge(chain, [record], anybody, { at: now, until: now }).matchesRecord,
      );
    });
  const { owner, target } = here.history;
  const mayBeOfAll = (record: Tlsa): boolean => target !== owner && namesAuthority(record);
  return here.records.find(
    (record) => !ours.has(record) && (mayBeOfAll(record) || !isMatched(record)),
  );
}

/** Why a new combination must not be added, or records of a trust anchor must stay. */
export function strangerMayLose(what: string, { history }: SharedOwner): Reason {
  return {
    rule: 'strangers-may-need-it',
    because:
      `${what} at ${history.target}: holger did not write a record there, and another service ` +
      'may need it',
    hint: HINT,
  };
}

/** At a canonical name the first records would apply to all aliases of it, known or not. */
export function firstAtAlias(here: SharedOwner): Reason | undefined {
  const { owner, target } = here.history;
  if (target === owner || here.records.length > 0 || isOurs(here)) return undefined;
  return {
    rule: 'first-at-alias',
    because:
      `${owner} is a CNAME to ${target}, which has no TLSA records: other services with ` +
      'this CNAME may present chains that holger does not know',
    hint: `${HINT}; otherwise publish the records of all of them by hand first`,
  };
}
