// Pauses between attempts at an order, and the one that all certificates of an account share.
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { Accounts } from '../../src/engine/accounts.ts';
import type { Job } from '../../src/engine/job.ts';
import { accountKey } from '../../src/engine/state/account.ts';
import { Memory } from '../../src/engine/state/memory.ts';
import {
  accountIsWell,
  recordPause,
  refuseWhilePaused,
} from '../../src/engine/act/order/pauses.ts';
import type { World } from '../../src/engine/world.ts';
import type { Intent } from '../../src/rollover/model.ts';
import { OF_ACCOUNT } from '../../src/rollover/plan/order/ca-limits.ts';
import { CA, DAY, NOW, intent } from '../rollover/world.ts';
import { fakeTask, fakeWorld } from '../support/fakes.ts';

const LIMITED = new AppError('ACME_RATE_LIMITED', 'too many new orders', {
  details: { scope: 'account' },
});

function surroundings() {
  const time = { now: NOW };
  const world = fakeWorld({
    clock: { now: () => time.now },
  });
  /** Another process at the same state. */
  const another = (): World => ({ ...world, accounts: new Accounts() });
  const certificate = async (name: string, changes: Partial<Intent> = {}) => {
    const task = fakeTask(intent({}, { name, services: [], ...changes }));
    const memory = await Memory.load(world, task.intent, []);
    const job = { task, memory, world, call: {} };
    const note = (error: AppError) => recordPause(job, error);
    const heed = (insists?: true) =>
      refuseWhilePaused(insists ? { ...job, task: { ...task, insists } } : job);
    return { job, note, heed };
  };
  return { time, another, certificate };
}

describe('a refusal that applies to the whole account', () => {
  it('K11: is received once, and respected for every certificate of that CA', async () => {
    const { certificate } = surroundings();
    await (await certificate('a')).note(LIMITED);
    const other = await certificate('b', { domains: ['b.example.org'] });
    await expect(other.heed()).rejects.toMatchObject({
      code: 'ACME_RATE_LIMITED',
      notBefore: NOW + 60,
      details: { remembered: true },
    });
    await expect(other.heed(true)).resolves.toBeUndefined();
    const elsewhere = await certificate('c', { directory: 'https://other.example/directory' });
    await expect(elsewhere.heed()).resolves.toBeUndefined();
  });

  it('K11: ends when the CA accepts an order, and the next one is a first one again', async () => {
    const { certificate } = surroundings();
    const { job, note } = await certificate('a');
    await note(LIMITED);
    await accountIsWell(job, NOW + 1);
    const other = await certificate('b');
    await expect(other.heed()).resolves.toBeUndefined();
    await other.note(LIMITED);
    await expect((await certificate('c')).heed()).rejects.toMatchObject({ notBefore: NOW + 60 });
  });
});

describe('orders under way at the same time', () => {
  it('that are refused together count as one refusal', async () => {
    const { certificate } = surroundings();
    for (const name of ['a', 'b', 'c']) await (await certificate(name)).note(LIMITED);
    await expect((await certificate('d')).heed()).rejects.toMatchObject({ notBefore: NOW + 60 });
  });

  it('one that was placed before a refusal does not end its pause', async () => {
    const { certificate } = surroundings();
    const { job, note } = await certificate('a');
    await note(LIMITED);
    await accountIsWell(job, NOW - 1);
    await expect((await certificate('b')).heed()).rejects.toMatchObject({ notBefore: NOW + 60 });
  });
});

describe('a refusal of one order', () => {
  const refused = new AppError('ACME_PROBLEM', 'not this name', { hint: 'remove it' });

  it('K11: delays that order alone, for longer each time, and reports until when', async () => {
    const { certificate, time } = surroundings();
    const { note, heed } = await certificate('a');
    for (const pause of [60, 600, 6000, DAY, DAY]) {
      await expect(note(refused)).resolves.toMatchObject({ notBefore: time.now + pause });
      await expect(heed()).rejects.toMatchObject({
        hint: expect.stringMatching(/^remove it; the next attempt is after 2026-/) as string,
      });
      time.now += pause;
      await expect(heed()).resolves.toBeUndefined();
    }
    await expect((await certificate('b')).heed()).resolves.toBeUndefined();
  });

  it('K11: delays no order for other names, and none when the clock was set back', async () => {
    const { certificate, time } = surroundings();
    await (await certificate('a')).note(refused);
    const changed = await certificate('a', { domains: ['new.example.org'] });
    await expect(changed.heed()).resolves.toBeUndefined();
    time.now -= 1000 * DAY;
    await expect((await certificate('a')).heed()).resolves.toBeUndefined();
  });
});

