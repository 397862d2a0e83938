import { AppError } from './errors.ts';

/**
 * State that a later version wrote, and that this version would misread: it is not changed, and
 * holger does nothing else.
 */
export function newerState(place: string, detail: string): AppError {
  return new AppError('STORE_NEWER', `${place} was written by a newer holger (${detail})`, {
    hint:
      'install that version again; to keep this version, move the folder "documents" out ' +
      'of the state directory while no holger runs: keys and certificates are found again, ' +
      'holger waits for what caches may hold, and certificates of holger issue must be ' +
      'named once more with holger issue',
  });
}
