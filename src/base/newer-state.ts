import { AppError } from './errors.ts';

/**
 * State that a later version wrote, and this one would misread: it stays as it is, and nothing is
 * done beside it.
 */
export function newerState(place: string, detail: string): AppError {
  return new AppError('STORE_NEWER', `${place} was written by a newer holger (${detail})`, {
    hint:
      'install that version again; to stay with this one, move the folder "documents" out of the state directory while no ' +
      'holger runs: keys and certificates are found again, what caches may hold is waited for, and one-off certificates ' +
      'are to be named once more with holger issue',
  });
}
