// Days of timer runs while a certificate becomes due again and again, or cannot be ordered: how
// often holger asks the CA, whether the operator is told, and that nothing expires which could have
// been renewed. In virtual time.
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import type { Intent } from '../../src/rollover/model.ts';
import { Scene } from './scene.ts';
import type { Setting } from './setting.ts';
import { Transcript } from './transcript.ts';

const HOUR = 3600;
const DAY = 86_400;
const TICK = 1200;

interface Trigger {
  readonly setting?: Setting;
  readonly intent?: Partial<Intent>;
  readonly begins?: (scene: Scene) => void;
  /** What the operator reads; undefined: no action is needed. */
  readonly says?: RegExp;
  readonly for?: string;
  /** No clock and no date is wrong: what is served stays valid all the time. */
  readonly lives?: false;
}

function saidBy(scene: Scene): string {
  const { last } = scene.holger;
  if (last === undefined || last.exit !== 4) return '';
  if ('failure' in last) return `${last.failure.message} ${last.failure.hint ?? ''}`;
  const { standing } = last;
  return standing.kind === 'blocked'
    ? standing.reasons.map(({ because }) => because).join(' ')
    : '';
}

/** Whether what the first endpoint presents has expired. */
function hasExpired(scene: Scene): boolean {
  const [worker] = scene.endpoint().workers;
  if (worker === undefined || worker.served === 'no-tls') return true;
  const [leaf] = worker.served;
  return leaf === undefined || leaf.to < scene.timeline.now();
}

async function days({ setting, intent, begins, for: time = '2d' }: Trigger) {
  const scene = new Scene(new Transcript(''), { timer: '20m', ...setting });
  scene.serve();
  scene.holger.intent = { ...scene.holger.intent, ...intent };
  begins?.(scene);
  const said = new Set<string>();
  let expired = 0;
  const end = scene.timeline.now() + Number.parseInt(time, 10) * DAY;
  while (scene.timeline.now() < end) {
    await scene.run();
    said.add(saidBy(scene));
    if (hasExpired(scene)) expired += 1;
    scene.timeline.advanceTo(scene.timeline.now() + TICK);
  }
  const { asked, given } = scene.authority;
  const gaps = given.slice(1).map((at, index) => at - (given[index] ?? 0));
  return { scene, asked, given, gaps, said: [...said].join('\n'), expired };
}

const ari: Setting = { renewalInfo: true };
const stuck = (scene: Scene): void => {
  scene.authority.window = (_leaf, now) => ({ start: 0, end: DAY, nextLookAt: now + 21_600 });
};
const six: Setting = { lifetime: 6 * DAY };

describe('K8: a certificate that is due as soon as it is issued', () => {
  it.each<readonly [string, number, Trigger]>([
    [
      'renew is longer than it lives',
      6 * DAY,
      { setting: six, intent: { renewBefore: 30 * DAY }, for: '8d' },
    ],
    [
      'the ARI window is stuck in the past',
      6 * DAY,
      { setting: { ...six, ...ari }, begins: stuck, for: '8d', says: /ARI window from 1970/ },
    ],
    [
      'the same, with a key that is made ahead',
      6 * DAY,
      {
        setting: { ...six, ...ari, strategy: 'prepublished' },
        begins: stuck,
        for: '8d',
        says: /ARI window from 1970/,
      },
    ],
    [
      'the same, with a key that is used again',
      6 * DAY,
      {
        setting: { ...six, ...ari, strategy: 'reuse-key' },
        begins: stuck,
        for: '8d',
        says: /ARI window from 1970/,
      },
    ],
    [
      'the CA gives certificates that have expired',
      6 * DAY,
      {
        begins: ({ authority }) => {
          authority.dates = (now) => ({ from: now - 8 * DAY, to: now - 2 * DAY });
        },
        says: /has already expired.*lifetime 6d/,
        lives: false,
      },
    ],
    [
      'the CA gives certificates of 2030',
      90 * DAY,
      {
        begins: ({ authority }) => {
          authority.dates = (now) => ({ from: now + 1000 * DAY, to: now + 1090 * DAY });
        },
        says: /is not valid yet.*clock of this machine/,
        lives: false,
      },
    ],
    ...[100, 60, -100].map((ahead): readonly [string, number, Trigger] => [
      `the clock is ${ahead} days ahead`,
      90 * DAY,
      {
        // The signatures of a zone end under such a clock, too; this test does not look at them.
        intent: { dane: false },
        begins: ({ timeline }) => {
          timeline.clockError = ahead * DAY;
        },
        says: /clock of this machine/,
        lives: false,
      },
    ]),
    [
      'the certificate lacks a name',
      90 * DAY,
      {
        begins: ({ authority }) => {
          authority.names = () => ['other.example.org'];
        },
        says: /lacks mx1.example.org/,
        lives: false,
      },
    ],
    [
      'it lives no longer than the wait for caches',
      3 * HOUR,
      { setting: { lifetime: 3 * HOUR }, lives: false },
    ],
    ['its key is to be replaced each minute', 90 * DAY, { intent: { rotateKeyEvery: 60 } }],
    [
      'the same, with a key that is used again',
      90 * DAY,
      { setting: { strategy: 'reuse-key' }, intent: { rotateKeyEvery: 60 } },
    ],
  ])('%s', async (_, lifetime, trigger) => {
    const { gaps, said, expired, given, scene } = await days(trigger);
    expect(given.length, JSON.stringify(scene.holger.last)).toBeGreaterThan(0);
    const floor = Math.max(HOUR, lifetime / 10);
    expect(gaps.filter((gap) => gap < floor - 10)).toEqual([]);
    if (trigger.says !== undefined) expect(said).toMatch(trigger.says);
    if (trigger.lives !== false) expect(expired).toBe(0);
  });

  it('a CA that takes no key is asked less and less often', async () => {
    const { asked, given } = await days({
      begins: ({ authority }) => {
        authority.refusesKey = () =>
          new AppError('ACME_PROBLEM', 'weak key', { details: { type: 'badPublicKey' } });
      },
      for: '5d',
    });
    expect(given).toEqual([]);
    expect(asked.length).toBeLessThan(10);
  });
});

