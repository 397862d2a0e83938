// The next steps of a certificate, for users: all of them in a dry run, the next one after a wait.
import type { Instant } from '../base/clock.ts';
import type { DeployTarget } from '../ports/target.ts';
import type { Plan } from '../rollover/decision.ts';
import { describeStep } from '../rollover/forecast/explain.ts';
import type { Facts } from '../rollover/law/facts.ts';
import { forecast, nextStage } from '../rollover/forecast/forecast.ts';
import type { Stage } from '../rollover/forecast/forecast.ts';
import type { Intent } from '../rollover/model.ts';
import type { Standing } from './standing.ts';
import type { TargetAhead } from './events.ts';
import type { Task, World } from './world.ts';

/** One observation, and the plan made from it. */
export interface Look {
  readonly intent: Intent;
  readonly facts: Facts;
  readonly now: Instant;
  readonly next: Plan;
}

function stagesOf({ next, intent, facts, now }: Look): readonly Stage[] {
  return forecast(next, intent, facts, now);
}

/** For the log: what is done next, or why nothing is. */
export function decisionWords(next: Plan): string {
  if (next.kind === 'step') return describeStep(next.step);
  const why = next.reasons.map(({ because }) => because).join('; ');
  return why === '' ? next.kind : `${next.kind}: ${why}`;
}

function targetAhead({ label, writes = [], runs = [] }: DeployTarget): TargetAhead {
  return { label, writes, runs };
}

/** A dry run prints all steps, and carries out none. */
export function preview(look: Look, task: Task, world: World): Standing {
  const { next, now } = look;
  if (next.kind === 'blocked' || next.kind === 'done') return next;
  const step = next.kind === 'step' ? describeStep(next.step) : 'wait';
  const way = stagesOf(look);
  const targets = task.targets.map(targetAhead);
  const certificate = task.intent.name;
  world.emit({ event: 'planned', certificate, at: now, step, way, targets });
  return next.kind === 'wait' ? waiting(look, next) : { kind: 'planned', step };
}

/** A wait, and what comes after it. */
export function waiting(look: Look, next: Extract<Plan, { kind: 'wait' }>): Standing {
  const then = next.known ? nextStage(stagesOf(look)) : undefined;
  return { ...next, ...(then === undefined ? {} : { then }) };
}
