// Moves one order as far as it goes: it asks the CA for the status of the order, and does the one
// thing that this status calls for.
import { AppError } from '../../../base/errors.ts';
import type { OrderStatus } from '../../../ports/issuer.ts';
import { withGeneration } from '../../../rollover/model.ts';
import type { Generation } from '../../../rollover/model.ts';
import type { Job } from '../../job.ts';
import type { Outcome } from '../../standing.ts';
import { answer } from './answer.ts';
import { withoutAnswers } from './challenge-answers.ts';
import { withdrawChallenges } from './withdraw.ts';
import { download, finalize } from './issue.ts';
import { issuerOf } from './issuer-of.ts';
import { recordFailedValidations } from './limits.ts';
import { placeOrder } from './place.ts';
import { askAgain } from './processing.ts';

export async function obtain(job: Job, generation: Generation): Promise<Outcome> {
  if (generation.orderUrl === undefined) return placeOrder(job, generation);
  const order = await statusOf(job, generation, generation.orderUrl);
  switch (order.status) {
    case 'pending': {
      const answered = await answer(job, generation, order);
      if (answered.kind !== 'hopeless') return answered;
      return giveUp(job, generation, answered.problem);
    }
    case 'ready':
      return finalize(job, generation, order);
    case 'processing':
      return askAgain(job, order);
    case 'valid':
      return download(job, generation, order);
    case 'invalid':
      await recordFailedValidations(job, order.failed ?? []);
      return giveUp(job, generation, order.problem ?? 'it gave no reason');
  }
}

async function statusOf(job: Job, generation: Generation, url: string): Promise<OrderStatus> {
  const { call } = job;
  try {
    return await issuerOf(job, generation).lookAtOrder(url, call, generation.domains);
  } catch (error) {
    // An order that the CA does not know any more is lost. The key stays, and the next attempt
    // orders again with it.
    if (error instanceof AppError && error.details['status'] === 404) {
      await forgetOrder(job, generation);
    }
    throw error;
  }
}

async function giveUp(job: Job, generation: Generation, problem: string): Promise<never> {
  await forgetOrder(job, generation);
  await withdrawChallenges(job);
  throw new AppError(
    'ACME_ORDER_INVALID',
    `the CA refused the order for ${job.task.intent.domains.join(', ')}: ${problem}`,
    { hint: 'fix what the CA names; the next attempt orders again with the same key' },
  );
}

async function forgetOrder({ memory }: Job, generation: Generation): Promise<void> {
  const { orderUrl: _gone, ...rest } = generation;
  await memory.saveLineage(withGeneration(withoutAnswers(memory.lineage), rest));
}
