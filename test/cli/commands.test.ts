// What commands print and how they end, in this process; transcripts show the same as text.
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { associationData } from '../../src/dane/association.ts';
import { chainFromPem } from '../../src/x509/chain.ts';
import { issue, NOW } from '../support/ca.ts';
import { withEveryOption } from '../support/every-option.ts';
import { inProcess } from './in-process.ts';

let folder: string;
let chainFile: string;
let rootFile: string;
let data: readonly string[];

interface Ran {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

async function holger(...args: readonly string[]): Promise<Ran> {
  const said = { out: '', err: '' };
  const exit = await inProcess(args, (stream, text) => (said[stream] += text));
  return { exit, ...said };
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'holger-commands-'));
  const root = await issue({ name: 'Root', ca: true });
  const middle = await issue({ name: 'Middle', ca: true, issuer: root });
  const leaf = await issue({ dns: ['mx1.example.org'], issuer: middle });
  chainFile = path.join(folder, 'chain.pem');
  rootFile = path.join(folder, 'root.pem');
  await writeFile(chainFile, leaf.pem + middle.pem);
  await writeFile(rootFile, root.pem);
  const { certificates } = chainFromPem(leaf.pem + middle.pem);
  data = certificates.map((certificate) => associationData(certificate, 1, 1) ?? '');
});
afterAll(() => rm(folder, { recursive: true }));

const AT = new Date(NOW * 1000).toISOString();
const verify = (...args: readonly string[]): Promise<Ran> =>
  holger('tlsa', 'verify', '--chain', chainFile, '--host', 'mx1.example.org', '--at', AT, ...args);

