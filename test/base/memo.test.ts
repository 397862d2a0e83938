import { describe, expect, it } from 'vitest';
import { memo } from '../../src/base/memo.ts';

describe('a function that keeps what it made', () => {
  const counted = (most: number) => {
    const made: string[] = [];
    const of = memo(most, (text) => {
      if (text === 'bad') throw new Error('bad');
      made.push(text);
      return text.length;
    });
    return { of, made };
  };

  it('makes nothing twice while it is among the last ones', () => {
    const { of, made } = counted(2);
    expect(['a', 'bb', 'a', 'bb', 'ccc', 'bb', 'a'].map(of)).toEqual([1, 2, 1, 2, 3, 2, 1]);
    expect(made).toEqual(['a', 'bb', 'ccc', 'a']);
  });

  it('keeps no error', () => {
    const { of, made } = counted(2);
    expect(() => of('bad')).toThrow('bad');
    expect(() => of('bad')).toThrow('bad');
    expect(made).toEqual([]);
  });
});
