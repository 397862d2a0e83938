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
import { readdir, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { formatInstant, type Clock, type Instant, type Seconds } from '../base/clock.ts';
import { errnoOf, fileFailure } from '../files/failure.ts';
import { makeFolder } from '../files/folders.ts';
import { readFileIfAny, writeFileDurably, writeNewFile } from '../files/write.ts';
import type { Lease } from '../ports/store.ts';
import { fileNameOf } from './keys.ts';
import { currentProcess, lifeOf, type ProcessIdentity } from './process-identity.ts';

/** So that the tokens of DEEPEST rights, one after the other, and a temporary name also fit. */
const LONGEST_NAME = 62;

export interface LeaseFolder {
  readonly folder: string;
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
  await makeFolder(place.folder);
  const path = join(place.folder, `${fileNameOf(key, LONGEST_NAME)}.lease`);
  const expires = place.clock.now() + ttl;
  const claim: Claim = {
    token: randomBytes(9).toString('hex'),
    holder,
    process: currentProcess(),
    expires,
    until: formatInstant(expires),
  };
  if (!(await take(path, claim, place.clock, 0))) return undefined;
  await removeOldRights(path, claim);
  let held = true;
  const release = async (): Promise<void> => {
    if (!held) return;
    held = false;
    await giveBack(path, claim, place.clock);
  };
  return { key, release };
}

async function take(path: string, claim: Claim, clock: Clock, depth: number): Promise<boolean> {
  if (await writeNewFile(path, render(claim), { durable: false })) return true;
  const found = await readClaim(path);
  // Released meanwhile. Try once more; losing that race is not an error.
  if (found === undefined) return writeNewFile(path, render(claim), { durable: false });
  if (!isAbandoned(found, clock) || depth === DEEPEST) return false;
  const right = rightPath(path, found);
  if (!(await take(right, claim, clock, depth + 1))) return false;
  try {
    const now = await readClaim(path);
    if (now === undefined || tokenOf(now) !== tokenOf(found)) return false;
    await writeFileDurably(path, render(claim), { durable: false });
    return true;
  } finally {
    await remove(right);
  }
}

/**
 * A process that was killed while it released a lease leaves its right behind. Rights to leases
 * that do not exist any more are useless: no token is used twice.
 */
async function removeOldRights(path: string, ours: Claim): Promise<void> {
  const lease = `${basename(path)}.`;
  for (const name of await readdir(dirname(path))) {
    const tokens = name.startsWith(lease) ? name.slice(lease.length).split('.') : [];
    const isRight = tokens.length > 0 && tokens.every((token) => TOKEN.test(token));
    if (isRight && tokens[0] !== ours.token) await remove(join(dirname(path), name));
  }
}

/**
 * Removes the lease only while it is ours: a holder that could not be checked may have lost it by
 * expiry.
 */
async function giveBack(path: string, claim: Claim, clock: Clock): Promise<void> {
  const right = rightPath(path, claim);
  if (!(await take(right, claim, clock, 1))) return;
  try {
    const now = await readClaim(path);
    if (now !== undefined && tokenOf(now) === claim.token) await remove(path);
  } finally {
    await remove(right);
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
  if (text === undefined) return undefined;
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

async function remove(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw fileFailure('STORE_FAILED', 'remove', path, error);
  }
}
