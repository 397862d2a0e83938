// The ways in which the API of a provider refuses or fails. Only a refusal proves that nothing was
// written.
import type { Instant } from '../../src/base/clock.ts';
import { AppError } from '../../src/base/errors.ts';

/** Of the provider's answer. */
const MOST_TOLD = 200;

/** One line of the provider's answer, without control characters. */
function words(said: string | undefined): string {
  const line = (said ?? '').replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
  if (line === '') return '';
  return `: ${line.length > MOST_TOLD ? `${line.slice(0, MOST_TOLD)}…` : line}`;
}

export function denied(host: string, said?: string): AppError {
  return new AppError('PROVIDER_AUTH', `${host} does not accept the credentials${words(said)}`, {
    hint: `check the credentials of ${host}, when they expire, and what they allow`,
  });
}

export function refused(host: string, what: string, said?: string): AppError {
  return new AppError('UPDATE_REFUSED', `${host} refused ${what}${words(said)}`, {
    hint: `read the answer of ${host}; nothing was written`,
  });
}

export function limited(host: string, notBefore: Instant, said?: string): AppError {
  return new AppError('PROVIDER_LIMITED', `${host} accepts no more requests now${words(said)}`, {
    hint: 'nothing was written; run again after the time that it names',
    notBefore,
    details: { notBefore },
  });
}

/** It is not known whether something was written. */
export function failed(host: string, what: string, said?: string): AppError {
  return new AppError('PROVIDER_FAILED', `${host} failed at ${what}${words(said)}`, {
    hint: `check the status page of ${host}; the next run checks what exists and continues`,
  });
}

export function noZone(host: string, zone: string): AppError {
  return new AppError(
    'UPDATE_REFUSED',
    `zone ${zone} is not at ${host}, or not for these credentials`,
    {
      hint: `check which zones the credentials may change, or name another provider for ${zone}`,
    },
  );
}

/** Two zones of one name: no resolver sees a record in the wrong one. */
export function ambiguous(host: string, zone: string, count: number): AppError {
  return new AppError('UPDATE_REFUSED', `${host} has ${count} public zones ${zone}`, {
    hint: 'only one of them is delegated; remove the others',
  });
}
