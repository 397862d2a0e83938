// Look-ups of one run: each question is asked once, however many targets share it.
import type { Fqdn } from '../dns/name.ts';
import type { RecordType } from '../dns/rrset.ts';
import type { Call } from '../ports/call.ts';
import type { Lookup, Resolver } from '../ports/resolver.ts';
import type { Limited } from './limits.ts';
import { createMemo } from './memo.ts';

/** One question to the validating resolver and what came of it. */
export interface Asked {
  readonly name: Fqdn;
  readonly type: RecordType;
  readonly lookup: Lookup;
}

export type Ask = (name: Fqdn, type: RecordType) => Promise<Asked>;

/** Targets of one domain follow each other in a list; what was asked long ago may be asked again. */
const KEPT = 4096;

export function createAnswers(
  resolver: Pick<Resolver, 'lookup'>,
  limited: Limited,
  call: Call,
): Ask {
  const once = createMemo<Asked>(KEPT);
  return (name, type) =>
    once(`${type} ${name}`, () =>
      limited(async () => ({ name, type, lookup: await resolver.lookup(name, type, call) })),
    );
}
