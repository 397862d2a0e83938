import { afterEach, describe, expect, it, vi } from 'vitest';
import { countingDown } from '../../src/cli/terminal/countdown.ts';
import type { GlobalOptions, Io } from '../../src/cli/terminal/io.ts';
import { fqdn } from '../../src/dns/name.ts';
import type { Event } from '../../src/engine/events.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z') / 1000;
const WAIT: Event = {
  ...{ event: 'waiting', at: NOW, certificate: 'mx1', until: NOW + 3600, known: true },
  reasons: [{ rule: 'cached-nowhere', because: 'old answers may be cached' }],
  then: {
    stage: 'withdraw',
    at: NOW,
    owner: fqdn('_25._tcp.mx1.example.org'),
    ttl: 1,
    add: [],
    remove: [],
  },
};

afterEach(() => void vi.useRealTimers());

/** What is printed while a run waits for `seconds`, and after it. */
async function shown(
  seconds: number,
  options: Partial<GlobalOptions>,
  terminal: boolean,
  fails = false,
) {
  vi.useFakeTimers({ now: NOW * 1000 });
  const lines: string[] = [];
  let err = '';
  const io: Io = {
    out: () => undefined,
    err: (text) => (err += text),
    drained: () => Promise.resolve(),
    terminal,
    now: () => Date.now() / 1000,
    signal: new AbortController().signal,
    ...(terminal ? { rewrite: (line: string) => void lines.push(line) } : {}),
  };
  const act = async (tell: (event: Event) => void): Promise<void> => {
    tell(WAIT);
    await vi.advanceTimersByTimeAsync(seconds * 1000);
    if (fails) throw new Error('interrupted');
  };
  const invocation = { options: { json: false, verbosity: 0, ...options }, io };
  await countingDown(() => undefined, invocation, act).catch(() => undefined);
  return { lines, err };
}

describe('K38: a long wait', () => {
  it('is counted down in one line of a terminal, which is removed when the run ends or is interrupted', async () => {
    for (const fails of [false, true]) {
      const { lines, err } = await shown(2, {}, true, fails);
      expect(lines).toEqual([
        'mx1 waits, 59m 59s left, until 13:00:00Z; then: withdraw records at _25._tcp.mx1.example.org.'.slice(
          0,
          79,
        ),
        'mx1 waits, 59m 58s left, until 13:00:00Z; then: withdraw records at _25._tcp.mx1.example.org.'.slice(
          0,
          79,
        ),
        '',
      ]);
      expect(err).toBe('');
    }
  });

  it('prints nothing elsewhere, except a line now and then with -v', async () => {
    expect(await shown(1800, {}, false)).toEqual({ lines: [], err: '' });
    const { err } = await shown(1800, { verbosity: 1 }, false);
    expect(err.split('\n')).toHaveLength(4);
    expect(err).toContain('12:10:00Z mx1 waits, 50m left, until 13:00:00Z; then: withdraw records');
  });

  it('prints nothing with -q and --json', async () => {
    expect((await shown(5, { verbosity: -1 }, true)).lines).toEqual([]);
    expect((await shown(5, { json: true }, true)).lines).toEqual([]);
  });
});
