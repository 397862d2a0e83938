// The leases of a run while it works on a certificate, so that no other run does.
import { hostname } from 'node:os';
import { AppError, reasonOf } from '../base/errors.ts';
import type { Lease } from '../ports/store.ts';
import { ownersOf } from '../rollover/law/facts.ts';
import { lineageKey } from './state/memory.ts';
import { servicesAt } from './observe/neighbours.ts';
import type { Task, World } from './world.ts';

const LEASE_TTL = 3600;

/**
 * A lease that cannot be released (a full disk) ends with this process; this must not hide an
 * earlier error.
 */
export async function giveBack(lease: Lease, task: Task, world: World): Promise<void> {
  try {
    await lease.release();
  } catch (error) {
    const detail = reasonOf(error);
    world.log.warn('lock not given back', { certificate: task.intent.name, detail });
  }
}

/** Certificate, owners and services: two acts that touch one owner exclude each other (rule 19). */
export function leasesOf(task: Task): readonly string[] {
  const keys = [
    lineageKey(task.intent.name),
    ...(task.formerly === undefined ? [] : [lineageKey(task.formerly.name)]),
    ...ownersOf(task.intent).map((owner) => `owner/${owner}`),
    ...servicesAt(task).map(({ service }) => `service/${service.id}`),
  ];
  return [...new Set(keys)].sort();
}

export async function takeLeases(task: Task, world: World, taken: Lease[]): Promise<void> {
  for (const key of leasesOf(task)) taken.push(await takeLease(key, world));
}

/** @throws AppError LOCKED */
export async function takeLease(key: string, { store }: Pick<World, 'store'>): Promise<Lease> {
  const lease = await store.acquire(key, hostname(), LEASE_TTL);
  if (lease !== undefined) return lease;
  throw new AppError('LOCKED', `another run of holger is working on ${key}`, {
    hint: 'wait until it ends; the lock of a run that has crashed is taken over automatically',
  });
}
