// `holger history`, and what the commands that change something leave in it.
import { appendFile, chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { recording } from '../../src/app/world/history.ts';
import { silentLogger } from '../../src/base/log.ts';
import { AppError } from '../../src/base/errors.ts';
import type { Event } from '../../src/engine/events.ts';
import { temporaryFolder } from '../deploy/packages.ts';
import { NOW } from '../support/ca.ts';
import { inProcess } from './in-process.ts';

let folder: string;

const at = (name: string): string => join(folder, name);
const file = (name: string): string => at(`state/history/${name}.ndjson`);

const configure = (name: string): Promise<void> =>
  writeFile(
    at('config.toml'),
    `[state]
directory = "state"
[issuer.own]
type = "self-signed"
[[certificate]]
name = "${name}"
domains = ["web.example.org"]
issuer = "own"
dane = false
deploy = [{ type = "files", certificate = "web.pem", key = "web.key" }]
`,
    { mode: 0o600 },
  );

beforeEach(async () => {
  folder = await temporaryFolder();
  await configure('web');
});

async function holger(...argv: string[]) {
  const said = { out: '', err: '' };
  const exit = await inProcess(['--config', at('config.toml'), ...argv], (stream, text) => {
    said[stream] += text;
  });
  return { exit, ...said };
}

interface Document {
  readonly schema: number;
  readonly certificate: string;
  readonly events: readonly { readonly event: string; readonly at: string }[];
}
const events = async (name = 'web'): Promise<string[]> => {
  const { out } = await holger('--json', 'history', name);
  return (JSON.parse(out) as Document).events.map(({ event }) => event);
};

const ISSUED = ['key-created', 'ordered', 'issued', 'deploying', 'deployed', 'proven', 'done'];

describe('holger history', () => {
  it('has what a run did, within 80 columns, and nothing of a dry run', async () => {
    await holger('run', '--dry-run');
    expect(await holger('history', 'web')).toEqual({
      exit: 0,
      out: 'nothing has happened to web yet\n',
      err: '',
    });
    await holger('run');
    const { exit, out } = await holger('history', 'web');
    expect(exit).toBe(0);
    expect(out).toMatch(/^\d{4}-\d\d-\d\d\n\d\d:\d\d:\d\dZ ordered at/);
    expect(out).toMatch(/issued generation 1: valid until/);
    expect(out).not.toMatch(/new ec-p256 key/);
    expect(out.split('\n').filter((line) => line.length > 80 && !line.includes('/'))).toEqual([]);
    expect((await holger('-v', 'history', 'web')).out).toMatch(/new ec-p256 key/);
  });

  it('has each event once, however often holger runs', async () => {
    await holger('run');
    await holger('run');
    await holger('run', 'web');
    expect(await events()).toEqual(ISSUED);
    await rm(at('web.pem'));
    await holger('run');
    expect((await events()).slice(ISSUED.length)).toEqual([
      ...['repaired', 'deployed', 'proven', 'done'],
    ]);
  });

  it('has nothing of a dry run that finds it blocked', async () => {
    const text = await readFile(at('config.toml'), 'utf8');
    const files = `type = "files"\ncertificate = "${at('a.pem')}"\nkey = "${at('a.key')}"`;
    await writeFile(at('config.toml'), text.replace('type = "self-signed"', files));
    expect(await holger('run', '--dry-run')).toMatchObject({ exit: 4 });
    expect(await events()).toEqual([]);
    await holger('run');
    expect(await events()).toEqual(['blocked']);
  });

  it('goes with a certificate that is renamed', async () => {
    await holger('run');
    await configure('mail');
    expect(await holger('rename', 'web', 'mail')).toMatchObject({ exit: 0 });
    expect((await events('mail')).slice(0, ISSUED.length + 1)).toEqual([...ISSUED, 'renamed']);
  });

  it('skips damaged lines, and shows at least the kind of what it does not know', async () => {
    await holger('run');
    const later = { event: 'of-a-later-version', at: NOW, certificate: 'web' };
    const wrong = { event: 'waiting', at: NOW, certificate: 'web', reasons: 7 };
    const lines = [later, wrong].map((it) => JSON.stringify(it));
    await appendFile(file('web'), `{"event":\n${lines.join('\n')}\n{"at":1`);
    expect((await events()).slice(ISSUED.length)).toEqual(['of-a-later-version', 'waiting']);
    const { out } = await holger('history', 'web');
    expect(out).toMatch(/Z of-a-later-version\n/);
    expect(out).toMatch(/Z waiting\n/);
  });

  it('of an unknown name is an error with the known ones', async () => {
    const { exit, err } = await holger('history', 'wbe');
    expect(exit).toBe(2);
    expect(err).toMatch(/nothing is known of a certificate "wbe"[^]*known are: web/);
  });

  it('that cannot be written changes no result of a run, and is mentioned once', async () => {
    await mkdir(file('web'), { recursive: true, mode: 0o700 });
    await chmod(at('state'), 0o700);
    const { exit, err } = await holger('run');
    expect(exit).toBe(0);
    expect(err.match(/history not stored/g)).toHaveLength(1);
  });
});

describe('recording', () => {
  it('passes each event on, and keeps what is news to this process and to the one before', () => {
    const kept: Event[] = [];
    const told: Event[] = [];
    const waiting: Event = {
      ...{ event: 'waiting', certificate: 'a', at: NOW, until: NOW, known: true },
      reasons: [{ rule: 'cached-nowhere', because: 'caches' }],
    };
    const history = {
      append: (_: string, entry: unknown) => void kept.push(entry as Event),
      last: (name: string) => (name === 'a' ? waiting : undefined),
      read: () => [],
    };
    const emit = recording((event) => told.push(event), history, silentLogger);
    const others = { ...waiting, certificate: 'b' };
    for (const event of [waiting, others, others]) emit(event);
    emit({ event: 'commands-planned', certificate: '', at: NOW });
    expect(told).toHaveLength(4);
    expect(kept).toEqual([others]);
  });

  it('that fails is a warning', () => {
    const warnings: string[] = [];
    const history = {
      append: () => {
        throw new AppError('STORE_FAILED', 'no space');
      },
      last: () => undefined,
      read: () => [],
    };
    const log = { ...silentLogger, warn: (message: string) => void warnings.push(message) };
    const emit = recording(() => undefined, history, log);
    const deployed: Event = { event: 'deployed', certificate: 'a', at: NOW, generation: 1 };
    emit(deployed);
    emit(deployed);
    expect(warnings).toEqual(['history not stored']);
  });
});
