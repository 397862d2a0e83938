// Look-ups of one run: each question is asked once, however many targets share it.
import type { Fqdn } from '../../dns/name.ts';
import type { RecordType } from '../../dns/rrset.ts';
import type { Call } from '../../ports/call.ts';
import type { Lookup, Resolver } from '../../ports/resolver.ts';
import type { Limited } from '../../base/limit.ts';
import { createMemo } from './memo.ts';

/** `unproven`: there is an answer, but it is not known whether it is signed. */
export type Answer = Lookup | { readonly status: 'unproven'; readonly detail: string };

/** One question to the validating resolver and its result. */
export interface Asked {
  readonly name: Fqdn;
  readonly type: RecordType;
  readonly lookup: Answer;
}

export type Ask = (name: Fqdn, type: RecordType) => Promise<Asked>;

/** Targets of one domain are usually neighbours in a list; old questions may be asked again. */
const KEPT = 4096;

export interface Answering {
  readonly resolver: Pick<Resolver, 'lookup'>;
  /** Answers of a resolver that has not shown that it validates are accepted, as unsigned ones. */
  readonly unvalidated: boolean;
}

export function createAnswers(
  { resolver, unvalidated }: Answering,
  limited: Limited,
  call: Call,
): Ask {
  const once = createMemo<Asked>(KEPT);
  return (name, type) =>
    once(`${type} ${name}`, () =>
      limited(async () => ({
        name,
        type,
        lookup: believed(await resolver.lookup(name, type, call), unvalidated),
      })),
    );
}

/** Verdicts must not treat an unproven answer like one from an unsigned zone. */
function believed(lookup: Lookup, unvalidated: boolean): Answer {
  if (unvalidated || 'detail' in lookup || lookup.unproven === undefined) return lookup;
  return { status: 'unproven', detail: lookup.unproven.detail };
}
