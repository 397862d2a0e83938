// All output of a command passes one place: text of others cannot control the terminal.
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { runCli } from '../../src/cli/program.ts';
import { renderStyles, styled } from '../../src/cli/terminal/style.ts';

const EXAMPLE = new URL('../../config.example.toml', import.meta.url).pathname;
const NASTY = 'said \u001b]0;owned\u0007\u001b[2J \u009b31m \u202egnp\u2066 \u2028 \ufeff\ud800';
const OBEYED = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

async function holger(...args: string[]) {
  let out = '';
  let err = '';
  const fails = (): Promise<never> =>
    Promise.reject(new AppError('ACME_PROBLEM', NASTY, { hint: NASTY }));
  const exit = await runCli(
    args,
    {
      version: '0',
      openApp: fails,
      openChecker: fails,
      openWatcher: fails,
      openServer: fails,
      openCaa: fails,
      openNotifiers: fails,
      openOthers: fails,
    },
    {
      out: (text) => (out += text),
      err: (text) => (err += text),
      drained: () => Promise.resolve(),
      terminal: true,
      colour: { out: true, err: true },
      now: () => 0,
      signal: new AbortController().signal,
    },
  );
  return { exit, out, err };
}

describe('K28: a terminal', () => {
  it.each([
    ['an error', ['status', '--config', EXAMPLE]],
    ['an error as JSON', ['status', '--json', '--config', EXAMPLE]],
    [
      'an error for a monitoring system',
      ['check', '--configured', '--nagios', '--config', EXAMPLE],
    ],
    ['an argument that is refused', ['status', `--${NASTY}`]],
    ['a command that does not exist', [NASTY]],
    ['an option value that is refused', ['--color', NASTY, 'status']],
    ['a file that is not there', ['status', '--config', `/nonexistent/${NASTY}`]],
    [
      'a record that cannot be read',
      ['tlsa', 'verify', '--chain', NASTY, '--record', NASTY, '--host', 'mx1'],
    ],
  ])('gets no control sequence from %s', async (_, args) => {
    const { exit, out, err } = await holger(...args);
    expect(exit).not.toBe(0);
    expect(out + err).toMatch(/\\u001b/);
    expect(out + err).not.toMatch(OBEYED);
  });

  it('gets JSON with the same meaning', async () => {
    const { out } = await holger('status', '--json', '--config', EXAMPLE);
    expect(JSON.parse(out)).toMatchObject({ error: { message: NASTY } });
  });

  it('gets colours only from holger', () => {
    const forged = styled('bad', 'x').replace(/[0-9a-f]{16}/g, 'deadbeefdeadbeef');
    const clean = (text: string): string => text.replaceAll('\u0001', '?');
    expect(renderStyles(forged, true, clean)).not.toContain('\u001b');
    expect(renderStyles(styled('bad', 'x'), true, clean)).toBe('\u001b[31mx\u001b[0m');
    expect(renderStyles(styled('bad', 'x'), false, clean)).toBe('x');
  });
});
