// lego: `certificates/NAME.crt`, `.key` and `.json`, and `accounts/HOST/ID/account.json`; the key
// of the account is in `keys/` (4.x) or beside it (5.x).
import { basename, join } from 'node:path';
import { defined } from '../../base/defined.ts';
import type { Found, FoundAccount, FoundCertificate } from './found.ts';
import { emailIn, foldersWith, textIn } from './reader.ts';
import type { Reader } from './reader.ts';

/** lego 4.x stores the host of a CA only. */
const DIRECTORIES: Readonly<Record<string, string>> = {
  'acme-v02.api.letsencrypt.org': 'https://acme-v02.api.letsencrypt.org/directory',
  'acme-staging-v02.api.letsencrypt.org': 'https://acme-staging-v02.api.letsencrypt.org/directory',
  'acme.zerossl.com': 'https://acme.zerossl.com/v2/DV90',
  'dv.acme-v02.api.pki.goog': 'https://dv.acme-v02.api.pki.goog/directory',
  'api.buypass.com': 'https://api.buypass.com/acme/directory',
};

export async function readLego(folder: string, reader: Reader): Promise<Found> {
  const accounts = await accountsOf(join(folder, 'accounts'), reader);
  const at = join(folder, 'certificates');
  const certificates: FoundCertificate[] = [];
  for (const file of await reader.names(at)) {
    if (!file.endsWith('.json')) continue;
    const name = file.slice(0, -'.json'.length);
    const about = await reader.json(join(at, file));
    const url = textIn(about, 'certUrl') ?? '';
    const domain = textIn(about, 'domain') ?? name;
    const certificate = join(at, `${name}.crt`);
    const domains = await reader.domains(certificate, domain);
    if (domains.length === 0) continue;
    const host = URL.canParse(url) ? new URL(url).host : '';
    const used = accounts.find(({ directory }) => new URL(directory).host === host);
    certificates.push({
      ...{ name, domains, certificate, key: join(at, `${name}.key`) },
      ...defined({ directory: used?.directory ?? DIRECTORIES[host] }),
      ...{ hooks: [], services: [], stop: `remove lego for ${domain} from cron, or its timer` },
    });
  }
  return {
    accounts,
    certificates,
    notes: reader.notes,
    install: `call lego with --deploy-hook 'holger hook lego --deploy' (5.x), or run --run-hook and renew --renew-hook (4.x)`,
  };
}

async function accountsOf(top: string, reader: Reader): Promise<readonly FoundAccount[]> {
  const accounts: FoundAccount[] = [];
  for (const at of await foldersWith(reader, top, 'account.json')) {
    const about = await reader.json(join(at, 'account.json'));
    const host = basename(join(at, '..')).replace(/_(\d+)$/, ':$1');
    const id = basename(at);
    const directory = textIn(about, 'server') ?? DIRECTORIES[host];
    if (directory === undefined || !URL.canParse(directory)) {
      reader.note(`${at}: lego does not store the directory of ${host}; take its key over by hand`);
      continue;
    }
    const files = [join(at, 'keys', `${id}.key`), join(at, `${id}.key`)];
    const [older, newer] = await Promise.all(files.map((file) => reader.key(file)));
    const keyPem = older ?? newer;
    if (keyPem === undefined) continue;
    const registration = (about['registration'] ?? {}) as Readonly<Record<string, unknown>>;
    const url = textIn(registration, 'uri') ?? textIn(registration, 'location');
    const email = textIn(about, 'email') ?? emailIn(registration['body']);
    accounts.push({ directory, keyPem, ...defined({ url, email }) });
  }
  return accounts;
}
