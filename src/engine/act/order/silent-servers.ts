// Name servers that do not answer while a challenge is to be seen: since when, and the operator's
// word that one is gone. A CA may ask any of them, so each is waited for.
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

/** Who answers is silent no more; who is met for the first time is so since now. */
export function rememberSilence(lineage: Lineage, { addresses }: Sweep, now: Instant): Lineage {
  const silent: Record<string, SilentServer> = { ...lineage.silentServers };
  for (const { server, address, answer } of addresses) {
    if (answer.status === 'answered') delete silent[address];
    // Whoever refuses or fails is there, and its operator has to look; nobody can forget that.
    else if (answer.status === 'timeout' || answer.status === 'unreachable') {
      silent[address] ??= { server, since: now };
    }
  }
  return withSilent(lineage, silent);
}

/** Addresses that the operator said are gone. */
export function forgottenOf({ silentServers = {} }: Lineage): string[] {
  return Object.keys(silentServers).filter((address) => silentServers[address]?.forgotten === true);
}

/** The order is over: only the operator's word outlives it. */
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

/** Why an order does not go on, for as long as one is under way. */
export function silenceReasons(lineage: Lineage, now: Instant): Reason[] {
  if (stagedGeneration(lineage)?.orderUrl === undefined) return [];
  return Object.entries(lineage.silentServers ?? {})
    .filter(([, { forgotten }]) => forgotten === undefined)
    .map(([address, { server, since }]) => ({
      rule: 'challenge-is-served',
      because: `${serverAt(server, address)} is silent since ${formatInstant(since)}, and the CA may ask it`,
      hint: `if it is gone for good, take it out of the NS records, or say so with holger forget ${lineage.name} ${address}: then it is not waited for, and the order fails if the CA does get a wrong answer there`,
      ...neverAnswered(since, now),
    }));
}
