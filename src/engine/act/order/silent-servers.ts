// Name servers that do not answer while a challenge must become visible: since when, and whether
// the operator declared one gone. A CA may ask any of them, so holger waits for each.
import { formatInstant } from '../../../base/clock.ts';
import type { Instant } from '../../../base/clock.ts';
import type { Sweep } from '../../../ports/resolver.ts';
import type { Reason } from '../../../rollover/reasons.ts';
import { stagedGeneration } from '../../../rollover/model.ts';
import type { Lineage, SilentServer } from '../../../rollover/model.ts';
import { neverAnswered } from '../../../rollover/law/overdue.ts';
import { serverAt } from '../../../rollover/record/versions.ts';

type Silent = Readonly<Record<string, SilentServer>>;

function withSilent(lineage: Lineage, silent: Silent): Lineage {
  const { silentServers: _before, ...rest } = lineage;
  return Object.keys(silent).length === 0 ? rest : { ...rest, silentServers: silent };
}

/** A server that answers is not silent any more; a new silent one is silent since now. */
export function rememberSilence(lineage: Lineage, { addresses }: Sweep, now: Instant): Lineage {
  const silent: Record<string, SilentServer> = { ...lineage.silentServers };
  for (const { server, address, answer } of addresses) {
    if (answer.status === 'answered') delete silent[address];
    // A server that refuses or fails exists, and its operator must check it; it cannot be
    // forgotten.
    else if (answer.status === 'timeout' || answer.status === 'unreachable') {
      silent[address] ??= { server, since: now };
    }
  }
  return withSilent(lineage, silent);
}

/** Addresses that the operator declared gone. */
export function forgottenOf({ silentServers = {} }: Lineage): string[] {
  return Object.keys(silentServers).filter((address) => silentServers[address]?.forgotten === true);
}

/** The order has ended: only the operator's settings are kept. */
export function silenceOver(lineage: Lineage): Lineage {
  const kept = Object.entries(lineage.silentServers ?? {}).filter(([, { forgotten }]) => forgotten);
  return withSilent(lineage, Object.fromEntries(kept));
}

/** Undefined: it is not known to be silent. */
export function forgetSilent(lineage: Lineage, address: string): Lineage | undefined {
  const known = lineage.silentServers?.[address];
  if (known === undefined) return undefined;
  const forgotten: SilentServer = { ...known, forgotten: true };
  return withSilent(lineage, { ...lineage.silentServers, [address]: forgotten });
}

/** Why an order does not continue, as long as it is pending. */
export function silenceReasons(lineage: Lineage, now: Instant): Reason[] {
  if (stagedGeneration(lineage)?.orderUrl === undefined) return [];
  return Object.entries(lineage.silentServers ?? {})
    .filter(([, { forgotten }]) => forgotten === undefined)
    .map(([address, { server, since }]) => ({
      rule: 'challenge-is-served',
      because: `${serverAt(server, address)} is silent since ${formatInstant(since)}, and the CA may ask it`,
      hint:
        'if it is gone permanently, remove it from the NS records, or run holger forget ' +
        `${lineage.name} ${address}: holger then does not wait for it, and the order fails ` +
        'if the CA gets a wrong answer there',
      ...neverAnswered(since, now),
    }));
}
