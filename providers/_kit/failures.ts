// The ways in which a hoster's API says no. Only a refusal proves that nothing was written.
import type { Instant } from '../../src/base/clock.ts';
import { AppError } from '../../src/base/errors.ts';

/** Of what the far side says. */
const MOST_TOLD = 200;

/** One line of what the far side says, without control characters. */
function words(said: string | undefined): string {
  const line = (said ?? '').replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
  if (line === '') return '';
  return `: ${line.length > MOST_TOLD ? `${line.slice(0, MOST_TOLD)}…` : line}`;
}

export function denied(host: string, said?: string): AppError {
  return new AppError('PROVIDER_AUTH', `${host} does not accept the credentials${words(said)}`, {
    hint: `check the credentials of ${host}, when they end, and what they may do`,
  });
}

export function refused(host: string, what: string, said?: string): AppError {
  return new AppError('UPDATE_REFUSED', `${host} refused ${what}${words(said)}`, {
    hint: `see what ${host} says; nothing was written`,
  });
}

export function limited(host: string, notBefore: Instant, said?: string): AppError {
  return new AppError('PROVIDER_LIMITED', `${host} takes no more requests now${words(said)}`, {
    hint: 'nothing was written; run again after the time that it names',
    notBefore,
    details: { notBefore },
  });
}

/** Whether something was written is not known. */
export function failed(host: string, what: string, said?: string): AppError {
  return new AppError('PROVIDER_FAILED', `${host} failed at ${what}${words(said)}`, {
    hint: `look at the status page of ${host}; the next run looks what is there and goes on`,
  });
}

export function noZone(host: string, zone: string): AppError {
  return new AppError(
    'UPDATE_REFUSED',
    `zone ${zone} is not at ${host}, or not for these credentials`,
    {
      hint: `look which zones the credentials may change, or name another provider for ${zone}`,
    },
  );
}

/** Two zones of one name: a record in the wrong one is seen by nobody. */
export function ambiguous(host: string, zone: string, count: number): AppError {
  return new AppError('UPDATE_REFUSED', `${host} has ${count} public zones ${zone}`, {
    hint: 'only one of them is delegated; remove the others',
  });
}
