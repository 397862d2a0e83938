// `holger serve` from the command line to the disk: certificates that are signed by their own keys
// need no network.
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { openServerAs } from '../../src/app/use-cases/serve.ts';
import { faultOf } from '../../src/app/world/document-shapes.ts';
import { systemClock } from '../../src/app/world/clock.ts';
import { runCli } from '../../src/cli/program.ts';
import { ask } from '../../src/engine/state/asked.ts';
import { createStore } from '../../src/store/keyv-store.ts';
import { temporaryFolder } from '../deploy/packages.ts';
import { inProcess } from './in-process.ts';

let folder: string;

const at = (name: string): string => join(folder, name);
const offline = (): Promise<never> => Promise.reject(new Error('not opened here'));

const certificate = (name: string, more = 'issuer = "own"'): string => `[[certificate]]
name = "${name}"
domains = ["${name}.example.org"]
dane = false
deploy = [{ type = "files", certificate = "${name}.pem", key = "${name}.key" }]
${more}
`;

const configure = (...certificates: readonly string[]): Promise<void> =>
  writeFile(
    at('config.toml'),
    `[state]
directory = "state"
[issuer.own]
type = "self-signed"
[issuer.other]
type = "files"
certificate = "other.pem"
key = "other.key"
${certificates.join('')}`,
    { mode: 0o600 },
  );

interface Served {
  readonly said: () => string;
  readonly signal: (name: 'SIGHUP' | 'SIGUSR1') => void;
  /** SIGTERM. @returns the exit status */
  readonly end: () => Promise<number>;
}

function serve(...flags: readonly string[]): Served {
  let said = '';
  const ending = new AbortController();
  const acts = new Map<string, () => void>();
  const openServer = openServerAs('1.2.3', (name, act) => acts.set(name, act), {});
  const ended = runCli(
    ['--config', at('config.toml'), ...flags, 'serve'],
    {
      version: '1.2.3',
      openServer: (context) => Promise.resolve(openServer(context)),
      ...{ openApp: offline, openChecker: offline, openWatcher: offline, openCaa: offline },
      ...{ openNotifiers: offline, openOthers: offline },
    },
    {
      out: (text) => (said += text),
      err: (text) => (said += text),
      drained: () => Promise.resolve(),
      terminal: false,
      now: () => Date.now() / 1000,
      signal: ending.signal,
    },
  );
  const end = (): Promise<number> => {
    ending.abort();
    return ended;
  };
  onTestFinished(() => end().then(() => undefined));
  return { said: () => said, signal: (name) => acts.get(name)?.(), end };
}

/** At the socket. */
function shownAt(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath: at('serve.sock'), path, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (more: string) => (text += more));
      response.on('end', () => resolve(text));
    });
    sent.on('error', reject);
    sent.end();
  });
}

/** A round begins 5 s after another one. */
const SOON = { timeout: 12_000, interval: 50 };

const holger = async (...argv: string[]) => {
  let out = '';
  const exit = await inProcess(
    ['--config', at('config.toml'), ...argv],
    (_, text) => (out += text),
  );
  return { exit, out };
};

beforeEach(async () => {
  folder = await temporaryFolder();
  await configure(certificate('web'));
});

