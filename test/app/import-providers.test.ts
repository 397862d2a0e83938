// How another client writes its challenges becomes the provider of the configuration, and its
// secret a file of its own.
import { chmod, chown, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Imported } from '../../src/app/clients/found.ts';
import { problemsAround } from '../../src/app/use-cases/config-trial.ts';
import { importFrom } from '../../src/app/use-cases/import.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { ProviderConfig } from '../../src/config/providers.ts';
import { inProcess } from '../cli/in-process.ts';
import {
  accountKey,
  acmeShFolder,
  certbotFolder,
  dehydratedFolder,
  everything,
  put,
} from './import-folders.ts';

const SECRET = 'c2VjcmV0IG9mIGEgdGVzdCwgMzIgb2N0ZXRzIGxvbmc=';
const ACCOUNT = accountKey();
const TOKEN = 'a-token-of-cloudflare-0123456789';
let top: string;
let from: string;
let ini: string;

beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'holger-import-dns-'));
  onTestFinished(() => rm(top, { recursive: true, force: true }));
  from = join(top, 'client');
  ini = join(top, 'credentials.ini');
});

const configPath = (): string => join(top, 'etc/config.toml');
const secretPath = (): string => join(top, 'etc/provider-main.secret');

interface Taken {
  readonly provider: ProviderConfig | undefined;
  readonly notes: string;
  readonly configuration: string;
  readonly secretFile?: string;
}

async function take(client: Imported, dryRun = false): Promise<Taken> {
  const { notes, configuration, secretFile } = await importFrom({
    ...{ client, folder: from, keepsClient: false, dryRun, configPath: configPath() },
    ...{ stateDirectory: join(top, 'state'), serviceFiles: [] },
  });
  const provider = dryRun ? undefined : (await loadConfig(configPath())).providers[0];
  const rest = secretFile === undefined ? {} : { secretFile };
  return { provider, notes: notes.join('\n'), configuration, ...rest };
}

async function certbot(authenticator: string, credentials: string, name = 'mx1'): Promise<void> {
  await certbotFolder(from, accountKey().jwk);
  await put(ini, credentials);
  const file = join(from, `renewal/${name}.example.org.conf`);
  const key = `dns_${authenticator}_credentials`;
  await writeFile(file, `authenticator = dns-${authenticator}\n${key} = ${ini}\n`);
}

const UPDATE = `# BIND
dns_rfc2136_server = 192.0.2.53
dns_rfc2136_port = 5353 # a hidden primary
dns_rfc2136_name = keyname.
dns_rfc2136_secret = ${SECRET}
dns_rfc2136_algorithm = HMAC-SHA512
`;

async function acmeSh(method: string, account: string): Promise<void> {
  await acmeShFolder(from, ACCOUNT.pem);
  const file = join(from, 'mx1.example.org_ecc/mx1.example.org.conf');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace("'dns_nsupdate'", `'${method}'`));
  await writeFile(join(from, 'account.conf'), account);
}

const reference = (): object => ({ kind: 'file', file: secretPath() });

