// Which versions may be cached (docs/laws.md, rules 6 to 11).
import { describe, expect, it } from 'vitest';
import {
  cachedUntil,
  cachedVersions,
  newestVersion,
  silentAt,
} from '../../src/rollover/record/versions.ts';
import { beginWrite } from '../../src/rollover/record/pending-writes.ts';
import { versionKey } from '../../src/rollover/record/owner-history.ts';
import type { OwnerHistory, Version } from '../../src/rollover/record/owner-history.ts';
import { rdataSet } from '../../src/dns/rrset.ts';
import type { RdataHex } from '../../src/dns/rrset.ts';
import { A, B, DAY, NOW, POLICY, record, swept } from './world.ts';

const old = [record('3 1 1', A)];
const both = rdataSet([record('3 1 1', A), record('3 1 1', B)]);

function version(history: OwnerHistory, key: string): Version {
  const found = history.versions.find((item) => item.key === key);
  if (found === undefined) throw new Error(`no version ${key}`);
  return found;
}

type Shown = { readonly records: readonly RdataHex[] } & (
  { readonly held: readonly RdataHex[] } | { readonly failure: string }
);

function newest(history: OwnerHistory): Version {
  const found = newestVersion(history);
  if (found === undefined) throw new Error('nothing was seen');
  return found;
}

describe('rule 6: a version is a content and a TTL', () => {
  it('a TTL lowered from 64 to 4 before the roll still counts 64 for the old version', () => {
    const before = swept(undefined, NOW, [{ records: old, ttl: 64 }]);
    const after = swept(before, NOW + 1, [{ records: old, ttl: 4, serial: 2 }]);
    expect(cachedUntil(version(after, versionKey(old, 64)), POLICY)).toBe(NOW + 1 + 128 + 5);
    expect(cachedUntil(version(after, versionKey(old, 4)), POLICY)).toBe(Infinity);
  });
});

describe('rule 7: how long it lives in caches', () => {
  const served = swept(undefined, NOW, [{ records: old }]);

  it('counts from the first sweep in which no address may serve it, not from the last that saw it', () => {
    const gone = swept(served, NOW + 1000, [{ records: both, serial: 2 }]);
    expect(cachedUntil(version(gone, versionKey(old, 60)), POLICY)).toBe(NOW + 1000 + 125);
    const later = swept(gone, NOW + 1050, [{ records: both, serial: 2 }]);
    expect(cachedUntil(version(later, versionKey(old, 60)), POLICY)).toBe(NOW + 1000 + 125);
  });

  it('is not over while one of two addresses serves it', () => {
    const half = swept(undefined, NOW, [{ records: old }, { records: old }]);
    const still = swept(half, NOW + 9, [{ records: both, serial: 2 }, { records: old }]);
    expect(cachedUntil(version(still, versionKey(old, 60)), POLICY)).toBe(Infinity);
  });

  it('is servable again when it reappears', () => {
    const gone = swept(served, NOW + 10, [{ records: both, serial: 2 }]);
    const back = swept(gone, NOW + 20, [{ records: old, serial: 3 }]);
    expect(cachedUntil(version(back, versionKey(old, 60)), POLICY)).toBe(Infinity);
  });

  it.each([
    ['twice its TTL for large ones', 7200, 3600, 14_400],
    ['its TTL and the floor for small ones', 60, 3600, 3660],
    ['twice its TTL without a floor', 60, 0, 120],
  ])('lasts %s', (_story, ttl, cacheFloor, life) => {
    const first = swept(undefined, NOW, [{ records: old, ttl }]);
    const gone = swept(first, NOW + 1, [{ records: both, ttl, serial: 2 }]);
    const policy = { ...POLICY, cacheFloor };
    expect(cachedUntil(version(gone, versionKey(old, ttl)), policy)).toBe(NOW + 1 + life + 5);
    expect(cachedVersions(gone, policy, NOW + life + 5)).toHaveLength(2);
    expect(cachedVersions(gone, policy, NOW + 1 + life + 5)).toHaveLength(1);
  });
});

