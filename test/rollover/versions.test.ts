// Which versions may be cached (laws, rules 6 to 11).
import { describe, expect, it } from 'vitest';
import {
  beginWrite,
  cachedUntil,
  cachedVersions,
  cancelWrite,
  newestVersion,
} from '../../src/rollover/versions.ts';
import { versionKey } from '../../src/rollover/history.ts';
import type { OwnerHistory, Version } from '../../src/rollover/history.ts';
import { rdataSet } from '../../src/dns/rrset.ts';
import type { RdataHex } from '../../src/dns/rrset.ts';
import { DAY, NOW, POLICY, chain, record, swept } from './world.ts';

const A = chain('A');
const B = chain('B');
const old = [record('3 1 1', A)];
const both = rdataSet([record('3 1 1', A), record('3 1 1', B)]);

function version(history: OwnerHistory, key: string): Version {
  const found = history.versions.find((item) => item.key === key);
  if (found === undefined) throw new Error(`no version ${key}`);
  return found;
}

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
  const begun = beginWrite(start, newest(start), { content: both, ttl: 60 }, NOW + 1);

  it('was applied on a hidden primary although it timed out: both versions are servable', () => {
    const after = swept(begun, NOW + 5, [{ records: old, serial: 7 }]);
    for (const content of [old, both]) {
      expect(cachedUntil(version(after, versionKey(content, 60)), POLICY)).toBe(Infinity);
    }
  });

  it('is over when every address serves a later serial, not when the first does', () => {
    const two = swept(undefined, NOW, [{ records: old }, { records: old }]);
    const written = beginWrite(two, newest(two), { content: both, ttl: 60 }, NOW + 1);
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

  it('that was sent twice does not wait for a serial that nothing moves any more', () => {
    const served = swept(begun, NOW + 5, [{ records: both, serial: 8 }]);
    const again = beginWrite(served, newest(start), { content: both, ttl: 60 }, NOW + 6);
    expect(swept(again, NOW + 9, [{ records: both, serial: 8 }]).writes).toHaveLength(0);
  });

  it('that is sent again all day is remembered as the first time and the last', () => {
    let history = begun;
    for (const hour of [1, 2, 3]) {
      history = beginWrite(history, newest(start), { content: both, ttl: 60 }, NOW + hour * 3600);
    }
    expect(history.writes.map(({ at }) => at)).toEqual([NOW + 1, NOW + 3 * 3600]);
    const moved = swept(history, NOW + DAY, [{ records: old, serial: 7 }]);
    expect(cachedUntil(version(moved, versionKey(both, 60)), POLICY)).toBe(Infinity);
  });

  it('that was refused the second time may have been made the first time', () => {
    const twice = beginWrite(begun, newest(start), { content: both, ttl: 60 }, NOW + 6);
    const refused = cancelWrite(twice, NOW + 6);
    expect(cachedUntil(version(refused, versionKey(both, 60)), POLICY)).toBe(Infinity);
    expect(refused.ours).toEqual([record('3 1 1', B)]);
  });

  it('to several providers is over when all show one RRset that is not what it starts from: their serials say nothing', () => {
    const first = swept(undefined, NOW, [
      { records: old, serial: 7 },
      { records: old, serial: 90 },
    ]);
    const to = { content: both, ttl: 60 };
    const sent = beginWrite(first, newest(first), to, NOW + 1, { several: true });
    const half = swept(sent, NOW + 5, [
      { records: both, serial: 8 },
      { records: old, serial: 97 },
    ]);
    expect(half.writes).toHaveLength(1);
    const apart = swept(half, NOW + 6, [
      { records: [record('3 0 1', A)], serial: 99 },
      { records: both, serial: 98 },
    ]);
    expect(apart.writes).toHaveLength(1);
    const all = swept(half, NOW + 9, [
      { records: both, serial: 8 },
      { records: both, serial: 98 },
    ]);
    expect(all.writes).toHaveLength(0);
  });

  it('to several providers explains nothing at one that was past it, whatever its serial', () => {
    const policy = { ...POLICY, assumedTtl: DAY };
    const first = swept(undefined, NOW, [
      { records: old, serial: 7 },
      { records: old, serial: 90 },
    ]);
    const sent = beginWrite(first, newest(first), { content: both, ttl: 60 }, NOW + 1, {
      several: true,
    });
    const unknown = (serials: [number, number], ...contents: (readonly RdataHex[])[][]): number => {
      const looked = contents.reduce((history, [one = [], other = []], index) => {
        const answers = [
          { records: one, serial: serials[0] + 2 * index },
          { records: other, serial: serials[1] },
        ];
        return swept(history, NOW + 5 + index, answers, policy);
      }, sent);
      return looked.versions.filter((each) => each.unknown).length;
    };
    expect(unknown([9, 91], [both, old])).toBe(0);
    expect(unknown([9, 91], [both, old], [old, old])).toBe(1);
  });

  it('that withdraws everything explains an absence with the TTL of the denial, however far the serial moved', () => {
    const policy = { ...POLICY, assumedTtl: DAY };
    const none = beginWrite(start, newest(start), { content: [], ttl: 60 }, NOW + 1);
    const gone = swept(none, NOW + 5, [{ records: [], ttl: 900, serial: 12 }], policy);
    expect(gone.versions.filter(({ unknown }) => unknown)).toEqual([]);
    const foreign = swept(start, NOW + 5, [{ records: [], ttl: 900, serial: 12 }], policy);
    expect(foreign.versions.filter(({ unknown }) => unknown)).toHaveLength(1);
  });

  it('that was certainly refused was never there', () => {
    const refused = cancelWrite(begun, NOW + 1);
    expect(refused.versions.map(({ key }) => key)).toEqual([versionKey(old, 60)]);
    expect(refused.ours).toEqual([]);
  });
});

describe('rule 9: silence', () => {
  const policy = { ...POLICY, assumedTtl: DAY };
  const two = swept(undefined, NOW, [{ records: old }, { records: old }]);

  it('a silent address may serve what it served last', () => {
    const after = swept(two, NOW + 9, [{ records: both, serial: 2 }, 'silent']);
    expect(cachedUntil(version(after, versionKey(old, 60)), POLICY)).toBe(Infinity);
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

  it('first sight is per address: a new server may have served something before', () => {
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

  it('our own write explains its own serials', () => {
    const first = swept(undefined, NOW, [{ records: old }], policy);
    const settled = { ...first, versions: first.versions.filter(({ unknown }) => !unknown) };
    const begun = beginWrite(settled, newest(settled), { content: both, ttl: 60 }, NOW + 1);
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

  it('is none when the operator knows that there is none', () => {
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

  it('a server that died for good stops blocking then', () => {
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

it('rule 9: while only servers answer that are known to be behind, nobody knows what the primary holds', () => {
  const before = swept(undefined, NOW, [{ records: both, serial: 2 }, { records: old }]);
  expect(newestVersion(before)?.content).toEqual(both);
  const after = swept(before, NOW + 9, ['silent', { records: old }]);
  expect(newestVersion(after)).toBeUndefined();
  const caughtUp = swept(after, NOW + 19, ['silent', { records: both, serial: 2 }]);
  expect(newestVersion(caughtUp)?.content).toEqual(both);
});
