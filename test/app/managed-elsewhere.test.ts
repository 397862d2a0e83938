// Folders as other clients lay them out, on a disk of the test's own.
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { adoptionOf } from '../../src/app/use-cases/adoption.ts';
import { deployedElsewhere, renewedElsewhere } from '../../src/app/others/managed-elsewhere.ts';
import type { ManagedElsewhere } from '../../src/app/others/managed-elsewhere.ts';
import type { FilesDeploy } from '../../src/config/schema.ts';
import { splitPem } from '../../src/x509/pem.ts';
import { selfSigned } from '../support/certificates.ts';

const OWN = selfSigned('ecdsa', 'mx1.example.org');
const LEAF = splitPem(OWN.pem)[0] ?? new Uint8Array();

const NOWHERE: FilesDeploy = {
  type: 'files',
  ...{
    certificate: undefined,
    key: undefined,
    chain: undefined,
    combined: undefined,
    pkcs12: undefined,
    pkcs12Password: undefined,
  },
  ...{ directory: undefined, existingKey: undefined, write: undefined, reload: undefined },
  ...{ owner: undefined, group: undefined, mode: undefined, timeout: 60 },
};

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'holger-others-'));
});
afterEach(() => rm(dir, { recursive: true }));

async function put(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), text, { mode: 0o600 });
  }
}

async function link(to: string, name: string): Promise<void> {
  await mkdir(dirname(join(dir, name)), { recursive: true });
  await symlink(to, join(dir, name));
}

function others(certificate: string, key: string): Promise<readonly ManagedElsewhere[]> {
  return renewedElsewhere([join(dir, certificate), join(dir, key)], LEAF, []);
}

async function certbot(renewal: string | undefined): Promise<void> {
  await put({ 'archive/mx1/fullchain3.pem': OWN.pem, 'archive/mx1/privkey3.pem': OWN.keyPem });
  await link('../../archive/mx1/fullchain3.pem', 'live/mx1/fullchain.pem');
  await link('../../archive/mx1/privkey3.pem', 'live/mx1/privkey.pem');
  if (renewal !== undefined) await put({ 'renewal/mx1.conf': renewal });
}

const CERTBOT_FILES = ['live/mx1/fullchain.pem', 'live/mx1/privkey.pem'] as const;