describe('rule 8: a write that was begun', () => {
  const start = swept(undefined, NOW, [{ records: old, serial: 7 }]);
  const begun = beginWrite(start, { from: newest(start), to: { content: both, ttl: 60 } }, NOW + 1);

  it('was applied on a hidden primary although it timed out: both versions are servable', () => {
    const after = swept(begun, NOW + 5, [{ records: old, serial: 7 }]);
    for (const content of [old, both]) {
      expect(cachedUntil(version(after, versionKey(content, 60)), POLICY)).toBe(Infinity);
    }
  });

  it('is over when every address serves a later serial, not when the first does', () => {
    const two = swept(undefined, NOW, [{ records: old }, { records: old }]);
    const written = beginWrite(two, { from: newest(two), to: { content: both, ttl: 60 } }, NOW + 1);
    const half = swept(written, NOW + 5, [{ records: both, serial: 2 }, { records: old }]);
    expect(half.writes).toHaveLength(1);
    const all = swept(half, NOW + 9, [
      { records: both, serial: 2 },
      { records: both, serial: 2 },
    ]);
    expect(all.writes).toHaveLength(0);
    expect(cachedUntil(version(all, versionKey(old, 60)), POLICY)).toBe(NOW + 9 + 125);
  });

  it('that never reached the primary stays possible until a later serial is seen', () => {
    const other = swept(begun, NOW + 5, [{ records: old, serial: 8 }]);
    expect(other.writes).toHaveLength(0);
    expect(cachedUntil(version(other, versionKey(both, 60)), POLICY)).toBe(NOW + 5 + 125);
  });

  it('that was sent twice does not wait for a serial that no write moves any more', () => {
    const served = swept(begun, NOW + 5, [{ records: both, serial: 8 }]);
    const again = beginWrite(
      served,
      { from: newest(start), to: { content: both, ttl: 60 } },
      NOW + 6,
    );
    expect(swept(again, NOW + 9, [{ records: both, serial: 8 }]).writes).toHaveLength(0);
  });

  it('that writes what was there before does not lose the serial at which that was', () => {
    const none = beginWrite(start, { from: newest(start), to: { content: [], ttl: 60 } }, NOW + 1);
    const gone = swept(none, NOW + 5, [{ records: [], serial: 8 }]);
    const back = beginWrite(gone, { from: newest(gone), to: { content: old, ttl: 60 } }, NOW + 6);
    expect(version(back, versionKey(old, 60))).toMatchObject({ serial: 7, seenAt: NOW });
  });

  it('that is sent again all day is stored as the first time and the last', () => {
    let history = begun;
    for (const hour of [1, 2, 3]) {
      history = beginWrite(
        history,
        { from: newest(start), to: { content: both, ttl: 60 } },
        NOW + hour * 3600,
      );
    }
    expect(history.writes.map(({ at }) => at)).toEqual([NOW + 1, NOW + 3 * 3600]);
    const moved = swept(history, NOW + DAY, [{ records: old, serial: 7 }]);
    expect(cachedUntil(version(moved, versionKey(both, 60)), POLICY)).toBe(Infinity);
  });

  describe('in a zone at several providers', () => {
    /**
     * What each of two providers holds and its server shows; serials of the first are far higher.
     */
    const look = (
      before: OwnerHistory | undefined,
      at: number,
      [one, other]: readonly [Shown, Shown],
      serials: readonly [number, number],
      policy = POLICY,
    ): OwnerHistory => {
      const held = [one, other].map((each, index) => ({
        provider: `p${index}`,
        ...('failure' in each ? { failure: each.failure } : { content: each.held, ttl: 60 }),
      }));
      const answers = [one, other].map(({ records }, index) => ({
        ...{ records, serial: serials[index] ?? 0 },
      }));
      return swept(before, at, answers, policy, held);
    };
    const all = (records: readonly RdataHex[]): Shown => ({ records, held: records });
    const begun = (): OwnerHistory => {
      const first = look(undefined, NOW, [all(old), all(old)], [90, 7]);
      return beginWrite(first, { from: newest(first), to: { content: both, ttl: 60 } }, NOW + 1);
    };

    it('is over when no provider holds what it starts from, and every server serves what one holds: serials do not count', () => {
      expect(look(begun(), NOW + 5, [all(both), all(old)], [91, 99]).writes).toHaveLength(1);
      const lags = look(begun(), NOW + 5, [all(both), { records: old, held: both }], [91, 8]);
      expect(lags.writes).toHaveLength(1);
      const dumb = look(begun(), NOW + 5, [all(both), { records: both, failure: 'no' }], [91, 8]);
      expect(dumb.writes).toHaveLength(1);
      expect(look(lags, NOW + 9, [all(both), all(both)], [91, 8]).writes).toHaveLength(0);
    });

    it('is over although what it starts from comes back, or was always there', () => {
      const half = look(begun(), NOW + 5, [all(both), all(old)], [91, 7]);
      const undo = { from: version(half, versionKey(both, 60)), to: { content: old, ttl: 60 } };
      const back = beginWrite(half, undo, NOW + 20);
      const early = look(back, NOW + 600, [all(old), all(old)], [92, 7]);
      expect(early.writes.map(({ to }) => to)).toEqual([versionKey(both, 60)]);
      expect(look(early, NOW + 601, [all(old), all(old)], [92, 7]).writes).toHaveLength(0);
    });

    it('is over where a provider took it and continued since, however long another one takes', () => {
      const first = look(undefined, NOW, [all(old), all(old)], [90, 7]);
      const asked = beginWrite(
        first,
        { from: newest(first), to: { content: both, ttl: 60 } },
        NOW + 1,
        {
          byHand: true,
        },
      );
      const half = look(asked, NOW + 5, [all(both), all(old)], [91, 7]);
      expect(half.writes).toHaveLength(1);
      const undone = look(half, NOW + DAY, [all(old), all(both)], [92, 8]);
      expect(undone.writes).toHaveLength(0);
    });

    it('explains nothing at a server that was past it, with any serial', () => {
      const policy = { ...POLICY, assumedTtl: DAY };
      const half = look(begun(), NOW + 5, [all(both), all(old)], [93, 8], policy);
      const unknown = ({ versions }: OwnerHistory): number =>
        versions.filter((each) => each.unknown).length;
      expect(unknown(half)).toBe(0);
      const back = look(half, NOW + 9, [all(old), all(old)], [95, 8], policy);
      expect(unknown(back)).toBe(1);
    });

    it('what a provider holds is the version that is served: denials have a TTL of their own', () => {
      const none = look(begun(), NOW + 5, [all([]), all([])], [91, 8]);
      expect(none.held).toEqual([
        { provider: 'p0', key: '60 ' },
        { provider: 'p1', key: '60 ' },
      ]);
      const hidden = look(begun(), NOW + 5, [all(old), { records: old, held: [] }], [91, 8]);
      expect(hidden.held?.[1]).toEqual({
        provider: 'p1',
        failure: 'it has an RRset that no name server serves yet',
      });
    });
  });

  it('that withdraws everything explains an absence with the TTL of the denial, however far the serial moved', () => {
    const policy = { ...POLICY, assumedTtl: DAY };
    const none = beginWrite(start, { from: newest(start), to: { content: [], ttl: 60 } }, NOW + 1);
    const gone = swept(none, NOW + 5, [{ records: [], ttl: 900, serial: 12 }], policy);
    expect(gone.versions.filter(({ unknown }) => unknown)).toEqual([]);
    const foreign = swept(start, NOW + 5, [{ records: [], ttl: 900, serial: 12 }], policy);
    expect(foreign.versions.filter(({ unknown }) => unknown)).toHaveLength(1);
  });
});