describe('holger serve', { timeout: 30_000 }, () => {
  it('does what run does, says it once, and ends with 0 when it is asked to', async () => {
    const served = serve();
    await expect.poll(served.said, SOON).toMatch(/web: done: nothing is due before/);
    expect(existsSync(at('web.pem'))).toBe(true);
    const first = served.said();
    expect(first).toMatch(/web: issued generation 1/);
    served.signal('SIGUSR1');
    await rm(at('web.pem'));
    await expect.poll(served.said, SOON).toMatch(/deployed generation 1 again/);
    expect(await served.end()).toBe(0);
    expect(await holger('status', '--json')).toMatchObject({
      out: expect.stringContaining('"phase": "idle"'),
    });
  });

  it('reads the configuration again; a broken one changes nothing and is reported', async () => {
    const served = serve();
    await expect.poll(served.said, SOON).toMatch(/web: done/);
    await configure(certificate('web'), certificate('mail', 'issuer = "mistyped"'));
    served.signal('SIGHUP');
    await expect
      .poll(served.said, SOON)
      .toMatch(/the configuration cannot be used; the one before stays in use .*mistyped/);
    await rm(at('web.pem'));
    await expect.poll(() => existsSync(at('web.pem')), SOON).toBe(true);
    await configure(certificate('web'), certificate('mail'));
    served.signal('SIGHUP');
    await expect.poll(served.said, SOON).toMatch(/mail: done/);
    expect(served.said()).toContain('configuration read again certificates=2');
  });

  it('does not move to another state folder without a new start', async () => {
    const served = serve();
    await expect.poll(served.said, SOON).toMatch(/web: done/);
    const text = await readFile(at('config.toml'), 'utf8');
    await writeFile(at('config.toml'), text.replace('"state"', '"elsewhere"'));
    served.signal('SIGHUP');
    await expect.poll(served.said, SOON).toMatch(/\[state\] directory is another one now/);
    await rm(at('web.pem'));
    served.signal('SIGUSR1');
    await expect.poll(() => existsSync(at('web.pem')), SOON).toBe(true);
    expect(existsSync(at('elsewhere'))).toBe(false);
  });

  it('a second one is refused, and run works beside it', async () => {
    const served = serve();
    await expect.poll(served.said, SOON).toMatch(/web: done/);
    const second = serve();
    expect(await second.end()).toBe(5);
    expect(second.said()).toMatch(/another holger serve works with the state/);
    expect(await holger('run')).toMatchObject({ exit: 0 });
    await served.end();
    const third = serve();
    expect(await third.end()).toBe(0);
  });

  it('looks at what a hook has asked for', async () => {
    await configure(certificate('web'), certificate('taken', 'issuer = "other"'));
    const served = serve();
    await expect.poll(served.said, SOON).toMatch(/web: done/);
    for (const kind of ['pem', 'key']) {
      await writeFile(at(`other.${kind}`), await readFile(at(`web.${kind}`)), { mode: 0o600 });
    }
    const store = createStore({ directory: at('state'), clock: systemClock, faultOf });
    await ask('taken', 'certbot', { store, clock: systemClock });
    // What it finds there is a certificate for another name.
    await expect.poll(served.said, SOON).toMatch(/lacks\s+taken\.example\.org/);
  });

  it('shows over HTTP what status and history print', async () => {
    const text = await readFile(at('config.toml'), 'utf8');
    const listen = `[serve]\nlisten = "${at('serve.sock')}"\n[[certificate]]`;
    await writeFile(at('config.toml'), text.replace('[[certificate]]', listen));
    const served = serve();
    await expect.poll(served.said, SOON).toMatch(/web: done/);
    const shown = async (path: string) =>
      JSON.parse(await shownAt(path)) as { status: { phase: string }; events: unknown[] };
    await expect.poll(() => shownAt('/metrics'), SOON).toMatch(/holger_rounds_total.*done.* 1\n/);
    const { out } = await holger('--json', 'status');
    const printed = JSON.parse(out) as { certificates: unknown[] };
    expect((await shown('/api/v1/certificates/web')).status).toEqual(printed.certificates[0]);
    const past = JSON.parse((await holger('--json', 'history', 'web')).out) as unknown;
    expect(await shown('/api/v1/history/web')).toEqual(past);
    expect(await shownAt('/api/v1/certificates')).toMatch(/"certificate":"web","phase":"idle"/);
    expect(await shownAt('/?q=WEB')).toMatch(/<a href="\/certificates\/web">web<.*>idle</);
    const page = await shownAt('/certificates/web');
    expect(page).toMatch(/<li class="past">.*issued generation 1: valid until/);
    expect(page).toMatch(/<li class="future">.*nothing until the next renewal, <time/);
    expect(page.slice(page.indexOf('id="history"'))).toMatch(/issued generation 1/);
    expect(await shownAt('/healthz')).toBe('{"status":"ok"}');
    await configure(certificate('mail'));
    const other = await readFile(at('config.toml'), 'utf8');
    await writeFile(at('config.toml'), other.replace('[[certificate]]', listen));
    served.signal('SIGHUP');
    await expect.poll(() => shownAt('/api/v1/certificates'), SOON).toMatch(/"mail","phase":"idle"/);
    expect(await served.end()).toBe(0);
    expect(existsSync(at('serve.sock'))).toBe(false);
  });

  it('with --json prints one document a line', async () => {
    const served = serve('--json');
    await expect.poll(served.said, SOON).toMatch(/"event":"done"/);
    const lines = served.said().trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { event: string }).event)).toContain('issued');
  });
});
