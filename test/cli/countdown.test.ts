import { afterEach, describe, expect, it, vi } from 'vitest';
import { teller } from '../../src/cli/certificates/run.ts';
import { countingDown } from '../../src/cli/terminal/countdown.ts';
import { Progress } from '../../src/cli/terminal/progress.ts';
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

describe('many certificates', () => {
  const event = (name: string, rest: object): Event =>
    ({ at: NOW, certificate: name, ...rest }) as unknown as Event;
  const ordered = (name: string): Event =>
    event(name, { event: 'ordered', generation: 1, orderUrl: 'https://ca.example/1' });
  const failed = (name: string): Event =>
    event(name, { event: 'failed', code: 'DNS_TIMEOUT', message: 'no answer', exit: 3 });
  const done = (name: string): Event => event(name, { event: 'done', until: NOW + 86_400 });

  /** What a terminal, or a pipe, gets of these events. */
  async function run(
    events: readonly Event[],
    {
      terminal = true,
      waits = false,
      ...options
    }: Partial<GlobalOptions> & {
      readonly terminal?: boolean;
      readonly waits?: boolean;
    } = {},
  ) {
    vi.useFakeTimers({ now: NOW * 1000 });
    const lines: string[] = [];
    let err = '';
    let out = '';
    const io: Io = {
      out: (text) => (out += text),
      err: (text) => (err += text),
      drained: () => Promise.resolve(),
      terminal,
      now: () => Date.now() / 1000,
      signal: new AbortController().signal,
      ...(terminal ? { rewrite: (line: string) => void lines.push(line) } : {}),
    };
    const invocation = { options: { json: false, verbosity: 0, ...options }, io };
    const progress = new Progress();
    progress.begins(120);
    const act = async (tell: (event: Event) => void): Promise<void> => {
      for (const one of events) tell(one);
      await vi.advanceTimersByTimeAsync(1000);
    };
    await countingDown(teller(invocation, progress), invocation, act, { progress, waits });
    return { lines, err, out };
  }

  const orders = (text: string): number => text.split('ordered at ca.example').length - 1;

  const five = [
    ...['a', 'b', 'c'].map(ordered),
    ...['idle', 'also idle'].map(done),
    event('b', { ...WAIT, certificate: 'b' }),
    ordered('d'),
    failed('c'),
    ordered('e'),
  ];

  it('have one line together: where those are that move, and of how many', async () => {
    const { lines } = await run(five);
    expect(lines).toEqual(['5 of 120: 3 ordering, 1 waiting for caches, 1 failed', '']);
  });

  it('have lines of their own for what is wrong, and with -v', async () => {
    const { err } = await run(five);
    expect(err).toContain(': no answer');
    // The first three, before there were many.
    expect(orders(err)).toBe(3);
    expect(orders((await run(five, { verbosity: 1 })).err)).toBe(5);
  });

  it('count those that are done among the ones that moved', async () => {
    const { lines } = await run([...five, done('a')]);
    expect(lines[0]).toBe('5 of 120: 2 ordering, 1 waiting for caches, 1 failed, 1 done');
  });

  it('wait with the time of the next step', async () => {
    const { lines } = await run(five, { waits: true });
    expect(lines[0]).toBe('5 of 120: 3 ordering, 1 waiting for caches, 1 failed; next in 59m 59s');
  });

  it('have no line in a pipe, with -q and with --json', async () => {
    const piped = await run(five, { terminal: false });
    expect(orders(piped.err)).toBe(5);
    expect(piped.err).not.toContain('of 120');
    for (const options of [{ verbosity: -1 }, { json: true }]) {
      expect((await run(five, options)).lines.join('')).toBe('');
    }
  });

  it('are more than three: for three, the output stays as it is', async () => {
    const { lines, err } = await run(['a', 'b', 'c'].map(ordered));
    expect(lines.join('')).toBe('');
    expect(orders(err)).toBe(3);
  });
});