describe('rule 9: silence', () => {
  const policy = { ...POLICY, assumedTtl: DAY };
  const two = swept(undefined, NOW, [{ records: old }, { records: old }]);

  it('a silent address may serve what it served last', () => {
    const after = swept(two, NOW + 9, [{ records: both, serial: 2 }, 'silent']);
    expect(cachedUntil(version(after, versionKey(old, 60)), POLICY)).toBe(Infinity);
  });

  it('the operator may give up a silent address, not one that refuses, with any text of the failure', () => {
    const before = swept(undefined, NOW, [{ records: old }, { records: old }]);
    const silent = swept(before, NOW + 9, [{ records: both, serial: 2 }, 'silent']);
    const oldOne = version(silent, versionKey(old, 60));
    expect(silentAt(silent, oldOne)).toBe('192.0.2.54');
    const words = { failure: 'timeout: with these words' };
    const refusing = swept(silent, NOW + 18, [{ records: both, serial: 2 }, words]);
    expect(silentAt(refusing, oldOne)).toBeUndefined();
    expect(silentAt(silent, newest(silent))).toBe('192.0.2.54');
  });
  it('and anything later', () => {
    const quiet = swept(two, NOW + 9, [{ records: both, serial: 2 }, 'silent']);
    const undone = swept(quiet, NOW + 19, [{ records: old, serial: 3 }, 'silent']);
    expect(cachedUntil(version(undone, versionKey(both, 60)), POLICY)).toBe(Infinity);
  });

  it('an address that has never answered may serve an unknown version', () => {
    const first = swept(undefined, NOW, [{ records: old }, 'silent'], policy);
    expect(cachedUntil(version(first, 'unknown'), policy)).toBe(Infinity);
    const later = swept(first, NOW + 9, [{ records: old }, { records: old }], policy);
    expect(cachedUntil(version(later, 'unknown'), policy)).toBe(NOW + 9 + DAY);
  });

  it('first sight is per address: a new server may have served another version before', () => {
    const one = swept(undefined, NOW, [{ records: old }], policy);
    const more = swept(one, NOW + 2 * DAY, [{ records: old }, { records: old }], policy);
    expect(cachedUntil(version(more, 'unknown'), policy)).toBe(NOW + 3 * DAY);
  });

  it.each([
    ['moved by one: no version was missed', 2, false],
    ['moved by more than that: one may have been', 3, true],
  ])('a serial that %s', (_story, serial, missed) => {
    const first = swept(undefined, NOW, [{ records: old }], policy);
    const settled = { ...first, versions: first.versions.filter(({ unknown }) => !unknown) };
    const after = swept(settled, NOW + 9, [{ records: both, serial }], policy);
    expect(after.versions.some(({ unknown }) => unknown)).toBe(missed);
  });

  it('a silent server may serve the version that was missed until it answers', () => {
    const first = swept(undefined, NOW, [{ records: old }, { records: old }], policy);
    const settled = { ...first, versions: first.versions.filter(({ unknown }) => !unknown) };
    const jumped = swept(settled, NOW + 9, [{ records: both, serial: 3 }, 'silent'], policy);
    expect(cachedUntil(version(jumped, 'unknown'), policy)).toBe(Infinity);
    const answers = [
      { records: both, serial: 3 },
      { records: both, serial: 3 },
    ];
    const heard = swept(jumped, NOW + 60, answers, policy);
    expect(cachedUntil(version(heard, 'unknown'), policy)).toBe(NOW + 60 + DAY);
    const explained = swept(settled, NOW + 9, [{ records: both, serial: 2 }, 'silent'], policy);
    expect(explained.versions.some(({ unknown }) => unknown)).toBe(false);
  });

  describe('a server that falls silent may have transferred what it lacked', () => {
    const other = [record('3 1 1', B)];
    const shows = (records: readonly RdataHex[], serial: number) => ({ records, serial });
    /**
     * The first lags at serial 1 while the second is ahead, and then has seen the version between
     * end.
     */
    const lagging = (between: readonly RdataHex[]): OwnerHistory => {
      const first = swept(undefined, NOW, [shows(old, 1), shows(between, 2)]);
      return swept(first, NOW + 9, [shows(old, 1), shows(other, 3)]);
    };

    it('although it has ended everywhere else', () => {
      const ended = lagging(both);
      expect(cachedUntil(version(ended, versionKey(both, 60)), POLICY)).toBe(NOW + 9 + 125);
      const quiet = swept(ended, NOW + 19, ['silent', shows(other, 3)]);
      expect(cachedUntil(version(quiet, versionKey(both, 60)), POLICY)).toBe(Infinity);
      const heard = swept(quiet, NOW + 29, [shows(other, 3), shows(other, 3)]);
      expect(cachedUntil(version(heard, versionKey(both, 60)), POLICY)).toBe(NOW + 29 + 125);
    });

    it('a version that was never seen too', () => {
      const first = swept(undefined, NOW, [shows(old, 1), shows(old, 1)], policy);
      const jumped = swept(first, NOW + 9, [shows(old, 1), shows(both, 3)], policy);
      expect(cachedUntil(version(jumped, 'unknown'), policy)).toBe(NOW + 9 + DAY);
      const quiet = swept(jumped, NOW + 19, ['silent', shows(both, 3)], policy);
      expect(cachedUntil(version(quiet, 'unknown'), policy)).toBe(Infinity);
    });

    it('and what a new server served before its first sweep, when it is ahead of all that was seen', () => {
      const first = swept(undefined, NOW, [shows(old, 10), shows(old, 10)], policy);
      const level = [shows(old, 25), 'silent', shows(old, 25)] as const;
      const joins = swept(first, NOW + 2 * DAY, [...level], policy);
      expect(cachedUntil(version(joins, 'unknown'), policy)).toBe(NOW + 3 * DAY);
      const ahead = [shows(old, 10), 'silent', shows(both, 25)] as const;
      const unsure = swept(first, NOW + 2 * DAY, [...ahead], policy);
      expect(cachedUntil(version(unsure, 'unknown'), policy)).toBe(Infinity);
    });

    it('and nothing that it was past', () => {
      const first = swept(undefined, NOW, [shows(both, 2), shows(old, 1)]);
      const quiet = swept(first, NOW + 9, ['silent', shows(both, 2)]);
      expect(cachedUntil(version(quiet, versionKey(old, 60)), POLICY)).toBe(NOW + 9 + 125);
    });
  });

  it('at several providers, whose serials cannot be compared, it may serve all that others may serve', () => {
    const holding = ['p0', 'p1'].map((provider) => ({ provider, content: both, ttl: 60 }));
    const records = { records: both, serial: 90 };
    const first = swept(undefined, NOW, [{ records: old, serial: 95 }, records], POLICY, holding);
    const quiet = swept(first, NOW + 9, ['silent', records], POLICY, holding);
    const undone = holding.map((one) => ({ ...one, content: old }));
    const back = swept(quiet, NOW + 19, ['silent', { records: old, serial: 91 }], POLICY, undone);
    expect(cachedUntil(version(back, versionKey(both, 60)), POLICY)).toBe(Infinity);
  });

  it('our own write explains its own serials', () => {
    const first = swept(undefined, NOW, [{ records: old }], policy);
    const settled = { ...first, versions: first.versions.filter(({ unknown }) => !unknown) };
    const begun = beginWrite(
      settled,
      { from: newest(settled), to: { content: both, ttl: 60 } },
      NOW + 1,
    );
    const after = swept(begun, NOW + 9, [{ records: both, serial: 5 }], policy);
    expect(after.versions.some(({ unknown }) => unknown)).toBe(false);
  });
});

