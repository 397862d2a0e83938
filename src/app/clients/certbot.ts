// certbot: `renewal/NAME.conf`, `live/NAME/`, `accounts/HOST/PATH/ID/`, `renewal-hooks/deploy/`.
import { join, relative } from 'node:path';
import { defined } from '../../base/defined.ts';
import { methodOfCertbot } from './dns-method.ts';
import type { Found, FoundAccount, FoundCertificate, FoundHook } from './found.ts';
import { assignments, emailIn, foldersWith, textIn } from './reader.ts';
import type { Reader } from './reader.ts';

export async function readCertbot(folder: string, reader: Reader): Promise<Found> {
  const shared = await hooksOfAll(folder, reader);
  const certificates: FoundCertificate[] = [];
  for (const file of await reader.names(join(folder, 'renewal'))) {
    if (!file.endsWith('.conf')) continue;
    const found = await certificateOf(folder, file.slice(0, -'.conf'.length), shared, reader);
    if (found !== undefined) certificates.push(found);
  }
  return {
    accounts: await accountsOf(folder, reader),
    certificates,
    notes: reader.notes,
    install: `put this into ${join(folder, 'renewal-hooks/deploy/holger')} (mode 0755), as two lines: #!/bin/sh and exec holger hook certbot --deploy`,
  };
}

/** Programs that run after each renewal, in the order of their names. */
async function hooksOfAll(folder: string, reader: Reader): Promise<readonly FoundHook[]> {
  const at = join(folder, 'renewal-hooks/deploy');
  const names = await reader.names(at);
  return names
    .filter((name) => !name.endsWith('~') && name !== 'holger')
    .map((name) => ({ compatible: 'certbot', command: [join(at, name)] }));
}

async function certificateOf(
  folder: string,
  name: string,
  shared: readonly FoundHook[],
  reader: Reader,
): Promise<FoundCertificate | undefined> {
  const conf = join(folder, 'renewal', `${name}.conf`);
  const values = assignments(await reader.text(conf));
  const lineage = join(folder, 'live', name);
  const certificate = join(lineage, 'fullchain.pem');
  const domains = await reader.domains(certificate);
  if (domains.length === 0) {
    reader.note(`${name}: there is no certificate at ${certificate}, so it is left out`);
    return undefined;
  }
  const authenticator = values.get('authenticator') ?? '';
  const provider = await methodOfCertbot(name, values, reader);
  if (authenticator !== '' && provider === undefined) {
    reader.note(`${name}: certbot proves its names with "${authenticator}"; holger uses DNS-01`);
  }
  const own = values.get('renew_hook');
  const hooks: FoundHook[] =
    own === undefined || own.includes('hook certbot')
      ? []
      : [{ compatible: 'certbot', command: ['/bin/sh', '-c', own] }];
  return {
    ...{ name, domains, certificate, key: join(lineage, 'privkey.pem') },
    ...defined({ directory: values.get('server'), provider }),
    ...(/^true$/i.test(values.get('reuse_key') ?? '') ? { reusesKey: true } : {}),
    hooks: [...shared, ...hooks],
    services: [],
    stop: `put autorenew = False into ${conf}, under [renewalparams]`,
  };
}

async function accountsOf(folder: string, reader: Reader): Promise<readonly FoundAccount[]> {
  const top = join(folder, 'accounts');
  const accounts: FoundAccount[] = [];
  for (const at of await foldersWith(reader, top, 'private_key.json')) {
    const keyPem = await reader.key(join(at, 'private_key.json'));
    if (keyPem === undefined) continue;
    const { body, ...registered } = await reader.json(join(at, 'regr.json'));
    // The last folder is the id of the account.
    const directory = `https://${relative(top, at).split('/').slice(0, -1).join('/')}`;
    const url = textIn(registered, 'uri');
    accounts.push({ directory, keyPem, ...defined({ url, email: emailIn(body) }) });
  }
  return accounts;
}
