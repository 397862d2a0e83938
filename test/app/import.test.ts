// What is taken over from the folder of another client, and that it stays as it is.
import { chmod, chown, mkdtemp, readFile, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Imported } from '../../src/app/clients/found.ts';
import { importFrom } from '../../src/app/use-cases/import.ts';
import { loadConfig } from '../../src/config/load.ts';
import { accountKeyPath, createAccountFiles } from '../../src/store/account-files.ts';
import { inProcess } from '../cli/in-process.ts';
import {
  accountKey,
  acmeShFolder,
  certbotFolder,
  dehydratedFolder,
  everything,
  LE,
  legoFolder,
  put,
} from './import-folders.ts';

let top: string;
let from: string;

beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'holger-import-'));
  onTestFinished(() => rm(top, { recursive: true, force: true }));
  from = join(top, 'client');
});

const paths = () => ({
  configPath: join(top, 'etc/config.toml'),
  stateDirectory: join(top, 'state'),
  serviceFiles: [join(top, 'postfix/main.cf'), join(top, 'dovecot/conf.d')],
});
const take = (client: Imported, given: { keepsClient?: boolean; dryRun?: boolean } = {}) =>
  importFrom({ client, folder: from, keepsClient: false, dryRun: false, ...paths(), ...given });
const storedKey = (directory: string) =>
  readFile(accountKeyPath(join(top, 'state'), directory), 'utf8');

describe('import certbot', () => {
  it('takes account, certificate and hooks over, and changes nothing that it reads', async () => {
    const { pem, jwk } = accountKey();
    await certbotFolder(from, jwk);
    const before = await everything(from);
    const report = await take('certbot');
    expect(await everything(from)).toEqual(before);
    const config = await loadConfig(paths().configPath);
    const live = `${from}/live/mx1.example.org`;
    expect(config.acme.directory).toBe(LE);
    expect(config.certificates).toMatchObject([
      {
        name: 'mx1.example.org',
        domains: ['mx1.example.org', 'mail.example.org'],
        issuer: ['acme'],
        strategy: 'reuse-key',
        deploy: [
          { type: 'files', directory: join(top, 'state/deployed/mx1.example.org') },
          { compatible: 'certbot', command: [`${from}/renewal-hooks/deploy/10-copy`] },
          { compatible: 'certbot', command: ['/bin/sh', '-c', 'systemctl reload "postfix"'] },
        ],
      },
    ]);
    expect(report.certificates[0]?.found).toMatchObject({
      key: `${live}/privkey.pem`,
      certificate: `${live}/fullchain.pem`,
      stop: `put autorenew = False into ${from}/renewal/mx1.example.org.conf, under [renewalparams]`,
    });
    expect(await storedKey(LE)).toBe(pem);
    expect(await createAccountFiles(join(top, 'state')).read(LE)).toMatchObject({
      url: 'https://acme-v02.api.letsencrypt.org/acme/acct/1',
    });
    expect((await stat(accountKeyPath(join(top, 'state'), LE))).mode & 0o777).toBe(0o600);
    expect(report.configuration).not.toContain(pem.split('\n')[1]);
  });

  it('leaves the renewal with certbot if it is to stay, and takes its files', async () => {
    await certbotFolder(from, accountKey().jwk);
    const { accounts } = await take('certbot', { keepsClient: true });
    const config = await loadConfig(paths().configPath);
    expect(config.issuer['certbot']).toMatchObject({ lineage: `${from}/live/{name}` });
    expect(config.certificates[0]).toMatchObject({ issuer: ['certbot'] });
    expect(accounts).toEqual([]);
    await expect(stat(join(top, 'state/accounts'))).rejects.toThrow('ENOENT');
  });

  it('says which lines of Postfix and Dovecot to change', async () => {
    await certbotFolder(from, accountKey().jwk);
    const live = `${from}/live/mx1.example.org`;
    await put(
      join(top, 'postfix/main.cf'),
      `# ${live}/privkey.pem\nsmtpd_tls_chain_files = ${live}/privkey.pem, ${live}/fullchain.pem\n`,
    );
    await put(
      join(top, 'dovecot/conf.d/10-ssl.conf'),
      `ssl_cert = <${live}/fullchain.pem\nssl = yes\n`,
    );
    const deployed = join(top, 'state/deployed/mx1.example.org');
    expect((await take('certbot', { dryRun: true })).changes).toEqual([
      {
        file: join(top, 'postfix/main.cf'),
        line: 2,
        from: `smtpd_tls_chain_files = ${live}/privkey.pem, ${live}/fullchain.pem`,
        to: `smtpd_tls_chain_files = ${deployed}/privkey.pem, ${deployed}/fullchain.pem`,
      },
      {
        file: join(top, 'dovecot/conf.d/10-ssl.conf'),
        line: 1,
        from: `ssl_cert = <${live}/fullchain.pem`,
        to: `ssl_cert = <${deployed}/fullchain.pem`,
      },
    ]);
  });

  it('writes nothing with dryRun, and never over a configuration', async () => {
    await certbotFolder(from, accountKey().jwk);
    const { configuration } = await take('certbot', { dryRun: true });
    expect(configuration).toContain('name = "mx1.example.org"');
    await expect(stat(join(top, 'state'))).rejects.toThrow('ENOENT');
    await put(paths().configPath, 'mine\n');
    await expect(take('certbot')).rejects.toThrow(/already exists, and nothing was changed/);
    await expect(stat(join(top, 'state'))).rejects.toThrow('ENOENT');
  });
});