describe('rule 10: an unknown earlier version', () => {
  it.each([
    ['the assumed TTL', DAY, 60, DAY],
    ['the longest TTL seen when that is longer', DAY, 3 * DAY, 3 * DAY],
  ])('lasts %s', (_story, assumedTtl, ttl, life) => {
    const policy = { ...POLICY, assumedTtl };
    const first = swept(undefined, NOW, [{ records: old, ttl }], policy);
    expect(cachedUntil(version(first, 'unknown'), policy)).toBe(NOW + life);
  });

  it('does not exist when the operator knows that', () => {
    const first = swept(undefined, NOW, [{ records: old }]);
    expect(first.versions.some(({ unknown }) => unknown)).toBe(false);
  });
});

describe('rule 11: signatures expire', () => {
  it('a version ends at the latest when its newest signature does', () => {
    const signedUntil = NOW + 100;
    const first = swept(undefined, NOW, [{ records: old, ttl: 3600, signedUntil }]);
    const gone = swept(first, NOW + 10, [{ records: both, serial: 2 }]);
    expect(cachedUntil(version(gone, versionKey(old, 3600)), POLICY)).toBe(signedUntil + 300);
  });

  it('a server that is down permanently stops blocking then', () => {
    const signedUntil = NOW + 100;
    const two = swept(undefined, NOW, [
      { records: old, signedUntil },
      { records: old, signedUntil },
    ]);
    const after = swept(two, NOW + 5, [{ records: both, serial: 2 }, 'silent']);
    const keys = (at: number): string[] => cachedVersions(after, POLICY, at).map(({ key }) => key);
    expect(keys(signedUntil + 299)).toContain(versionKey(old, 60));
    expect(keys(signedUntil + 300)).toEqual([versionKey(both, 60)]);
  });
});

it('rule 9: while only servers answer that are known to be behind, what the primary holds is not known', () => {
  const before = swept(undefined, NOW, [{ records: both, serial: 2 }, { records: old }]);
  expect(newestVersion(before)?.content).toEqual(both);
  const after = swept(before, NOW + 9, ['silent', { records: old }]);
  expect(newestVersion(after)).toBeUndefined();
  const caughtUp = swept(after, NOW + 19, ['silent', { records: both, serial: 2 }]);
  expect(newestVersion(caughtUp)?.content).toEqual(both);
});
