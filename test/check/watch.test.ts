// The loop of a watch with a clock of the test's own: what is delivered when, what survives a
// restart, and when the next check is.
import { describe, expect, test } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { finding } from '../../src/check/rules/finding.ts';
import { nextRound } from '../../src/watch/schedule.ts';
import type { Row } from '../../src/watch/snapshot.ts';
import type { WatchState, WatchWorld } from '../../src/watch/watch.ts';
import { watch } from '../../src/watch/watch.ts';
import { silentLogger } from '../../src/base/log.ts';
import type { Delivery, Notice, Notifier } from '../../src/ports/notifier.ts';

const INTERVAL = 900;
const MX = 'smtp://mx1.example.org:25';
const well: readonly Row[] = [{ target: MX, severity: 'ok', findings: [] }];
const broken: readonly Row[] = [
  { target: MX, severity: 'critical', findings: [finding('mismatch', 'there', 'so it is')] },
];

interface Given {
  /** What each check finds; after the last one the watch is stopped. */
  readonly looks: readonly (readonly Row[] | Error)[];
  /** The result of each attempt of the notifier; "done" after the last one. */
  readonly tries?: readonly ('done' | 'fails')[];
  readonly disk?: { state?: WatchState };
  readonly diskIsFull?: boolean;
  readonly lookTakes?: number;
  /** Beside the pager. */
  readonly notifiers?: readonly Notifier[];
}

/** Runs until the checks are used up. Two runs with one disk are one watch that was restarted. */
async function watched({
  looks,
  tries = [],
  disk = {},
  diskIsFull,
  lookTakes = 0,
  notifiers = [],
}: Given) {
  const stop = new AbortController();
  let now = 1_800_000_000;
  const began = now;
  let tried = 0;
  const at: number[] = [];
  const sent: string[] = [];
  /** What was on disk when a delivery began. */
  const known: (string | undefined)[] = [];
  const errors: string[] = [];
  const world: WatchWorld = {
    clock: {
      now: () => now,
      sleep: (seconds) => {
        now += seconds;
        if (at.length === looks.length) stop.abort(new Error('enough'));
        return stop.signal.aborted ? Promise.reject(new Error('enough')) : Promise.resolve();
      },
    },
    random: () => 0,
    newId: () => `id-${began}-${sent.length}`,
    host: 'here',
    look: () => {
      at.push(now - began);
      now += lookTakes;
      const look = looks[at.length - 1];
      return look instanceof Error ? Promise.reject(look) : Promise.resolve(look ?? []);
    },
    notifiers: [
      {
        label: 'pager',
        deliver: (notice: Notice) => {
          known.push(disk.state?.outbox[0]?.notice.subject);
          tried += 1;
          if (tries[tried - 1] === 'fails') {
            return Promise.reject(new AppError('NOTIFY_FAILED', 'no tone'));
          }
          sent.push(notice.subject);
          return Promise.resolve({ later: [], refused: [] });
        },
      },
      ...notifiers,
    ],
    keep: {
      read: () => Promise.resolve(disk.state),
      write: (state) => {
        if (diskIsFull === true) return Promise.reject(new AppError('STORE_FAILED', 'ENOSPC'));
        disk.state = JSON.parse(JSON.stringify(state)) as WatchState;
        return Promise.resolve();
      },
    },
    log: { ...silentLogger, error: (message) => void errors.push(message) },
    told: () => undefined,
  };
  await watch({ interval: INTERVAL, remind: 86_400 }, world, { signal: stop.signal });
  return { at, sent, known, errors, tried, disk };
}

const SUBJECT = '[holger] CRITICAL mx1.example.org:25: mismatch, so it is';

test('what is found is reported once, also when the watch is restarted in between', async () => {
  const { sent, disk } = await watched({ looks: [broken] });
  expect(sent).toEqual([SUBJECT]);
  expect((await watched({ looks: [broken, broken], disk })).sent).toEqual([]);
  expect((await watched({ looks: [well], disk })).sent).toEqual([]);
  expect((await watched({ looks: [well], disk })).sent).toEqual([
    expect.stringMatching(/^\[holger\] OK mx1\.example\.org:25: recovered after /),
  ]);
});

test('what is not delivered is on disk before the attempt, and tried again at the next round, also after a restart', async () => {
  const first = await watched({ looks: [broken, broken], tries: ['fails', 'fails'] });
  expect(first).toMatchObject({ sent: [], tried: 2, known: [SUBJECT, SUBJECT] });
  expect(first.disk.state?.outbox).toHaveLength(1);
  const again = await watched({ looks: [broken, broken], disk: first.disk, tries: ['fails'] });
  expect(again).toMatchObject({ sent: [SUBJECT], tried: 2 });
  expect(again.disk.state?.outbox).toEqual([]);
});

