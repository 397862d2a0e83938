import { describe, expect, it } from 'vitest';
import { report } from '../../src/cli/failure.ts';
import type { Io } from '../../src/cli/terminal/io.ts';

const said: string[] = [];
const io = { out: () => undefined, err: (text: string) => said.push(text) } as unknown as Io;

describe('K18: what this machine lacks is not reported as a bug', () => {
  it.each(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'])('%s ends with 3', (code) => {
    const error = Object.assign(new Error(`${code}: too much, open '/x'`), { code });
    expect(report(error, io, false)).toBe(3);
    expect(said.join('')).toContain(`(${code})`);
    expect(said.join('')).not.toContain('bug');
  });

  it('an unknown error is reported as a bug', () => {
    expect(report(new Error('what?'), io, false)).toBe(70);
  });
});
