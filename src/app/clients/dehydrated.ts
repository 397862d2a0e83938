// dehydrated: `config`, `domains.txt`, `certs/NAME/`, and `accounts/ID/`, where ID is the URL of
// the CA in base64url.
import { join, resolve } from 'node:path';
import { defined } from '../../base/defined.ts';
import type { Found, FoundAccount, FoundCertificate, FoundHook } from './found.ts';
import { assignments, emailIn, textIn } from './reader.ts';
import type { Reader } from './reader.ts';

/** The names that its configuration has for directories. */
const CAS: Readonly<Record<string, string>> = {
  letsencrypt: 'https://acme-v02.api.letsencrypt.org/directory',
  'letsencrypt-test': 'https://acme-staging-v02.api.letsencrypt.org/directory',
  zerossl: 'https://acme.zerossl.com/v2/DV90',
  buypass: 'https://api.buypass.com/acme/directory',
  'buypass-test': 'https://api.test4.buypass.no/acme/directory',
  google: 'https://dv.acme-v02.api.pki.goog/directory',
};

export async function readDehydrated(folder: string, reader: Reader): Promise<Found> {
  const values = assignments(await reader.text(join(folder, 'config')));
  const at = (key: string, usual: string): string => {
    const written = values.get(key)?.replace(/\$\{?BASEDIR\}?/g, folder);
    if (written?.includes('$') === true) {
      reader.note(`${key} in ${join(folder, 'config')} is not understood: ${written}`);
      return join(folder, usual);
    }
    return resolve(folder, written ?? usual);
  };
  const ca = values.get('CA') ?? 'letsencrypt';
  const directory = CAS[ca] ?? ca;
  const hooks = hookOf(values.has('HOOK') ? at('HOOK', '') : undefined);
  const domains = at('DOMAINS_TXT', 'domains.txt');
  const certificates: FoundCertificate[] = [];
  const certs = at('CERTDIR', 'certs');
  for (const name of await reader.names(certs)) {
    const certificate = join(certs, name, 'fullchain.pem');
    const names = await reader.domains(certificate, name);
    if (names.length === 0) continue;
    certificates.push({
      ...{ name, domains: names, certificate, key: join(certs, name, 'privkey.pem'), directory },
      ...(values.get('PRIVATE_KEY_RENEW') === 'no' ? { reusesKey: true } : {}),
      ...{ hooks, services: [], stop: `remove ${name} from ${domains}` },
    });
  }
  const accounts = await accountsOf(at('ACCOUNTDIR', 'accounts'), reader);
  const hook = values.get('HOOK') ?? 'the file that HOOK names';
  return {
    accounts: accounts.map((one) => ({
      ...defined({ email: values.get('CONTACT_EMAIL') }),
      ...one,
    })),
    certificates,
    notes: reader.notes,
    install: `let deploy_cert in ${hook} call: holger hook dehydrated deploy_cert "$@"`,
  };
}

function hookOf(path: string | undefined): readonly FoundHook[] {
  return path === undefined ? [] : [{ compatible: 'dehydrated', command: [path] }];
}

async function accountsOf(folder: string, reader: Reader): Promise<readonly FoundAccount[]> {
  const accounts: FoundAccount[] = [];
  for (const id of await reader.names(folder)) {
    const directory = Buffer.from(id, 'base64url').toString('utf8').trim();
    if (!/^https?:\/\/[^\s]+$/.test(directory)) continue;
    const keyPem = await reader.key(join(folder, id, 'account_key.pem'));
    if (keyPem === undefined) continue;
    const url = textIn(await reader.json(join(folder, id, 'account_id.json')), 'url');
    const email = emailIn(await reader.json(join(folder, id, 'registration_info.json')));
    accounts.push({ directory, keyPem, ...defined({ url, email }) });
  }
  return accounts;
}
