// A lease is a file that names its holder. Creating it is atomic (link does not replace); the
// difficult part is taking it over from a dead holder. "Look, remove, make" lets two processes win:
// the second removes what the first has just made. So:
//
// - every lease has a random token, and never has it twice;
// - a process that wants the lease with token T first creates the file `<lease>.<T>`, the right to
// replace exactly that lease;
// - with this right it reads the lease again: only if it still has T, it is replaced by rename.
//
// The right is itself a lease: if its owner dies before the rename, the right is taken over by the
// same rules.
import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, unlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { formatInstant, type Clock, type Instant, type Seconds } from '../base/clock.ts';
import { errnoOf, fileFailure } from '../files/failure.ts';
import type { OwnFolder } from '../files/own-folder.ts';
import { readFileIfAny, writeFileDurably, writeNewFile } from '../files/write.ts';
import type { Lease } from '../ports/store.ts';
import { fileNameOf } from './keys.ts';
import { currentProcess, lifeOf, type ProcessIdentity } from './process-identity.ts';

/** So that the tokens of DEEPEST rights, one after the other, and a temporary name also fit. */
const LONGEST_NAME = 62;

export interface LeaseFolder {
  readonly own: OwnFolder;
  readonly clock: Clock;
}

interface Claim {
  readonly token: string;
  readonly holder: string;
  readonly process: ProcessIdentity;
  /**
   * Counts only for a holder that cannot be checked: a live one keeps its lease, a dead one has
   * lost it.
   */
  readonly expires: Instant;
  /** For a person who reads the file. */
  readonly until: string;
}

const TOKEN = /^(?:[0-9a-f]{1,40}|unreadable)$/;

/** Processes that died while taking over; more than a few are not an accident. */
const DEEPEST = 8;

export async function acquireLease(
  place: LeaseFolder,
  key: string,
  holder: string,
  ttl: Seconds,
): Promise<Lease | undefined> {
  const path = join(place.own.path, `${fileNameOf(key, LONGEST_NAME)}.lease`);
  const expires = place.clock.now() + ttl;
  const claim: Claim = {
    token: randomBytes(9).toString('hex'),
    holder,
    process: currentProcess(),
    expires,
    until: formatInstant(expires),
  };
  if (!(await place.own.writing(() => take(path, claim, place, 0)))) return undefined;
  await removeOldRights(path, claim, place);
  let held = true;
  const release = (): Promise<void> =>
    new Promise((resolve) => {
      if (held) giveBack(path, claim);
      held = false;
      resolve();
    });
  return { key, release };
}

async function take(
  path: string,
  claim: Claim,
  place: LeaseFolder,
  depth: number,
): Promise<boolean> {
  const options = { durable: false, own: place.own };
  if (await writeNewFile(path, render(claim), options)) return true;
  const found = await readClaim(path);
  // Released meanwhile. Try once more; losing that race is not an error.
  if (found === undefined) return writeNewFile(path, render(claim), options);
  if (!isAbandoned(found, place.clock) || depth === DEEPEST) return false;
  const right = rightPath(path, found);
  if (!(await take(right, claim, place, depth + 1))) return false;
  try {
    const now = await readClaim(path);
    if (now === undefined || tokenOf(now) !== tokenOf(found)) return false;
    await writeFileDurably(path, render(claim), options);
    return true;
  } finally {
    remove(right);
  }
}

/**
 * A process that was killed while it released a lease leaves its right behind. Rights to leases
 * that do not exist any more are useless: no token is used twice.
 */
async function removeOldRights(path: string, ours: Claim, { own }: LeaseFolder): Promise<void> {
  const lease = `${basename(path)}.`;
  for (const name of await own.left(lease)) {
    const tokens = name.slice(lease.length).split('.');
    const isRight = tokens.every((token) => TOKEN.test(token));
    if (isRight && tokens[0] !== ours.token) remove(join(own.path, name));
  }
}

/**
 * Removes the lease only while it is ours: a holder that could not be checked may have lost it by
 * expiry. The right to it is the lease itself under a second name, which takes one call of the
 * system: while it exists the lease cannot be replaced, and what it contains is what was there.
 */
function giveBack(path: string, claim: Claim): void {
  const right = rightPath(path, claim);
  try {
    linkSync(path, right);
  } catch (error) {
    // It was lost and given back, or another process is just replacing it.
    if (['ENOENT', 'EEXIST'].includes(errnoOf(error) ?? '')) return;
    throw fileFailure('STORE_FAILED', 'release', path, error);
  }
  try {
    if (tokenOf(claimIn(readFileSync(right, 'utf8'))) === claim.token) remove(path);
  } catch (error) {
    throw fileFailure('STORE_FAILED', 'release', path, error);
  } finally {
    remove(right);
  }
}

function isAbandoned(claim: Claim | 'unreadable', clock: Clock): boolean {
  // Files appear complete while the machine runs. Half a file is left over from a holder that died
  // in a power failure.
  if (claim === 'unreadable') return true;
  const life = lifeOf(claim.process);
  return life === 'dead' || (life === 'unknown' && clock.now() > claim.expires);
}

async function readClaim(path: string): Promise<Claim | 'unreadable' | undefined> {
  const text = await readFileIfAny(path);
  return text === undefined ? undefined : claimIn(text);
}

function claimIn(text: string): Claim | 'unreadable' {
  try {
    const claim = JSON.parse(text) as Partial<Claim> | null;
    const whole = typeof claim?.token === 'string' && typeof claim.process?.pid === 'number';
    return whole ? (claim as Claim) : 'unreadable';
  } catch {
    return 'unreadable';
  }
}

const render = (claim: Claim): string => `${JSON.stringify(claim, null, 1)}\n`;
const tokenOf = (claim: Claim | 'unreadable'): string =>
  claim === 'unreadable' ? 'unreadable' : claim.token;
const rightPath = (path: string, claim: Claim | 'unreadable'): string => {
  // The token comes from a file; anything that is not a token must not become a path.
  const token = tokenOf(claim);
  return `${path}.${TOKEN.test(token) ? token : 'unreadable'}`;
};

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw fileFailure('STORE_FAILED', 'remove', path, error);
  }
}
