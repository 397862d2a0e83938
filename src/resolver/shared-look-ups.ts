// What many certificates ask the resolver about one zone: where it begins, its name servers and
// their addresses. Those that ask within the same seconds share an answer. What records say is
// always asked anew.
import type { Clock, Instant, Seconds } from '../base/clock.ts';
import type { RecordType } from '../dns/rrset.ts';
import type { Lookup } from '../ports/resolver.ts';
import type { LookUp } from './validating.ts';

const SHARED: readonly RecordType[] = ['SOA', 'NS', 'A', 'AAAA'];
const KEPT: Seconds = 3;

interface Kept {
  readonly answer: Promise<Lookup>;
  readonly at: Instant;
}

export function shareLookUps(lookUp: LookUp, clock: Clock): LookUp {
  const known = new Map<string, Kept>();
  const ask: LookUp = async (name, type, call, options) => {
    if (!SHARED.includes(type) || options !== undefined) return lookUp(name, type, call, options);
    const key = `${name} ${type}`;
    const kept = known.get(key);
    if (kept !== undefined && isFresh(kept, clock.now())) {
      const answer = await kept.answer.catch(() => undefined);
      // What failed or was interrupted does not answer another caller.
      if (answer !== undefined && !('detail' in answer)) return answer;
      if (known.get(key) !== kept) return ask(name, type, call);
    }
    forgetOld(known, clock.now());
    const answer = lookUp(name, type, call);
    known.set(key, { answer, at: clock.now() });
    return answer;
  };
  return ask;
}

function isFresh({ at }: Kept, now: Instant): boolean {
  return at <= now && now < at + KEPT;
}

/** The oldest are the first. */
function forgetOld(known: Map<string, Kept>, now: Instant): void {
  for (const [key, kept] of known) {
    if (isFresh(kept, now)) return;
    known.delete(key);
  }
}
