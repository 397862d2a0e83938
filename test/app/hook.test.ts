// What another client says to its hook, and what becomes of it.
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { reportedBy } from '../../src/app/clients/reported.ts';
import { hook } from '../../src/app/use-cases/hook.ts';
import { faultOf } from '../../src/app/world/document-shapes.ts';
import { parseConfig } from '../../src/config/load.ts';
import { askedKey } from '../../src/engine/state/asked.ts';
import { createStore } from '../../src/store/keyv-store.ts';
import { inProcess } from '../cli/in-process.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holger-hook-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
});

const text = (): string => `[state]
directory = "${folder}/state"
[provider.main]
type = "manual"
[[zone]]
name = "example.org"
provider = "main"
[issuer.certbot]
type = "files"
lineage = "${folder}/letsencrypt/live/{name}"
[[certificate]]
name = "mx1"
domains = ["mx1.example.org"]
issuer = "certbot"
[[certificate]]
name = "web"
domains = ["www.example.org", "example.org"]
issuer = "certbot"
[[certificate]]
name = "own"
domains = ["own.example.org"]
`;
const config = () => parseConfig(text(), join(folder, 'config.toml'));
const ask = (env: Record<string, string>, ...args: string[]) =>
  hook({ config: config(), client: 'certbot', args }, env);
const store = () =>
  createStore({
    directory: join(folder, 'state'),
    clock: { now: () => 0, sleep: () => Promise.resolve() },
    faultOf,
  });

describe('a hook of certbot', () => {
  it('asks for a look at the certificate of the lineage that was renewed, and no other', async () => {
    const lineage = join(folder, 'letsencrypt/live/web');
    const report = await ask({ RENEWED_LINEAGE: lineage, RENEWED_DOMAINS: 'www.example.org' });
    expect(report).toEqual({ asked: ['web'], doubts: [] });
    expect((await store().read(askedKey('web')))?.value).toMatchObject({ by: 'certbot' });
    expect(await store().read(askedKey('mx1'))).toBeUndefined();
  });

  it('counts each time that it asks', async () => {
    for (const revision of [1, 2]) {
      await ask({ RENEWED_LINEAGE: join(folder, 'letsencrypt/live/web') });
      expect((await store().read(askedKey('web')))?.revision).toBe(revision);
    }
  });

  it('finds the lineage through a link, and else by the names', async () => {
    await mkdir(join(folder, 'real/live/mx1'), { recursive: true });
    await symlink(join(folder, 'real'), join(folder, 'letsencrypt'));
    expect(await ask({ RENEWED_LINEAGE: join(folder, 'real/live/mx1') })).toMatchObject({
      asked: ['mx1'],
    });
    expect(
      await ask({ RENEWED_LINEAGE: '/elsewhere', RENEWED_DOMAINS: 'a.test example.org' }),
    ).toMatchObject({ asked: ['web'] });
  });

  it('says that nothing takes what was renewed, and looks at all when it is told nothing', async () => {
    expect(await ask({ RENEWED_LINEAGE: '/etc/letsencrypt/live/other' })).toEqual({
      asked: [],
      doubts: [
        'no certificate takes key and chain from what certbot has renewed: /etc/letsencrypt/live/other/fullchain.pem',
      ],
    });
    expect(await ask({})).toEqual({ asked: ['mx1', 'web'], doubts: [] });
  });
});

describe('what a hook is told', () => {
  it('is checked: paths are absolute, names are names, lists end', () => {
    expect(
      reportedBy('certbot', [], { RENEWED_LINEAGE: '../x', RENEWED_DOMAINS: 'a.test $(x)' }),
    ).toEqual({
      files: [],
      domains: ['a.test'],
      doubts: [
        'RENEWED_LINEAGE is not an absolute path: ../x/fullchain.pem: it is ignored',
        'RENEWED_DOMAINS has what is not a domain name: a.test $(x)',
      ],
    });
    const endless = reportedBy('certbot', [], {
      RENEWED_LINEAGE: `/${'a'.repeat(5000)}`,
      RENEWED_DOMAINS: 'a.test '.repeat(20_000),
    });
    expect(endless?.files).toEqual([]);
    expect(endless?.domains).toHaveLength(1000);
    expect(reportedBy('lego', [], { LEGO_CERT_PATH: '/a\u001b[31m' })?.doubts).toEqual([
      'LEGO_CERT_PATH has control characters: it is ignored',
    ]);
  });

  it('is in the variables and arguments of each client', () => {
    const files = (...given: Parameters<typeof reportedBy>) => reportedBy(...given)?.files;
    expect(files('lego', [], { LEGO_CERT_PATH: '/l/a.crt' })).toEqual(['/l/a.crt']);
    expect(files('lego', [], { LEGO_HOOK_CERT_PATH: '/l/a.crt' })).toEqual(['/l/a.crt']);
    expect(files('acme.sh', [], { CERT_KEY_PATH: '/a/a.key' })).toEqual(['/a/a.key']);
    expect(files('acme.sh', ['a.test', '/k', '/c', '/ca', '/f'], {})).toEqual(['/k', '/c', '/f']);
    const args = ['deploy_cert', 'a.test', '/k', '/c', '/f', '/ch', '170'];
    expect(reportedBy('dehydrated', args, {})).toMatchObject({
      files: ['/k', '/f'],
      domains: ['a.test'],
    });
    expect(reportedBy('dehydrated', ['deploy_challenge', 'a.test', 'x', 'y'], {})).toBeUndefined();
  });
});

describe('holger hook', () => {
  const run = async (...argv: string[]) => {
    let err = '';
    const exit = await inProcess(
      ['--config', join(folder, 'config.toml'), 'hook', ...argv],
      (stream, said) => (err += stream === 'err' ? said : ''),
    );
    return { exit, err };
  };

  it('says what the next run looks at, and ends with 0', async () => {
    await writeFile(join(folder, 'config.toml'), text(), { mode: 0o640 });
    expect(await run('certbot', '--deploy')).toEqual({
      exit: 0,
      err: 'holger: the next run looks at mx1, web\n',
    });
    expect(await run('dehydrated', 'clean_challenge', 'a', 'b', 'c')).toEqual({ exit: 0, err: '' });
  });

  it('never fails: not for an unknown client, a missing configuration or a state it may not write', async () => {
    expect(await run('certbott')).toMatchObject({
      exit: 0,
      err: expect.stringMatching(/knows no client "certbott"/),
    });
    expect(await run('certbot')).toMatchObject({
      exit: 0,
      err: expect.stringMatching(/there is no configuration at/),
    });
    await writeFile(join(folder, 'config.toml'), text(), { mode: 0o640 });
    await writeFile(join(folder, 'state'), 'a file');
    expect(await run('certbot')).toMatchObject({
      exit: 0,
      err: expect.stringMatching(/the next run compares the files by itself/),
    });
  });
});
