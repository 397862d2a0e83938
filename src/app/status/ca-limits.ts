// What the state says of the account at the CA of the next order: until when it takes none, and
// why.
import { defined } from '../../base/defined.ts';
import { takenBy } from '../../engine/act/order/limits.ts';
import { replacedId } from '../../engine/act/order/predecessor.ts';
import { readAccount } from '../../engine/state/account.ts';
import type { Memory } from '../../engine/state/memory.ts';
import type { Task, World } from '../../engine/world.ts';
import { pauseEnds } from '../../rollover/backoff.ts';
import { nextNumber } from '../../rollover/model.ts';
import {
  OF_ACCOUNT,
  failuresOf,
  limitAhead,
  limitReason,
} from '../../rollover/plan/order/ca-limits.ts';
import type { Bucket, KnownWait } from '../../rollover/plan/order/ca-limits.ts';
import { pauseOf } from '../../rollover/record/account.ts';
import type { LimitStatus } from './certificate-status.ts';

export interface CaLimits {
  /** Of all new orders of the account. */
  readonly account?: LimitStatus;
  /** Of the next order of this certificate, longest first. */
  readonly order: readonly KnownWait[];
}

/** `task`: with the issuer whose turn it is. */
export async function caLimits(task: Task, memory: Memory, world: World): Promise<CaLimits> {
  const { lineage } = memory;
  const { directory, domains } = task.intent;
  const now = world.clock.now();
  const known = (await readAccount(directory, world)).memory;
  const pause = pauseOf(known);
  const until = pause && pauseEnds(pause, lineage, now);
  const refused: KnownWait[] =
    pause === undefined || until === undefined
      ? []
      : [
          {
            ...{ rule: 'ca-limit', because: pause.message, until },
            ...(pause.exit === 4 ? { needs: 'person' } : {}),
            ...defined({ hint: pause.hint }),
          },
        ];
  const aheadIn = (buckets: readonly Bucket[]): KnownWait[] => {
    const ahead = limitAhead(buckets, known?.used ?? {}, directory, now);
    return [...refused, ...(ahead === undefined ? [] : [limitReason(ahead, task.intent)])];
  };
  const replaced = replacedId({ number: nextNumber(lineage), directory }, lineage, world.pki);
  const taken = takenBy({ task, memory }, replaced !== undefined);
  const last = longest(aheadIn([OF_ACCOUNT]))[0];
  return {
    order: longest(aheadIn([...taken, ...failuresOf(domains)])),
    ...(last === undefined ? {} : { account: statusOf(last) }),
  };
}

const longest = (waits: readonly KnownWait[]): readonly KnownWait[] =>
  waits.toSorted((a, b) => b.until - a.until);

const statusOf = ({ until, because, hint }: KnownWait): LimitStatus => ({
  ...{ until, because },
  ...defined({ hint }),
});
