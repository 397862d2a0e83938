import { describe, expect, it } from 'vitest';
import {
  combinationFrom,
  combinationOf,
  namesAuthority,
  tlsaOf,
  tlsaSet,
  tlsaValue,
} from '../../src/dane/tlsa.ts';

describe('a TLSA record as a value', () => {
  it('equal records are the same value, however they were read', () => {
    const record = { usage: 3, selector: 1, matchingType: 1, data: 'ab' };
    expect(tlsaOf('030101ab')).toMatchObject({ ...record, rdata: '030101ab' });
    expect(tlsaValue(record)).toBe(tlsaOf('030101ab'));
    expect(tlsaOf('030101ac')).not.toBe(tlsaOf('030101ab'));
  });

  it('equal combinations are the same value, and print as operators write them', () => {
    const { combination } = tlsaOf('020001ab');
    expect(combination).toBe(combinationFrom('2 0 1'));
    expect(combination).toBe(combinationOf({ usage: 2, selector: 0, matchingType: 1 }));
    expect(combination.text).toBe('2 0 1');
  });

  it('usages 0 and 2 name a CA certificate', () => {
    expect([0, 1, 2, 3].filter((usage) => namesAuthority({ usage }))).toEqual([0, 2]);
  });

  it('RDATA that is too short for a record has parameters that no client can use', () => {
    expect(tlsaOf('0301')).toMatchObject({ usage: 255, rdata: '0301' });
  });

  it('a set has each record once, in the order of RDATA', () => {
    const [a, b] = [tlsaOf('020101ab'), tlsaOf('030101ab')];
    expect(tlsaSet([b, a, b])).toEqual([a, b]);
  });
});
