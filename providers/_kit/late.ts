// Providers that cannot be asked which records they have. The zone's own servers show them, but
// later: a change that was passed on counts for some time, until the servers show anything other
// than before.
import type { Instant, Seconds } from '../../src/base/clock.ts';
import type { Fqdn } from '../../src/dns/name.ts';
import { sameRdata } from '../../src/dns/rrset.ts';
import type { RecordType } from '../../src/dns/rrset.ts';
import type { Call } from '../../src/ports/call.ts';
import type { Held } from './edit.ts';
import type { ProviderTools } from './kind.ts';

export interface LateView {
  held(owner: Fqdn, type: RecordType, call: Call): Promise<Held | undefined>;
  /** From the last answer of the servers to this RRset; undefined: no change is pending. */
  handedOver(owner: Fqdn, type: RecordType, then: Held | undefined): void;
}

interface HandedOver {
  readonly before: Held | undefined;
  readonly then: Held | undefined;
  readonly until: Instant;
}

/** `patience`: after this time without an effect the change is passed on again. */
export function lateView(
  { look, clock }: Pick<ProviderTools, 'look' | 'clock'>,
  patience: Seconds,
): LateView {
  const shown = new Map<string, Held | undefined>();
  const handed = new Map<string, HandedOver>();
  return {
    async held(owner, type, call) {
      const key = `${owner} ${type}`;
      const seen = await look(owner, type, call);
      shown.set(key, seen);
      const last = handed.get(key);
      if (last === undefined) return seen;
      if (clock.now() < last.until && same(seen, last.before)) return last.then;
      handed.delete(key);
      return seen;
    },
    handedOver(owner, type, then) {
      const key = `${owner} ${type}`;
      handed.set(key, { before: shown.get(key), then, until: clock.now() + patience });
    },
  };
}

function same(a: Held | undefined, b: Held | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.ttl === b.ttl && sameRdata(a.rdata, b.rdata);
}