describe('the command line', () => {
  it.each([
    ['--help'],
    ['run', '--help'],
    ['issue', '--help'],
    ['tlsa', 'verify', '--help'],
    ['tlsa', 'create', '--help'],
    ['check', '--help'],
  ])('prints help for %s %s within 80 columns', async (...args) => {
    const { exit, out } = await holger(...args);
    expect(exit).toBe(0);
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it.each([
    [[], /Usage: holger/],
    [['rnu'], /^holger: error: unknown command 'rnu'\nholger: hint: did you mean run/i],
    [['run', '--foo'], /^holger: error: unknown option '--foo'\nholger: hint: /],
    [['run', '--config', '/nowhere/x.toml'], /^holger: error: there is no configuration at/],
    [['tlsa', 'verify', '--host', 'x', '--chain', 'y'], /--record/],
    [['tlsa', 'create'], /--cert/],
  ])('ends with 2 and a hint for %j', async (args, expected) => {
    const { exit, out, err } = await holger(...args);
    expect({ exit, out }).toEqual({ exit: 2, out: '' });
    expect(err).toMatch(expected);
  });

  it('prints errors as JSON when asked', async () => {
    const { exit, out } = await holger('run', '--json', '--config', '/nowhere/x.toml');
    expect(exit).toBe(2);
    expect(JSON.parse(out)).toMatchObject({
      event: 'error',
      error: { code: 'CONFIG_INVALID', hint: expect.stringContaining('holger init') as string },
    });
  });
});

describe('init and config check', () => {
  it('write a valid file that its group may read, print what is missing, and never write twice', async () => {
    const directory = path.join(folder, 'etc');
    const first = await holger('init', '--directory', directory);
    expect(first.exit).toBe(0);
    expect(first.out).toMatch(/still missing:[\s\S]*tsig\.key[\s\S]*certificate/);
    const file = path.join(directory, 'config.toml');
    expect((await stat(file)).mode & 0o777).toBe(0o640);
    const early = await holger('config', 'check', '--config', file);
    expect(early).toMatchObject({ exit: 2, err: expect.stringContaining('tsig.key') as string });
    const key = path.join(directory, 'tsig.key');
    await writeFile(key, 'c2VjcmV0\n', { mode: 0o644 });
    const wide = await holger('config', 'check', '--config', file);
    expect(wide).toMatchObject({ exit: 2, err: expect.stringContaining('chmod 0640') as string });
    await chmod(key, 0o600);
    expect(await holger('config', 'check', '--config', file)).toMatchObject({ exit: 0 });
    await writeFile(file, '# mine\n');
    expect(await holger('init', '--directory', directory)).toMatchObject({ exit: 2, out: '' });
    expect(await readFile(file, 'utf8')).toBe('# mine\n');
  });

  it('write the file that --config names, and not two at once', async () => {
    const file = path.join(folder, 'other', 'mail.toml');
    expect(await holger('init', '--config', file)).toMatchObject({ exit: 0 });
    expect(await readFile(file, 'utf8')).toContain(path.join(folder, 'other', 'tsig.key'));
    const both = await holger('init', '--config', file, '--directory', folder);
    expect(both).toMatchObject({ exit: 2, err: expect.stringContaining('leave one') as string });
  });

  it('leave a template whose commented certificate is valid too', async () => {
    const directory = path.join(folder, 'etc2');
    await holger('init', '--directory', directory);
    const file = path.join(directory, 'config.toml');
    const text = withEveryOption(await readFile(file, 'utf8'));
    // A machine without Postfix has neither the folder nor the commands.
    const here = text
      .replaceAll('/etc/postfix/tls', directory)
      .replace(/owner = .*?, mode/, 'mode')
      .replaceAll(/\["(systemctl|\/usr\/local\/sbin)[^\]]*\]/g, '["true"]');
    await writeFile(file, here);
    await writeFile(path.join(directory, 'tsig.key'), 'c2VjcmV0\n', { mode: 0o600 });
    expect(await holger('config', 'check', '--config', file)).toMatchObject({ exit: 0, err: '' });
  });

  it('report every problem, one per line, or as a list', async () => {
    const file = path.join(folder, 'bad.toml');
    await writeFile(file, '[acme]\nemial = "a"\n[[certificate]]\nname = "x"\ndomains = 1\n');
    const { exit, err } = await holger('config', 'check', '--config', file);
    expect(exit).toBe(2);
    expect(err.match(/^holger: error: .*bad\.toml:\d+: /gm)).toHaveLength(2);
    const json = await holger('config', 'check', '--config', file, '--json');
    expect(json.exit).toBe(2);
    const { schema, valid, problems } = JSON.parse(json.out) as Record<string, unknown>;
    expect({ schema, valid }).toEqual({ schema: 1, valid: false });
    expect(problems).toHaveLength(2);
  });

  it('check that the PKIX store can be used', async () => {
    const file = path.join(folder, 'pkix.toml');
    const pem = path.join(folder, 'store.pem');
    await writeFile(file, '[pkix]\nca_file = "store.pem"\n');
    for (const text of [undefined, '']) {
      if (text !== undefined) await writeFile(pem, text);
      const { exit, err } = await holger('config', 'check', '--config', file);
      expect(exit).toBe(2);
      expect(err.match(/^holger: error: /gm)).toHaveLength(1);
      expect(err).toContain(`cannot use pkix.ca_file ${pem}:`);
    }
    await writeFile(pem, await readFile(rootFile));
    expect(await holger('config', 'check', '--config', file)).toMatchObject({ exit: 0, err: '' });
  });
});

describe('tlsa create', () => {
  const create = (...args: readonly string[]): Promise<Ran> =>
    holger('tlsa', 'create', '--cert', chainFile, ...args);

  it('prints 3 1 1 data by default', async () => {
    expect(await create()).toEqual({ exit: 0, out: `3 1 1 ${data[0]}\n`, err: '' });
  });

  it('prints zone lines, nsupdate commands, generic records and JSON', async () => {
    const owner = ['--owner', '_25._tcp.mx1.example.org', '--ttl', '1h'];
    const name = '_25._tcp.mx1.example.org. 3600';
    expect((await create(...owner)).out).toBe(`${name} IN TLSA 3 1 1 ${data[0]}\n`);
    expect((await create(...owner, '--format', 'generic')).out).toBe(
      `${name} IN TYPE52 \\# 35 030101${data[0]}\n`,
    );
    expect((await create(...owner, '--format', 'nsupdate')).out).toContain(`update add ${name}`);
    const usage2 = ['--usage', 'DANE-TA', '--selector', '1', '--matching-type', '1'];
    const { out } = await create(...owner, ...usage2, '--json');
    expect(JSON.parse(out)).toMatchObject({ schema: 1, records: [{ usage: 2, data: data[1] }] });
  });

  it.each([
    [['--usage', '4']],
    [['--format', 'xml']],
    [['--ttl', 'long']],
    [['--format', 'nsupdate']],
  ])('refuses %j', async (args) => {
    expect(await create(...args)).toMatchObject({ exit: 2, out: '' });
  });
});

describe('tlsa verify', () => {
  it('accepts, and prints which record matched which certificate at which depth', async () => {
    const zeros = '0'.repeat(64);
    const { exit, out } = await verify(
      '--record',
      `3 1 1 ${zeros}`,
      '--record',
      `2 1 1 ${data[1]}`,
    );
    expect(exit).toBe(0);
    expect(out).toMatch(/^accepted/);
    expect(out).toMatch(/2 1 1 .*matches certificate 1 of the chain at depth 1\s+\(CN=Middle\)/);
    expect(out).toMatch(/3 1 1 .*no match: it names another leaf/);
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('refuses a mismatch and records that no client can use, and JSON says which', async () => {
    const mismatch = await verify('--record', `3 1 1 ${'0'.repeat(64)}`, '--json');
    expect(mismatch.exit).toBe(1);
    expect(JSON.parse(mismatch.out)).toMatchObject({ accepted: false, verdict: 'mismatch' });
    const unusable = await verify('--record', '3 1 1 abcd', '--json');
    expect(unusable.exit).toBe(1);
    expect(JSON.parse(unusable.out)).toMatchObject({ accepted: false, verdict: 'all-unusable' });
  });

  it('takes zone file lines, and judges names and dates for usage 2 only', async () => {
    const line = `_25._tcp.mx1.example.org. 3600 IN TLSA 2 1 1 ${data[1]}`;
    expect((await verify('--record', line)).exit).toBe(0);
    expect((await verify('--record', line, '--host', 'mx2.example.org')).exit).toBe(1);
    expect((await verify('--record', line, '--at', '2040-01-01T00:00:00Z')).exit).toBe(1);
    const own = ['--record', `3 1 1 ${data[0]}`, '--at', '2040-01-01T00:00:00Z'];
    expect((await verify(...own, '--host', 'mx2.example.org')).exit).toBe(0);
  });

  it('needs a trust store for usages 0 and 1, which have no effect with SMTP', async () => {
    const pkix = ['--record', `1 1 1 ${data[0]}`];
    expect((await verify(...pkix)).exit).toBe(1);
    expect((await verify(...pkix, '--ca', rootFile)).exit).toBe(0);
    expect((await verify('--record', `0 1 1 ${data[1]}`, '--ca', rootFile)).exit).toBe(0);
    expect((await verify(...pkix, '--ca', rootFile, '--protocol', 'smtp')).exit).toBe(1);
    const stranger = path.join(folder, 'stranger.pem');
    await writeFile(stranger, (await issue({ name: 'Root', ca: true })).pem);
    expect((await verify(...pkix, '--ca', stranger)).exit).toBe(1);
  });

  it.each([
    [['--record', 'nonsense']],
    [['--record', '3 1 1 00', '--protocol', 'gopher']],
    [['--record', '3 1 1 00', '--at', 'noon']],
    [['--record', '3 1 1 00', '--ca', '/nowhere.pem']],
  ])('refuses %j', async (args) => {
    expect(await verify(...args)).toMatchObject({ exit: 2, out: '' });
  });
});