describe('K9: a CA that waits for another DNS answer (smallstep)', () => {
  const nothing = 'no TXT record found';

  it('and does not see it is asked a few times, and its answer is an error', async () => {
    const { scene, asked } = await days({
      begins: ({ authority }) => {
        authority.complains = () => nothing;
      },
      for: '3d',
    });
    const { told } = scene.authority;
    const inOneMinute = told.map((at) => told.filter((one) => one >= at && one < at + 60).length);
    expect(Math.max(...inOneMinute)).toBeLessThanOrEqual(3);
    expect(asked.length).toBeLessThanOrEqual(6);
    expect(told.length).toBeLessThanOrEqual(asked.length * 5);
    const { last } = scene.holger;
    expect(last?.exit).toBe(3);
    expect(last !== undefined && 'failure' in last && last.failure.message).toContain(nothing);
  });

  it.each([1, 5, 60, 900])(
    'is satisfied after three requests when its resolver has cached the old answer for %i s',
    async (negativeTtl) => {
      let until = 0;
      const { scene, given } = await days({
        begins: ({ authority }) => {
          authority.complains = (_owner, now) => {
            if (until === 0) until = now + negativeTtl;
            return now < until ? nothing : undefined;
          };
        },
        for: '1d',
      });
      expect(given).toHaveLength(1);
      expect(scene.authority.told.length).toBeLessThanOrEqual(3);
    },
  );

  it('gets at once what the run cannot wait for', async () => {
    const scene = new Scene(new Transcript(''));
    scene.serve();
    scene.authority.complains = () => nothing;
    await scene.run();
    expect(scene.authority.told).toHaveLength(2);
    const { last } = scene.holger;
    expect(last?.exit).toBe(3);
    expect(last !== undefined && 'failure' in last && last.failure.message).toContain(nothing);
    expect(scene.holger.lineage.trouble?.message).toContain(nothing);
  });
});

const refusing =
  (error: (now: number) => AppError) =>
  ({ authority, timeline }: Scene): void => {
    authority.refuses = () => error(timeline.now());
  };

describe('K11: a CA that accepts no orders', () => {
  it.each<readonly [string, (now: number) => AppError]>([
    [
      'for 317 years',
      (now) => new AppError('ACME_RATE_LIMITED', 'later', { notBefore: now + 9_999_999_999 }),
    ],
    ['and names no time', () => new AppError('ACME_RATE_LIMITED', 'later')],
    [
      'and names a time in the past',
      (now) => new AppError('ACME_RATE_LIMITED', 'later', { notBefore: now - DAY }),
    ],
    [
      'for this name',
      () => new AppError('ACME_PROBLEM', 'no', { details: { type: 'rejectedIdentifier' } }),
    ],
    [
      'before its holder agrees',
      () => new AppError('ACME_PROBLEM', 'terms', { details: { type: 'userActionRequired' } }),
    ],
    [
      'of other clients',
      () => new AppError('ACME_PROBLEM', 'eab', { details: { type: 'externalAccountRequired' } }),
    ],
    [
      'while it is busy for years',
      (now) => new AppError('ACME_UNREACHABLE', 'busy', { notBefore: now + 1e9 }),
    ],
  ])('%s, is asked once a day, and the time of the next attempt is reported', async (_, error) => {
    const { asked, scene } = await days({ begins: refusing(error), for: '5d' });
    expect(asked.length).toBeGreaterThanOrEqual(5);
    expect(asked.length).toBeLessThanOrEqual(8);
    const { last } = scene.holger;
    expect(last !== undefined && 'failure' in last && last.failure.hint).toMatch(
      /next attempt is after 2/,
    );
  });

  it('for 317 years, is asked each hour when the certificate nears its end', async () => {
    const scene = new Scene(new Transcript(''), { ...six, timer: '20m' });
    await scene.enrolled('due');
    const { authority, timeline, holger } = scene;
    refusing((now) => new AppError('ACME_RATE_LIMITED', 'later', { notBefore: now + 1e9 }))(scene);
    const end = holger.generation(1)?.chain?.certificates[0]?.notAfter ?? 0;
    const attempts = async (until: number): Promise<number> => {
      const before = authority.asked.length;
      while (timeline.now() < until) {
        timeline.advanceTo(timeline.now() + TICK);
        await scene.run();
      }
      return authority.asked.length - before;
    };
    expect(await attempts(end - 0.6 * DAY)).toBeLessThanOrEqual(5);
    expect(await attempts(end - 0.2 * DAY)).toBeGreaterThanOrEqual(8);
    authority.refuses = () => undefined;
    await attempts(end);
    expect(scene.presents(0)).toBe('key-2 < X1');
  });
});