describe('K47: another client that renews what is adopted', () => {
  it('certbot is detected by its renewal configuration, and the hint says how it is switched off', async () => {
    await certbot('archive_dir = /x\n[renewalparams]\nserver = https://ca.example/\n');
    const [found, ...more] = await others(...CERTBOT_FILES);
    expect(more).toEqual([]);
    const conf = join(dir, 'renewal/mx1.conf');
    expect(found?.because).toBe(`certbot renews it, as ${conf} says`);
    expect(found?.hint).toContain(`put autorenew = False into ${conf}, under [renewalparams]`);
    expect(found?.hint).toContain('do not use certbot delete');
  });
  it('also through links of the service, and in the archive', async () => {
    await certbot('[renewalparams]\n');
    await link('../live/mx1/fullchain.pem', 'postfix/cert.pem');
    await link('live/mx1', 'dovecot');
    expect(await others('postfix/cert.pem', 'elsewhere')).toHaveLength(1);
    expect(await others('dovecot/fullchain.pem', 'dovecot/privkey.pem')).toHaveLength(1);
    expect(await others('archive/mx1/fullchain3.pem', 'archive/mx1/privkey3.pem')).toHaveLength(1);
  });
  it.each([undefined, '[renewalparams]\nautorenew = False\n', '[renewalparams]\nautorenew=no\n'])(
    'certbot that is switched off causes no warning: %j',
    async (renewal) => {
      await certbot(renewal);
      expect(await others(...CERTBOT_FILES)).toEqual([]);
    },
  );
  it.each([
    ['home/mx1.example.org', "acme.sh --remove -d 'mx1.example.org', "],
    ['home/mx1.example.org_ecc', "acme.sh --remove -d 'mx1.example.org' --ecc, "],
  ])('acme.sh is detected by %s', async (folder, hint) => {
    const key = `${folder}/mx1.example.org.key`;
    await put({ [`${folder}/fullchain.cer`]: OWN.pem, [key]: OWN.keyPem });
    expect(await others(`${folder}/fullchain.cer`, key)).toEqual([]);
    await put({ [`${folder}/mx1.example.org.conf`]: "Le_Domain='mx1.example.org'\nLe_Alt='no'\n" });
    const [found] = await others(`${folder}/fullchain.cer`, key);
    expect(found).toMatchObject({
      client: 'acme.sh',
      hint: expect.stringContaining(hint) as string,
    });
  });
  it('dehydrated is detected by its folder, as long as its list has the name', async () => {
    const files = { 'certs/mx1/fullchain.pem': OWN.pem, 'certs/mx1/privkey.pem': OWN.keyPem };
    await put({ ...files, 'certs/mx1/cert.csr': '', 'accounts/x': '' });
    await put({ 'domains.txt': 'www.example.org\n mail.example.org imap.example.org > mx1 # x\n' });
    const [found] = await others('certs/mx1/fullchain.pem', 'certs/mx1/privkey.pem');
    expect(found?.hint).toContain(`remove mx1 from ${join(dir, 'domains.txt')}`);
    await put({ 'domains.txt': 'www.example.org\n#mx1\n' });
    expect(await others('certs/mx1/fullchain.pem', 'certs/mx1/privkey.pem')).toEqual([]);
  });
  it.each([
    [
      'lego',
      ['.lego/certificates/mx1.crt', '.lego/certificates/mx1.key'],
      '.lego/certificates/mx1.json',
    ],
    ['uacme', ['mx1/cert.pem', 'private/mx1/key.pem'], 'private/key.pem'],
    ['getssl', ['.getssl/mx1/mx1.crt', '.getssl/mx1/mx1.key'], '.getssl/mx1/getssl.cfg'],
    [
      'Caddy',
      ['certificates/ca/mx1/mx1.crt', 'certificates/ca/mx1/mx1.key'],
      'certificates/ca/mx1/mx1.json',
    ],
    ['mod_md', ['domains/mx1/pubcert.pem', 'domains/mx1/privkey.pem'], 'domains/mx1/md.json'],
  ] as const)('%s is detected by its folder', async (client, [certificate, key], mark) => {
    await put({ [certificate]: OWN.pem, [key]: OWN.keyPem });
    expect(await others(certificate, key)).toEqual([]);
    await put({ [mark]: '{"domain":"mx1","certUrl":"https://ca.example/1"}' });
    const found = await others(certificate, key);
    expect(found.map((one) => one.client)).toEqual([client]);
  });
  it('a copy that a hook has made is detected by its certificate', async () => {
    await certbot('[renewalparams]\n');
    await put({ 'live/mx1/cert.pem': OWN.pem, 'ssl/c.pem': OWN.pem, 'ssl/k.pem': OWN.keyPem });
    const copies = [join(dir, 'ssl/c.pem'), join(dir, 'ssl/k.pem')];
    expect(await renewedElsewhere(copies, LEAF, [join(dir, 'live')])).toHaveLength(1);
    const [another = LEAF] = splitPem(selfSigned('ecdsa', 'mx2.example.org').pem);
    expect(await renewedElsewhere(copies, another, [join(dir, 'live')])).toEqual([]);
  });
  it('and so is a file into which acme.sh installs', async () => {
    const installed = join(dir, 'ssl/k.pem');
    const conf = `Le_Domain='mx1.example.org'\nLe_RealKeyPath='${installed}'\n`;
    await put({ 'home/mx1.example.org/mx1.example.org.conf': conf });
    const found = await renewedElsewhere([installed], LEAF, [join(dir, 'home')]);
    expect(found.map((one) => one.client)).toEqual(['acme.sh']);
  });
  it('files that no client manages are adopted without a warning', async () => {
    await put({ 'ssl/c.pem': OWN.pem, 'ssl/k.pem': OWN.keyPem });
    expect(await others('ssl/c.pem', 'ssl/k.pem')).toEqual([]);
  });
  it('a deployment into the folder of certbot causes a warning, even where it renews nothing', async () => {
    await certbot('[renewalparams]\nautorenew = False\n');
    await link('live/mx1', 'tls');
    await link('../live/mx1/fullchain.pem', 'own/fullchain.pem');
    const targets = (folder: string): ReturnType<typeof deployedElsewhere> =>
      deployedElsewhere([{ ...NOWHERE, directory: join(dir, folder) }]);
    const [live, ...more] = await targets('live/mx1');
    expect(more).toEqual([]);
    expect(live?.because).toContain('certbot renew then ends with a parse failure');
    expect(live?.hint).toContain('another folder');
    expect(await targets('tls')).toHaveLength(1);
    // A link that is the file itself is replaced, and the file behind it stays.
    expect(await targets('own')).toEqual([]);
  });
  it('holger adopt gets it with the key and the chain', async () => {
    await certbot('[renewalparams]\n');
    const files = { certificate: join(dir, CERTBOT_FILES[0]), key: join(dir, CERTBOT_FILES[1]) };
    const { operation, others: found } = await adoptionOf({ name: 'mx1', deploy: [] }, files);
    expect(operation.kind).toBe('adopt');
    expect(found.map(({ client }) => client)).toEqual(['certbot']);
  });
});
