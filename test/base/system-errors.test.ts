import { connect } from 'node:net';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { AppError, reasonOf } from '../../src/base/errors.ts';

const thrownBy = (act: () => Promise<unknown>): Promise<unknown> =>
  act().then(
    () => undefined,
    (error: unknown) => error,
  );

describe('K38: errors of Node are reported in words', () => {
  it('of a connection, also when another error wraps it', async () => {
    const refused = await thrownBy(
      () => new Promise((_, reject) => void connect(1, '127.0.0.1').on('error', reject)),
    );
    const words = 'connection refused (ECONNREFUSED)';
    expect(reasonOf(refused)).toBe(words);
    expect(reasonOf(new TypeError('fetch failed', { cause: refused }))).toBe(words);
    expect(reasonOf(new AggregateError([refused, refused], 'all failed'))).toBe(words);
  });

  it('of a file', async () => {
    const missing = await thrownBy(() => readFile('/nonexistent/file'));
    expect(reasonOf(missing)).toBe('no such file or directory (ENOENT)');
    expect(reasonOf(await thrownBy(() => readFile('/tmp')))).toBe('it is a folder (EISDIR)');
  });

  it('and messages of holger stay unchanged', () => {
    const cause = Object.assign(new Error('x'), { code: 'ECONNREFUSED' });
    expect(reasonOf(new AppError('DNS_UNREACHABLE', 'no server answers', { cause }))).toBe(
      'no server answers',
    );
    expect(reasonOf(new Error('unheard of'))).toBe('unheard of');
    expect(reasonOf('text')).toBe('text');
  });
});