describe('import alnitak', () => {
  it('finds the services of the TLSA records that it names', async () => {
    await certbotFolder(join(top, 'letsencrypt'), accountKey().jwk);
    await put(
      join(from, 'alnitak.conf'),
      `letsencrypt_directory = ${top}/letsencrypt
[ mx1.example.org ]
tlsa = 311 25
tlsa = 201 25
tlsa = 311 443 mail.example.org
tlsa = 311 70000
[ other.example.org ]
tlsa = 311 25
`,
    );
    const { configuration, notes } = await take('alnitak');
    expect(configuration).toContain(
      'services = ["smtp://mx1.example.org:25", "https://mail.example.org:443"]',
    );
    expect(notes.join('\n')).toContain('not taken over: tlsa = 311 70000');
    expect(notes.join('\n')).toContain('[other.example.org] is not a certificate of certbot');
  });
});

describe('import of the others', () => {
  it('takes the folder of acme.sh over', async () => {
    const { pem } = accountKey();
    await acmeShFolder(from, pem);
    const before = await everything(from);
    const { notes } = await take('acme.sh');
    expect(await everything(from)).toEqual(before);
    const config = await loadConfig(paths().configPath);
    expect(config.acme).toMatchObject({
      directory: 'https://acme.zerossl.com/v2/DV90',
      email: 'ca@example.org',
    });
    const conf = `${from}/mx1.example.org_ecc/mx1.example.org.conf`;
    expect(config.certificates[0]).toMatchObject({
      domains: ['mx1.example.org', 'mail.example.org'],
      deploy: [{}, { compatible: 'acme.sh', command: [`${from}/deploy/exim4.sh`, conf] }],
    });
    expect(await storedKey('https://acme.zerossl.com/v2/DV90')).toBe(pem);
    expect(notes.join('\n')).toContain('acme.sh installs /etc/exim4/exim.key itself');
    expect(notes.join('\n')).toContain('is not taken over: systemctl reload exim4');
  });

  it('takes the folder of dehydrated over', async () => {
    const { pem } = accountKey();
    await dehydratedFolder(from, pem);
    const before = await everything(from);
    await take('dehydrated');
    expect(await everything(from)).toEqual(before);
    const config = await loadConfig(paths().configPath);
    expect(config.acme).toMatchObject({ directory: LE, email: 'dns@example.org' });
    expect(config.certificates[0]).toMatchObject({
      deploy: [{}, { compatible: 'dehydrated', command: [`${from}/hook.sh`] }],
    });
    expect(await storedKey(LE)).toBe(pem);
  });

  it('takes the folder of lego over, and gives a wildcard a name', async () => {
    const { pem } = accountKey();
    await legoFolder(from, pem);
    const before = await everything(from);
    await take('lego', { keepsClient: true });
    expect(await everything(from)).toEqual(before);
    const config = await loadConfig(paths().configPath);
    const at = `${from}/certificates/_.example.org`;
    expect(config.certificates).toMatchObject([
      { name: '.example.org'.slice(1), domains: ['*.example.org'] },
    ]);
    expect(config.certificates[0]?.keyType).toBe('rsa-2048');
    expect(config.issuer['lego']).toMatchObject({
      certificate: `${at.replace('example.org', '{name}')}.crt`,
    });
    await rm(paths().configPath);
    await take('lego');
    expect(await storedKey(LE)).toBe(pem);
    expect((await loadConfig(paths().configPath)).acme.email).toBe('dns@example.org');
  });
});