test('behind a message that is refused the others wait for the next round, in order', async () => {
  const looks = [broken, well, well, well];
  const { sent, tried } = await watched({ looks, tries: ['fails', 'fails', 'fails'] });
  expect(sent).toEqual([SUBJECT, expect.stringMatching(/recovered/)]);
  expect(tried).toBe(5);
});

test('a full disk prevents no message, and no message is sent twice', async () => {
  const { sent, errors } = await watched({ looks: [broken, broken, broken], diskIsFull: true });
  expect(sent).toEqual([SUBJECT]);
  expect(errors).toContain('state not saved');
});

test('a round that fails ends nothing, and is reported when it lasts', async () => {
  const failure = new Error('no roots');
  const { sent, errors } = await watched({ looks: [well, failure, failure, broken, broken] });
  expect(errors).toEqual(['round failed', 'round failed']);
  expect(sent).toEqual([
    '[holger] UNKNOWN no roots',
    expect.stringMatching(/^\[holger\] OK targets can be checked again/),
    SUBJECT,
  ]);
});

test('rounds keep the interval of the first one; a long round skips intervals and is not overtaken', async () => {
  expect((await watched({ looks: [well, well, well], lookTakes: 100 })).at).toEqual([0, 900, 1800]);
  expect((await watched({ looks: [well, well, well], lookTakes: 1000 })).at).toEqual([
    0, 1800, 3600,
  ]);
});

test('a little random delay is added to each interval, and not to the next one', () => {
  expect(nextRound(0, 900, 10, 0)).toBe(900);
  expect(nextRound(0, 900, 10, 1)).toBe(930);
  expect(nextRound(0, 900, 930, 0)).toBe(1800);
  expect(nextRound(0, 60, 10, 1)).toBe(63);
  // The clock was set back.
  expect(nextRound(10_000, 900, 100, 0)).toBe(1000);
});

describe('K42: a recipient who is not accepted now is not lost', () => {
  const OPS = 'ops@example.org';
  const NIGHT = 'night@example.org';

  /**
   * An e-mail notifier, and which recipients it tried; `verdict` decides about each recipient at
   * each attempt.
   */
  function email(verdict: (recipient: string, nth: number) => 'done' | 'later' | 'refused') {
    const offered: (readonly [subject: string, to: readonly string[]])[] = [];
    const notifier: Notifier = {
      ...{ label: 'email', recipients: [OPS, NIGHT] },
      deliver: ({ subject }, _, to = [OPS, NIGHT]) => {
        offered.push([subject, to]);
        const those = (kind: string): Delivery['later'] =>
          to
            .filter((each) => verdict(each, offered.length) === kind)
            .map((recipient) => ({ recipient, because: `${kind}, with this answer` }));
        return Promise.resolve({ later: those('later'), refused: those('refused') });
      },
    };
    return { notifier, offered };
  }

  test('greylisting of one of several: that one is tried again, until it has the message', async () => {
    const { notifier, offered } = email((who, nth) =>
      who === NIGHT && nth < 3 ? 'later' : 'done',
    );
    const looks = [broken, broken, broken, broken];
    const { disk } = await watched({ looks, notifiers: [notifier] });
    expect(offered).toEqual([
      [SUBJECT, [OPS, NIGHT]],
      [SUBJECT, [NIGHT]],
      [SUBJECT, [NIGHT]],
    ]);
    expect(disk.state?.outbox).toEqual([]);
  });

  test('one refused permanently is not tried again, and the others get one message about it', async () => {
    const { notifier, offered } = email((who) => (who === NIGHT ? 'refused' : 'done'));
    const looks = [broken, broken, well, well, broken, broken];
    const { sent } = await watched({ looks, notifiers: [notifier] });
    const refusal = `[holger] WARNING messages to ${NIGHT} are refused`;
    expect(offered[0]).toEqual([SUBJECT, [OPS, NIGHT]]);
    expect(offered[1]).toEqual([refusal, [OPS]]);
    expect(offered.filter(([subject]) => subject === refusal)).toHaveLength(1);
    expect(sent.filter((subject) => subject === refusal)).toHaveLength(1);
    expect(offered.filter(([subject]) => subject === SUBJECT)).toHaveLength(2);
  });

  test('all refused permanently: it is not tried again, and another notifier gets a message about it', async () => {
    const { notifier, offered } = email(() => 'refused');
    const { sent, disk } = await watched({
      looks: [broken, broken, broken],
      notifiers: [notifier],
    });
    expect(offered).toHaveLength(1);
    expect(sent).toContain(`[holger] WARNING messages to ${OPS}, ${NIGHT} are refused`);
    expect(disk.state?.outbox).toEqual([]);
  });
});