describe('the provider of certbot', () => {
  it('is taken over for DNS UPDATE, with its key in a file of mode 0600', async () => {
    await certbot('rfc2136', UPDATE);
    const before = await everything(from);
    const { provider, notes, configuration, secretFile } = await take('certbot');
    expect(provider).toMatchObject({
      type: 'rfc2136',
      options: { server: [{ host: '192.0.2.53', port: 5353 }], key_file: reference() },
    });
    expect(secretFile).toBe(secretPath());
    expect((await stat(secretPath())).mode & 0o777).toBe(0o600);
    expect(await readFile(secretPath(), 'utf8')).toContain(SECRET);
    expect(configuration + notes).not.toContain(SECRET);
    expect(notes).not.toContain('dns-rfc2136');
    expect(await everything(from)).toEqual(before);
    expect(await problemsAround(await loadConfig(configPath()))).toEqual([]);
  });

  it('is taken over for a token of Cloudflare', async () => {
    await certbot('cloudflare', `dns_cloudflare_api_token = ${TOKEN}\n`);
    const { provider, configuration } = await take('certbot');
    expect(provider).toMatchObject({ type: 'cloudflare', options: { token: reference() } });
    expect(await readFile(secretPath(), 'utf8')).toBe(`${TOKEN}\n`);
    expect(configuration).not.toContain(TOKEN);
    expect(await problemsAround(await loadConfig(configPath()))).toEqual([]);
  });

  it.each([
    ['an address of IPv6', 'server = 192.0.2.53', 'server = 2001:db8::53', '2001:db8::53'],
    ['a name', 'server = 192.0.2.53', 'server = ns1.example.org', 'ns1.example.org'],
  ])('may have %s', async (_what, written, other, host) => {
    await certbot('rfc2136', UPDATE.replace(written, other));
    const { provider } = await take('certbot');
    expect(provider?.options['server']).toEqual([{ host, port: 5353 }]);
  });

  it.each([
    ['a key of HMAC-MD5', UPDATE.replace('HMAC-SHA512', 'HMAC-MD5'), /its key \(holger takes/],
    ['a key without algorithm', UPDATE.replace(/.*algorithm.*\n/, ''), /its key \(holger takes/],
    ['a secret that is not base64', UPDATE.replace(SECRET, '%%%'), /its key \(holger takes/],
    ['a secret that ends its quotes', UPDATE.replace(SECRET, `x"; };key`), /its key is not usable/],
    ['no server', UPDATE.replace('192.0.2.53', ''), /its server is not usable/],
    [
      'a server that is not a name',
      UPDATE.replace('192.0.2.53', 'a b"]'),
      /its server is not usable/,
    ],
    ['a port that does not exist', UPDATE.replace('5353', '99999'), /its port is not usable/],
  ])('is left to a person with %s', async (_what, credentials, why) => {
    await certbot('rfc2136', credentials);
    const { provider, notes } = await take('certbot');
    expect(provider).toMatchObject({ type: 'manual' });
    expect(notes).toMatch(why);
    expect(notes).not.toContain(SECRET);
    await expect(stat(secretPath())).rejects.toThrow('ENOENT');
  });

  it('is left to a person if other users could have written the credentials', async () => {
    await certbot('rfc2136', UPDATE);
    await chmod(ini, 0o666);
    const { provider, notes } = await take('certbot');
    expect(provider).toMatchObject({ type: 'manual' });
    expect(notes).toMatch(/credentials\.ini is not read: every user may write/);
    await rm(configPath());
    await chmod(ini, 0o600);
    await chown(ini, 65_533, 0);
    expect((await take('certbot')).notes).toMatch(/is not read: .* belongs to user 65533/);
  });

  it.each([
    ['a global key of Cloudflare', 'cloudflare', 'dns_cloudflare_api_key = 0123456789abcdef\n'],
    ['a token with a line break', 'cloudflare', 'dns_cloudflare_api_token = "a\tb cdefgh"\n'],
    ['a plugin that holger does not know', 'linode', 'dns_linode_key = 0123456789abcdef\n'],
  ])('is left to a person with %s', async (_what, authenticator, credentials) => {
    await certbot(authenticator, credentials);
    const { provider, notes, configuration } = await take('certbot');
    expect(provider).toMatchObject({ type: 'manual' });
    expect(notes).toContain(`certbot proves its names with "dns-${authenticator}"`);
    expect(notes + configuration).not.toContain('0123456789abcdef');
  });

  it('is left to a person if certificates have different ones', async () => {
    await certbot('rfc2136', UPDATE);
    const conf = join(from, 'renewal/mx1.example.org.conf');
    await put(join(from, 'renewal/www.example.org.conf'), 'authenticator = webroot\n');
    const live = join(from, 'live/mx1.example.org/fullchain.pem');
    await put(join(from, 'live/www.example.org/fullchain.pem'), await readFile(live, 'utf8'));
    expect((await take('certbot')).provider).toMatchObject({ type: 'manual' });
    await rm(configPath());
    // Two certificates with the same one have it.
    await writeFile(join(from, 'renewal/www.example.org.conf'), await readFile(conf, 'utf8'));
    expect((await take('certbot')).provider).toMatchObject({ type: 'rfc2136' });
  });
});

describe('the provider of acme.sh', () => {
  it('is taken over for nsupdate, with the content of its key file', async () => {
    const key = join(top, 'update.key');
    await put(key, `key "acme" { algorithm hmac-sha256; secret "${SECRET}"; };\n`);
    await acmeSh(
      'dns_nsupdate',
      `SAVED_NSUPDATE_SERVER='ns1.example.org'\nSAVED_NSUPDATE_KEY='${key}'\n`,
    );
    const { provider } = await take('acme.sh');
    expect(provider).toMatchObject({
      type: 'rfc2136',
      options: { server: [{ host: 'ns1.example.org', port: 53 }], key_file: reference() },
    });
    expect(await readFile(secretPath(), 'utf8')).toBe(await readFile(key, 'utf8'));
    expect(await problemsAround(await loadConfig(configPath()))).not.toContainEqual(
      expect.stringContaining('main'),
    );
  });

  it('is taken over for a token of Cloudflare, of the account or of one domain', async () => {
    await acmeSh('dns_cf,dns_cf', `SAVED_CF_Token='${TOKEN}'\n`);
    expect((await take('acme.sh')).provider).toMatchObject({ type: 'cloudflare' });
    await rm(join(top, 'etc'), { recursive: true });
    await acmeSh('dns_cf', "SAVED_CF_Key='0123456789abcdef'\nSAVED_CF_Email='a@example.org'\n");
    const file = join(from, 'mx1.example.org_ecc/mx1.example.org.conf');
    expect((await take('acme.sh')).notes).toContain('a global API key is not enough');
    await rm(configPath());
    await writeFile(file, `${await readFile(file, 'utf8')}CF_Token='${TOKEN}-2'\n`);
    expect((await take('acme.sh')).provider).toMatchObject({ type: 'cloudflare' });
    expect(await readFile(secretPath(), 'utf8')).toBe(`${TOKEN}-2\n`);
  });

  it('is left to a person where it is not one of these, or names no key', async () => {
    await acmeSh('dns_nsupdate', "SAVED_NSUPDATE_SERVER='ns1.example.org'\n");
    const { provider, notes } = await take('acme.sh');
    expect(provider).toMatchObject({ type: 'manual' });
    expect(notes).toContain('the key file in NSUPDATE_KEY is not usable');
    for (const method of ['dns_cf,dns_nsupdate', '/var/www/html', 'dns_constructor']) {
      await rm(configPath());
      await acmeSh(method, `SAVED_CF_Token='${TOKEN}'\n`);
      expect((await take('acme.sh')).provider).toMatchObject({ type: 'manual' });
    }
  });
});

describe('the secret of the provider', () => {
  it('is in no output, and nothing is written in a dry run', async () => {
    await certbot('rfc2136', UPDATE);
    const named = ['--config', configPath(), '--state', join(top, 'state')];
    const said: string[] = [];
    const say = (_stream: string, text: string): void => void said.push(text);
    await inProcess([...named, 'import', 'certbot', from, '--dry-run'], say);
    await expect(stat(secretPath())).rejects.toThrow('ENOENT');
    const plain = said.join('').replaceAll(/\s+/g, ' ');
    expect(plain).toContain(`would store the secret of the provider in ${secretPath()}`);
    expect(plain).toContain('providers test main');
    await inProcess([...named, '--json', 'import', 'certbot', from], say);
    expect(JSON.parse(said.at(-1) ?? '')).toMatchObject({ secretFile: secretPath() });
    expect(said.join('')).not.toContain(SECRET);
  });

  it('replaces no file, and then nothing is written', async () => {
    await certbot('rfc2136', UPDATE);
    await put(secretPath(), 'mine\n');
    await expect(take('certbot')).rejects.toThrow(/provider-main\.secret already exists/);
    expect(await readFile(secretPath(), 'utf8')).toBe('mine\n');
    await expect(stat(configPath())).rejects.toThrow('ENOENT');
    await expect(stat(join(top, 'state'))).rejects.toThrow('ENOENT');
  });

  it('is readable for the group of the folder, where root writes for another user', async () => {
    await certbot('cloudflare', `dns_cloudflare_api_token = ${TOKEN}\n`);
    await put(join(top, 'etc/other'), '');
    await chown(join(top, 'etc'), 0, 65_533);
    await chmod(join(top, 'etc'), 0o750);
    await take('certbot');
    const { mode, gid } = await stat(secretPath());
    expect([mode & 0o777, gid]).toEqual([0o640, 65_533]);
  });

  it('does not exist for dehydrated, whose hook is a program', async () => {
    await dehydratedFolder(from, accountKey().pem);
    const { provider, secretFile } = await take('dehydrated');
    expect(provider).toMatchObject({ type: 'manual' });
    expect(secretFile).toBeUndefined();
  });
});
