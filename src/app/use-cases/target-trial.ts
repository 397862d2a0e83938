// What there is to say of the machines to which certificates go: each is asked now, and nothing is
// changed there.
import { AppError } from '../../base/errors.ts';
import type { ExitStatus } from '../../base/errors.ts';
import { mapLimited } from '../../base/limit.ts';
import { defined } from '../../base/defined.ts';
import type { Task } from '../../engine/world.ts';
import type { DeployTarget, TargetFact } from '../../ports/target.ts';

/** Each is a process of ssh. */
const AT_ONCE = 16;

export interface TargetTrial {
  /** "ssh mx1" */
  readonly target: string;
  readonly certificate: string;
  readonly facts: readonly TargetFact[];
  readonly failure?: { readonly code: string; readonly message: string; readonly hint?: string };
  readonly exit: ExitStatus;
}

/** @param names the NAME of [target.NAME]; none: all. @throws AppError USAGE for an unknown one */
export async function tryTargets(
  names: readonly string[],
  tasks: readonly Task[],
  known: readonly string[],
): Promise<readonly TargetTrial[]> {
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const hint = `known are: ${known.join(', ') || 'none'}`;
    throw new AppError('USAGE', `there is no [target.${unknown}]`, { hint });
  }
  const all = tasks.flatMap(({ intent, targets }) =>
    targets
      .filter(({ label, examine }) => examine !== undefined && isNamed(label, names))
      .map((target) => ({ target, certificate: intent.name })),
  );
  return mapLimited(all, AT_ONCE, ({ target, certificate }) => tryOne(target, certificate));
}

function isNamed(label: string, names: readonly string[]): boolean {
  return names.length === 0 || names.includes(label.slice(label.indexOf(' ') + 1));
}

async function tryOne(target: DeployTarget, certificate: string): Promise<TargetTrial> {
  const base = { target: target.label, certificate };
  try {
    return { ...base, facts: (await target.examine?.()) ?? [], exit: 0 };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { code, message, hint, exit } = error;
    return { ...base, facts: [], failure: { code, message, ...defined({ hint }) }, exit };
  }
}