describe('a limit that the operator does not wait for', () => {
  const insisting = (job: Job, world: World): Job => ({
    ...{ ...job, world },
    task: { ...job.task, insists: true },
  });

  it('is asked about once in a run, and the answer holds for the rest of it', async () => {
    const { certificate, another } = surroundings();
    const { job } = await certificate('a');
    const { job: other } = await certificate('b', { domains: ['b.example.org'] });
    const world = another();
    await expect(refuseWhilePaused(insisting(other, world))).resolves.toBeUndefined();
    await recordPause(insisting(job, world), LIMITED);
    await expect(refuseWhilePaused(insisting(other, world))).rejects.toMatchObject({
      code: 'ACME_RATE_LIMITED',
    });
    const next = another();
    await expect(refuseWhilePaused(insisting(other, next))).resolves.toBeUndefined();
    await expect(refuseWhilePaused({ ...other, world: next })).rejects.toMatchObject({
      code: 'ACME_RATE_LIMITED',
    });
  });
});

describe('what is known of an account', () => {
  const LE = 'https://acme-v02.api.letsencrypt.org/directory';

  it('is counted from what is stored, whichever process wrote it', async () => {
    const { certificate, another } = surroundings();
    const { job } = await certificate('a', { directory: LE });
    const [one, other] = [another(), another()];
    for (const world of [one, other, one, other]) {
      await accountIsWell({ ...job, world }, NOW, [OF_ACCOUNT]);
    }
    const stored = await one.store.read(accountKey(LE));
    expect(stored?.value).toEqual({
      schema: 1,
      used: { orders: { account: NOW + 4 * 36 } },
    });
  });

  it('is read again after a short time, because another process may have written it', async () => {
    const { certificate, another, time } = surroundings();
    const { job } = await certificate('a');
    const [one, other] = [another(), another()];
    await refuseWhilePaused({ ...job, world: one });
    await recordPause({ ...job, world: other }, LIMITED);
    const { job: next } = await certificate('b', { domains: ['b.example.org'] });
    time.now += 10;
    await expect(refuseWhilePaused({ ...next, world: one })).rejects.toThrow('too many new orders');
  });

  it('keeps what is used up when the CA refuses, and the refusal when an order was older', async () => {
    const { certificate, another } = surroundings();
    const { job } = await certificate('a', { directory: LE });
    const world = another();
    await accountIsWell({ ...job, world }, NOW, [OF_ACCOUNT]);
    await recordPause({ ...job, world }, LIMITED);
    await accountIsWell({ ...job, world }, NOW - 1, [OF_ACCOUNT]);
    expect((await world.store.read(accountKey(LE)))?.value).toMatchObject({
      ...{ attempts: 1, code: 'ACME_RATE_LIMITED' },
      used: { orders: { account: NOW + 2 * 36 } },
    });
  });

  it('ends its pause and counts the order when the CA accepts one', async () => {
    const { certificate, another } = surroundings();
    const { job } = await certificate('a', { directory: LE });
    const world = another();
    await recordPause({ ...job, world }, LIMITED);
    await accountIsWell({ ...job, world }, NOW + 1, [OF_ACCOUNT]);
    expect((await world.store.read(accountKey(LE)))?.value).toMatchObject({
      ...{ attempts: 0, notBefore: 0 },
      used: { orders: { account: NOW + 36 } },
    });
  });

  it('is moved with a clock that was set', async () => {
    const { certificate, time, another } = surroundings();
    const { job } = await certificate('a');
    const moment = (step: number) => ({ at: time.now, boot: 'x', running: time.now - step });
    const before = another();
    const clock = { ...before.clock, moment: () => moment(0) };
    await recordPause({ ...job, world: { ...before, clock } }, LIMITED);
    const after = another();
    time.now -= 50 * DAY;
    const { job: next } = await certificate('b', { domains: ['b.example.org'] });
    const set = { ...after.clock, moment: () => moment(-50 * DAY) };
    await expect(
      refuseWhilePaused({ ...next, world: { ...after, clock: set } }),
    ).rejects.toMatchObject({ notBefore: time.now + 60 });
  });

  it('is written for a CA without published limits only when that CA refuses', async () => {
    const { certificate, another } = surroundings();
    const { job } = await certificate('a');
    const world = another();
    await accountIsWell({ ...job, world }, NOW);
    expect(await world.store.read(accountKey(CA))).toBeUndefined();
  });
});

it('a URL that the CA wants to be opened stays alone on its line', async () => {
  const { certificate } = surroundings();
  const hint = 'open this URL:\nhttps://ca.example/unpause';
  const { note } = await certificate('a');
  const noted = await note(new AppError('ACME_PROBLEM', 'paused', { hint }));
  expect((noted as AppError).hint?.split('\n')[1]).toBe('https://ca.example/unpause');
});
