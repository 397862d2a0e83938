// [run] before and after, and a PKCS#12 file, from the command line to the disk: a certificate that
// is signed by its own key needs no network.
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { openPkcs12 } from '../../src/x509/pkcs12.ts';
import { temporaryFolder } from '../deploy/packages.ts';
import { inProcess } from './in-process.ts';

let folder: string;

const at = (name: string): string => join(folder, name);

/** Each adds a line to the log: which certificate is at the target when it is called. */
async function script(name: string, ending = 'exit 0'): Promise<string> {
  const text = `#!/bin/sh\n[ -e ${at('web.p12')} ] && has=with\necho "${name} \${has:-without}" >> ${at('log')}\necho of ${name}\n${ending}\n`;
  await writeFile(at(name), text, { mode: 0o700 });
  return at(name);
}

async function configured(
  commands: readonly ('before' | 'after')[] = ['before', 'after'],
): Promise<void> {
  const lines = commands.map((name) => `${name} = ["./${name}"]`);
  await writeFile(
    at('config.toml'),
    `[state]
directory = "state"
[run]
${lines.join('\n')}
[issuer.own]
type = "self-signed"
[[certificate]]
name = "web"
domains = ["www.example.org"]
issuer = "own"
dane = false
deploy = [{ type = "files", pkcs12 = "web.p12", pkcs12_password = { file = "password" }, reload = ["./reload"] }]
`,
    { mode: 0o600 },
  );
}

interface Ran {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
  readonly log: string;
}

/** The log is that of this command alone. */
async function holger(...argv: string[]): Promise<Ran> {
  const said = { out: '', err: '' };
  const exit = await inProcess(['--config', at('config.toml'), ...argv], (stream, text) => {
    said[stream] += text;
  });
  const log = await readFile(at('log'), 'utf8').catch(() => '');
  await rm(at('log'), { force: true });
  return { exit, ...said, log };
}

beforeEach(async () => {
  folder = await temporaryFolder();
  await writeFile(at('password'), 'correct horse\n', { mode: 0o600 });
  for (const name of ['before', 'reload', 'after']) await script(name);
  await configured();
});

describe('the commands of [run]', () => {
  it('are around order, deployment and reload; a run with nothing due calls none', async () => {
    expect(await holger('config', 'check')).toMatchObject({ exit: 0 });
    const planned = await holger('run', '--dry-run');
    expect(planned).toMatchObject({ exit: 0, log: '' });
    expect(planned.out).toContain(
      `  once, before the first order or deployment of a run:\n        $ ${at('before')}\n`,
    );
    expect(planned.out).toContain(
      `  once, when all of that has ended:\n        $ ${at('after')}\n`,
    );

    const first = await holger('run');
    expect(first, first.err).toMatchObject({ exit: 0 });
    expect(first.log).toBe('before without\nreload with\nafter with\n');
    expect(first.err).toMatch(/before the first order or deployment: \S+before\n/);
    expect(first.err).toMatch(/after the last order or deployment: \S+after\n/);

    expect(await holger('status')).toMatchObject({ exit: 0, log: '' });
    expect(await holger('run')).toMatchObject({ exit: 0, log: '' });
    expect(await holger('run', '--dry-run', 'web')).toMatchObject({ exit: 0, log: '' });

    await rm(at('web.p12'));
    const repaired = await holger('run', 'web');
    expect(repaired.log).toBe('before without\nreload with\nafter with\n');
  });

  it('before that fails: nothing is ordered, the run says why and ends with 3', async () => {
    await script('before', 'exit 7');
    const failed = await holger('--json', 'run');
    expect(failed).toMatchObject({ exit: 3, log: 'before without\nafter without\n' });
    const events = failed.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(events).toEqual([
      expect.objectContaining({
        ...{ event: 'failed', certificate: 'web', code: 'BEFORE_FAILED', exit: 3 },
        message: `nothing was ordered or deployed, because before of [run] failed: ${at('before')} ended with status 7; its last output: of before`,
      }),
      expect.objectContaining({ event: 'after-run' }),
      expect.objectContaining({ event: 'summary', exit: 3 }),
    ]);
    await script('before');
    expect(await holger('run')).toMatchObject({ exit: 0 });
    await script('before', 'exit 7');
    expect(await holger('run', '--force', 'web')).toMatchObject({ exit: 3 });
    const { out } = await holger('status', 'web');
    expect(out.replaceAll(/\s+/g, ' ')).toContain(
      'nothing was ordered or deployed, because before of [run] failed',
    );
  });

  it('after that fails: the certificate is deployed, and the run ends with 4', async () => {
    await script('after', 'exit 7');
    const failed = await holger('run');
    expect(failed).toMatchObject({ exit: 4, log: 'before without\nreload with\nafter with\n' });
    expect(failed.err).toMatch(/failed: after of \[run\]: \S+after ended\s+with\s+status 7/);
    expect(await holger('run')).toMatchObject({ exit: 0, log: '' });
  });

  it('one that does not exist is found by config check', async () => {
    await rm(at('after'));
    const { exit, err } = await holger('config', 'check');
    expect(exit).toBe(2);
    expect(err.replaceAll(/\s+/g, ' ')).toContain(
      `[run]: ${at('after')} is not a program that this user may start`,
    );
  });
});

describe('a PKCS#12 file', () => {
  const keyIn = async (password: string): Promise<string | undefined> =>
    (await openPkcs12(await readFile(at('web.p12')), password))?.name;

  beforeEach(() => configured([]));

  it('is written once, compared at each run, and repaired', async () => {
    expect(await holger('run')).toMatchObject({ exit: 0, log: 'reload with\n' });
    expect(await keyIn('correct horse')).toBe('web');
    const { ino } = await stat(at('web.p12'));
    expect(await holger('run', 'web')).toMatchObject({ exit: 0, log: '' });
    expect((await stat(at('web.p12'))).ino).toBe(ino);

    await writeFile(at('password'), 'another one\n');
    const changed = await holger('run');
    expect(changed.log).toBe('reload with\n');
    expect(changed.err.replaceAll(/\s+/g, ' ')).toContain(
      'web.p12 cannot be opened with its password',
    );
    expect(await keyIn('another one')).toBe('web');

    await writeFile(at('web.p12'), 'of another program');
    expect((await holger('run', 'web')).log).toBe('reload with\n');
    expect(await keyIn('another one')).toBe('web');
  });

  it('without its password: one error that names the file, and nothing is placed', async () => {
    await rm(at('password'));
    const { exit, err, log } = await holger('run');
    expect(log).toBe('');
    expect(err.match(/cannot read the\s+secret in file/g)).toHaveLength(1);
    expect(exit).toBe(2);
    await expect(stat(at('web.p12'))).rejects.toThrow();
  });
});
