// Pauses between attempts at an order, and the one that all certificates of an account share.
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { Memory } from '../../src/engine/state/memory.ts';
import {
  accountIsWell,
  recordPause,
  refuseWhilePaused,
} from '../../src/engine/act/order/pauses.ts';
import type { Intent } from '../../src/rollover/model.ts';
import { DAY, NOW, intent } from '../rollover/world.ts';
import { fakeTask, fakeWorld } from '../support/fakes.ts';

const LIMITED = new AppError('ACME_RATE_LIMITED', 'too many new orders', {
  details: { scope: 'account' },
});

function surroundings() {
  const time = { now: NOW };
  const world = fakeWorld({
    clock: { now: () => time.now },
  });
  const certificate = async (name: string, changes: Partial<Intent> = {}) => {
    const task = fakeTask(intent({}, { name, services: [], ...changes }));
    const memory = await Memory.load(world, task.intent, []);
    const job = { task, memory, world, call: {} };
    const note = (error: AppError) => recordPause(job, error);
    const heed = (insists?: true) =>
      refuseWhilePaused(insists ? { ...job, task: { ...task, insists } } : job);
    return { job, note, heed };
  };
  return { time, world, certificate };
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