describe('what is read', () => {
  it('is not trusted if another user owns it, or may write it', async () => {
    await certbotFolder(from, accountKey().jwk);
    const account = join(from, 'accounts/acme-v02.api.letsencrypt.org/directory/0123abcd');
    await chown(join(account, 'private_key.json'), 65_533, 0);
    await chmod(join(from, 'renewal/mx1.example.org.conf'), 0o666);
    const { accounts, notes } = await take('certbot');
    expect(accounts).toEqual([]);
    expect(notes.join('\n')).toMatch(/private_key.json is not read: .* belongs to user 65533/);
    expect(notes.join('\n')).toMatch(/mx1.example.org.conf is not read: every user may write/);
  });

  it('is bounded, and no text of others becomes an option', async () => {
    await certbotFolder(from, accountKey().jwk);
    await put(
      join(from, 'renewal/mx1.example.org.conf'),
      `server = ${LE}\nrenew_hook = x" ]\\n[acme] \u001b[31m\n`,
    );
    await put(join(from, 'renewal/large.conf'), 'a'.repeat(2_000_000));
    await symlink(from, join(from, 'accounts/loop'));
    const { notes } = await take('certbot');
    const config = await loadConfig(paths().configPath);
    expect(config.certificates[0]?.deploy[2]).toMatchObject({
      command: ['/bin/sh', '-c', 'x" ]\\n[acme] \u001b[31m'],
    });
    expect(notes.join('\n')).toMatch(/large.conf is not read: .* is larger than 1024 KiB/);
  });

  it('must be there', async () => {
    await expect(take('lego')).rejects.toThrow(/is not a folder that can be read/);
    await put(join(from, 'x'), '');
    await expect(take('lego')).rejects.toThrow(/no certificate of lego was found/);
  });
});

describe('holger import', () => {
  it('prints what a person still changes, line by line', async () => {
    await certbotFolder(from, accountKey().jwk);
    let out = '';
    const argv = ['--config', paths().configPath, '--state', paths().stateDirectory];
    const exit = await inProcess([...argv, 'import', 'certbot', from], (stream, said) => {
      if (stream === 'out') out += said;
    });
    expect(exit).toBe(0);
    const plain = out.replaceAll(/\s+/g, ' ');
    expect(plain).toContain(`wrote ${paths().configPath} stored the account key for ${LE}`);
    expect(plain).toContain(
      `adopt mx1.example.org --certificate ${from}/live/mx1.example.org/fullchain.pem --key ${from}/live/mx1.example.org/privkey.pem`,
    );
    expect(plain).toContain('switch the other client off: mx1.example.org: put autorenew = False');
    expect(await inProcess([...argv, 'import', 'certbotx', from], () => undefined)).toBe(2);
  });

  it('prints the same as JSON, and how the hook is installed if the client stays', async () => {
    await certbotFolder(from, accountKey().jwk);
    let out = '';
    const argv = ['--json', 'import', 'certbot', from, '--dry-run', '--keep-client'];
    await inProcess(argv, (stream, said) => (out += stream === 'out' ? said : ''));
    const { steps, certificates } = JSON.parse(out) as { steps: string[]; certificates: object[] };
    expect(certificates).toMatchObject([{ certificate: 'mx1.example.org' }]);
    expect(steps.at(-1)).toContain('exec holger hook certbot --deploy');
  });
});
