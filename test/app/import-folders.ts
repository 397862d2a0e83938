// Folders as other clients keep them, with keys and certificates of this test.
import { generateKeyPairSync } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { certify, keyOf } from '../support/certificates.ts';

export const LE = 'https://acme-v02.api.letsencrypt.org/directory';

/** A wildcard has an RSA key, as older clients made them. */
export function pair(...dns: readonly string[]): { readonly cert: string; readonly key: string } {
  const ca = certify({ subject: 'CA', key: keyOf('ecdsa'), ca: true });
  const key = keyOf(dns[0]?.startsWith('*') === true ? 'rsa' : 'ecdsa');
  const leaf = certify({ subject: 'leaf', key, issuer: ca, dns });
  return { cert: leaf.pem + ca.pem, key: leaf.keyPem };
}

export async function put(path: string, text: string, mode = 0o600): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, text, { mode });
}

export function accountKey(): { readonly pem: string; readonly jwk: string } {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    jwk: JSON.stringify(privateKey.export({ format: 'jwk' })),
  };
}

/** As certbot 2 writes it. */
export async function certbotFolder(top: string, jwk: string): Promise<void> {
  const { cert, key } = pair('mx1.example.org', 'mail.example.org');
  const archive = join(top, 'archive/mx1.example.org');
  const live = join(top, 'live/mx1.example.org');
  await mkdir(live, { recursive: true, mode: 0o700 });
  for (const [name, text] of Object.entries({ privkey: key, fullchain: cert, cert, chain: cert })) {
    await put(join(archive, `${name}1.pem`), text);
    await symlink(`../../archive/mx1.example.org/${name}1.pem`, join(live, `${name}.pem`));
  }
  const account = join(top, 'accounts/acme-v02.api.letsencrypt.org/directory/0123abcd');
  await put(join(account, 'private_key.json'), jwk, 0o400);
  const uri = 'https://acme-v02.api.letsencrypt.org/acme/acct/1';
  await put(join(account, 'regr.json'), JSON.stringify({ body: {}, uri }));
  await put(
    join(top, 'renewal/mx1.example.org.conf'),
    `# renew_before_expiry = 30 days
version = 2.1.0
archive_dir = ${archive}
cert = ${live}/cert.pem

[renewalparams]
account = 0123abcd
authenticator = dns-rfc2136
server = ${LE}
key_type = ecdsa
reuse_key = True
renew_hook = systemctl reload "postfix"
`,
  );
  await put(join(top, 'renewal-hooks/deploy/10-copy'), '#!/bin/sh\n', 0o755);
}

export async function acmeShFolder(top: string, key: string): Promise<void> {
  const made = pair('mx1.example.org', 'mail.example.org');
  const home = join(top, 'mx1.example.org_ecc');
  await put(join(home, 'mx1.example.org.key'), made.key);
  await put(join(home, 'fullchain.cer'), made.cert);
  await put(
    join(home, 'mx1.example.org.conf'),
    `Le_Domain='mx1.example.org'
Le_Alt='mail.example.org'
Le_Webroot='dns_nsupdate'
Le_API='https://acme.zerossl.com/v2/DV90'
Le_Keylength='ec-256'
Le_DeployHook='exim4,'
Le_RealKeyPath='/etc/exim4/exim.key'
Le_ReloadCmd='__ACME_BASE64__START_${Buffer.from('systemctl reload exim4').toString('base64')}__ACME_BASE64__END_'
`,
  );
  await put(join(top, 'account.conf'), "ACCOUNT_EMAIL='hostmaster@example.org'\n");
  await put(join(top, 'ca/acme.zerossl.com/v2/DV90/account.key'), key);
  await put(
    join(top, 'ca/acme.zerossl.com/v2/DV90/ca.conf'),
    "ACCOUNT_URL='https://acme.zerossl.com/v2/DV90/account/1'\nCA_EMAIL='ca@example.org'\n",
  );
}

export async function dehydratedFolder(top: string, key: string): Promise<void> {
  const { cert, key: privkey } = pair('mx1.example.org');
  const folder = join(top, 'certs/mx1.example.org');
  await put(join(folder, 'privkey-1.pem'), privkey);
  await symlink('privkey-1.pem', join(folder, 'privkey.pem'));
  await put(join(folder, 'fullchain-1.pem'), cert);
  await symlink('fullchain-1.pem', join(folder, 'fullchain.pem'));
  await put(join(top, 'domains.txt'), 'mx1.example.org\n');
  await put(
    join(top, 'config'),
    'CA="letsencrypt"\nHOOK="${BASEDIR}/hook.sh"\nCONTACT_EMAIL=dns@example.org\n',
  );
  await put(join(top, 'hook.sh'), '#!/bin/sh\n', 0o755);
  const account = join(top, 'accounts', Buffer.from(`${LE}\n`).toString('base64url'));
  await put(join(account, 'account_key.pem'), key);
  await put(join(account, 'account_id.json'), '{"url":"https://ca.example/acct/7"}\n');
  await put(join(account, 'registration_info.json'), '{"status":"valid"}\n');
}

export async function legoFolder(top: string, key: string): Promise<void> {
  const { cert, key: privkey } = pair('*.example.org');
  const at = join(top, 'certificates/_.example.org');
  await put(`${at}.crt`, cert);
  await put(`${at}.key`, privkey);
  const certUrl = 'https://acme-v02.api.letsencrypt.org/acme/cert/1';
  await put(`${at}.json`, JSON.stringify({ domain: '*.example.org', certUrl }));
  const id = 'dns@example.org';
  const account = join(top, 'accounts/acme-v02.api.letsencrypt.org', id);
  const registration = { uri: 'https://ca.example/acct/9', body: { status: 'valid' } };
  await put(join(account, 'account.json'), JSON.stringify({ email: id, registration }));
  await put(join(account, 'keys', `${id}.key`), key);
}

/** Everything that can be seen of a folder: what was only read is the same afterwards. */
export async function everything(top: string): Promise<readonly string[]> {
  const names = await readdir(top, { recursive: true });
  const lines = names.sort().map(async (name) => {
    const path = join(top, name);
    const { mode, uid, gid, mtimeMs, ctimeMs, ino } = await lstat(path);
    const content = (mode & 0o170000) === 0o100000 ? await readFile(path, 'utf8') : '';
    const link = (mode & 0o170000) === 0o120000 ? await readlink(path) : '';
    return [name, mode, uid, gid, mtimeMs, ctimeMs, ino, content, link].join('\t');
  });
  return Promise.all(lines);
}
