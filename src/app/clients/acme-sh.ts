// acme.sh: `DOMAIN/` or `DOMAIN_ecc/` with `DOMAIN.conf`, and `ca/HOST/PATH/account.key`.
import { dirname, join, relative } from 'node:path';
import { defined } from '../../base/defined.ts';
import { acmeShFunction } from '../../deploy/acme-sh.ts';
import { methodOfAcmeSh } from './dns-method.ts';
import type { Found, FoundAccount, FoundCertificate, FoundHook } from './found.ts';
import { assignments, foldersWith } from './reader.ts';
import type { Reader } from './reader.ts';

export async function readAcmeSh(folder: string, reader: Reader): Promise<Found> {
  const certificates: FoundCertificate[] = [];
  for (const name of await reader.names(folder)) {
    if (!/^(\*\.)?[\w-]+\./.test(name)) continue;
    const found = await certificateOf(folder, name, reader);
    if (found !== undefined) certificates.push(found);
  }
  return {
    accounts: await accountsOf(folder, reader),
    certificates,
    notes: reader.notes,
    install:
      "acme.sh --install-cert -d DOMAIN --reloadcmd 'holger hook acme.sh --deploy' (with --ecc for EC keys, and without the options that name files), once for each certificate",
  };
}

/** In base64 between two marks where it has characters of the shell. */
function decoded(value: string | undefined): string | undefined {
  const inner = /^__ACME_BASE64__START_(.*)__ACME_BASE64__END_$/.exec(value ?? '')?.[1];
  const text = inner === undefined ? value : Buffer.from(inner, 'base64').toString('utf8');
  return text === '' ? undefined : text;
}

async function certificateOf(
  folder: string,
  name: string,
  reader: Reader,
): Promise<FoundCertificate | undefined> {
  const domain = name.replace(/_ecc$/, '');
  const conf = join(folder, name, `${domain}.conf`);
  const values = assignments(await reader.text(conf));
  if (values.get('Le_Domain') !== domain) return undefined;
  const certificate = join(folder, name, 'fullchain.cer');
  const domains = await reader.domains(certificate, domain);
  if (domains.length === 0) {
    reader.note(`${name}: there is no certificate at ${certificate}, so it is left out`);
    return undefined;
  }
  installed(name, values, reader);
  const provider = await methodOfAcmeSh(name, folder, values, reader);
  const names = (values.get('Le_DeployHook') ?? '').split(/[\s,]+/).filter((one) => one !== '');
  const reload = decoded(values.get('Le_ReloadCmd'));
  const hooks: FoundHook[] = names.map((hook) => ({
    compatible: 'acme.sh',
    command: [join(folder, 'deploy', `${acmeShFunction(hook).replace(/_deploy$/, '')}.sh`), conf],
  }));
  if (reload !== undefined && !reload.includes('holger hook')) {
    reader.note(`${name}: its reload command is not taken over: ${reload}`);
  }
  return {
    ...{ name, domains, certificate, key: join(folder, name, `${domain}.key`), hooks },
    ...defined({ directory: values.get('Le_API'), provider }),
    services: [],
    stop: `acme.sh --remove -d '${domain}'${name.endsWith('_ecc') ? ' --ecc' : ''}`,
  };
}

/** Copies that acme.sh writes over after each renewal, before any wait. */
function installed(name: string, values: ReadonlyMap<string, string>, reader: Reader): void {
  for (const kind of ['Cert', 'CACert', 'Key', 'FullChain']) {
    const path = decoded(values.get(`Le_Real${kind}Path`));
    if (path === undefined) continue;
    reader.note(
      `${name}: acme.sh installs ${path} itself; a service that reads it must read the file of holger instead`,
    );
  }
}

async function accountsOf(folder: string, reader: Reader): Promise<readonly FoundAccount[]> {
  const top = join(folder, 'ca');
  const general = assignments(await reader.text(join(folder, 'account.conf')));
  const accounts: FoundAccount[] = [];
  for (const at of await foldersWith(reader, top, 'account.key')) {
    const keyPem = await reader.key(join(at, 'account.key'));
    if (keyPem === undefined) continue;
    const values = assignments(await reader.text(join(at, 'ca.conf')));
    const [host = '', ...path] = relative(top, at).split('/');
    const directory = `https://${host}/${path.join('/')}`;
    const email = values.get('CA_EMAIL') ?? general.get('ACCOUNT_EMAIL');
    accounts.push({ directory, keyPem, ...defined({ url: values.get('ACCOUNT_URL'), email }) });
  }
  return accounts.filter(({ directory }) => dirname(directory) !== 'https:');
}
