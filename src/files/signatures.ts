// Signatures of files: inode, size and times. Ten thousand certificates that are idle are compared
// by these alone, so that nothing is read.
import { hash } from 'node:crypto';
import { stat, type Stats } from 'node:fs';
import type { Signatures } from '../ports/signatures.ts';
import { within } from './deadline.ts';
import { errnoOf } from './failure.ts';

/**
 * The kernel counts the times of files in steps of milliseconds, some file systems in steps of
 * seconds: two changes within one step look like one.
 */
const STEP_MS = 2_500;
const AT_ONCE = 32;
/** Of all together. What does not answer, the caller examines with a deadline for each file. */
const DEADLINE_MS = 20_000;

export const signatures: Signatures = { of: signaturesOf };

async function signaturesOf(
  lists: readonly (readonly string[])[],
): Promise<readonly (string | undefined)[]> {
  const found = lists.map((): string | undefined => undefined);
  const since = Date.now();
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let at = next++; at < lists.length; at = next++) {
      found[at] = await signatureOf(lists[at] ?? [], since);
    }
  };
  const lanes = Array.from({ length: Math.min(AT_ONCE, lists.length) }, lane);
  const all = Promise.all(lanes);
  // What did not come in time stays undefined.
  await within('DEPLOY_FAILED', 'the targets', all, DEADLINE_MS).catch(() => (next = lists.length));
  return [...found];
}

/** `since`: before any of the files was looked at. */
function signatureOf(paths: readonly string[], since: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const parts: string[] = [];
    let left = paths.length;
    let known = true;
    const settle = (at: number, part: string | undefined): void => {
      known &&= part !== undefined;
      parts[at] = `${paths[at] ?? ''}\0${part ?? ''}`;
      left -= 1;
      if (left === 0) resolve(known ? digestOf(parts) : undefined);
    };
    if (left === 0) resolve(digestOf(parts));
    paths.forEach((path, at) =>
      stat(path, (error, stats) => settle(at, partOf(error, stats, since))),
    );
  });
}

function partOf(error: Error | null, stats: Stats, since: number): string | undefined {
  if (error !== null) return errnoOf(error) === 'ENOENT' ? 'none' : undefined;
  const { dev, ino, size, mtimeMs, ctimeMs } = stats;
  // A time of change in the future: the clock was set back, and may come to it again. The other
  // time can be set to anything.
  const isFresh = ctimeMs > since - STEP_MS || Math.abs(mtimeMs - since) < STEP_MS;
  return isFresh ? undefined : [dev, ino, size, mtimeMs, ctimeMs].join(':');
}

function digestOf(parts: readonly string[]): string {
  return hash('sha256', parts.join('\0'), 'base64').slice(0, 22);
}
