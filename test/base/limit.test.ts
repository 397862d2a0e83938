import { expect, it } from 'vitest';
import { createKeyedLimit } from '../../src/base/limit.ts';

it('a keyed limit holds up work of the same key alone, and goes on after a failure', async () => {
  const limited = createKeyedLimit(1);
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const work = (name: string) => async (): Promise<void> => {
    begun.push(name);
    await new Promise<void>((resolve) => ends.push(resolve));
  };
  const first = limited('x', work('x1'));
  const failing = limited('x', () => Promise.reject(new Error('no')));
  const last = limited('x', work('x2'));
  const other = limited('y', work('y1'));
  await new Promise(setImmediate);
  expect(begun).toEqual(['x1', 'y1']);
  ends[0]?.();
  await expect(failing).rejects.toThrow('no');
  await new Promise(setImmediate);
  expect(begun).toEqual(['x1', 'y1', 'x2']);
  for (const end of ends) end();
  await Promise.all([first, last, other]);
});
