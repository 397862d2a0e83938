// A deploy hook that was written for another ACME client runs unchanged: it gets that client's
// variables, arguments and file names. The files are copies in a folder of their own, which exists
// while the hook runs; nothing secret is in a variable or an argument.
//
// What each client hands over is in its own documents: certbot, "Renewing certificates" (hooks);
// acme.sh, deploy/README.md and deploy/myapi.sh; dehydrated, docs/examples/hook.sh; lego,
// docs/content/advanced/hooks.md, and cmd/hook.go of 4.x.
import { rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileFailure } from '../files/failure.ts';
import { makeFolder } from '../files/folders.ts';
import type { DeployPackage } from '../ports/target.ts';
import { readPrivateKey } from '../x509/keys.ts';
import { ACME_SH_SCRIPT, acmeShFunction, programOf, settingsOf } from './acme-sh.ts';
import { keyOf } from './key-elsewhere.ts';

export const OTHER_CLIENTS = ['certbot', 'acme.sh', 'dehydrated', 'lego'] as const;
export type OtherClient = (typeof OTHER_CLIENTS)[number];

export function isOtherClient(name: string): name is OtherClient {
  return OTHER_CLIENTS.some((one) => one === name);
}

/** How the hook is called. */
export interface HookCall {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

interface Handover {
  readonly what: DeployPackage;
  readonly command: readonly string[];
  /** The folder in which the files are, under the names of the client. */
  readonly at: string;
  /** Of the account, if the configuration names one. */
  readonly email: string;
}

interface ClientFiles {
  /** Relative to the folder: name and content. */
  readonly files: Readonly<Record<string, string>>;
  call(): Promise<HookCall> | HookCall;
}

const CLIENTS: Readonly<Record<OtherClient, (handover: Handover) => ClientFiles>> = {
  certbot,
  'acme.sh': acmeSh,
  dehydrated,
  lego,
};

/** `id`: of the target, so that two of them never use the same folder. */
export async function withFilesOf<T>(
  client: OtherClient,
  id: string,
  handover: Omit<Handover, 'at'>,
  work: (call: HookCall) => Promise<T>,
): Promise<T> {
  const at = join(dirname(handover.what.folder), `for-${client}-${id}`);
  const { files, call } = CLIENTS[client]({ ...handover, at });
  try {
    // What a crash has left.
    await rm(at, { recursive: true, force: true });
    for (const [name, content] of Object.entries(files)) {
      await makeFolder(dirname(join(at, name)), 0o700, 'DEPLOY_FAILED');
      await writeFile(join(at, name), content, { mode: 0o600, flag: 'wx' });
    }
  } catch (error) {
    throw fileFailure('DEPLOY_FAILED', 'write the files for', `the hook of ${client}`, error);
  }
  try {
    return await work(await call());
  } finally {
    await rm(at, { recursive: true, force: true }).catch(() => undefined);
  }
}

function certbot({ what, command, at }: Handover): ClientFiles {
  const { cert, chain, fullchain } = what.pems;
  const privkey = keyOf(what.pems);
  const lineage = `live/${what.certificate}`;
  return {
    files: {
      [`${lineage}/cert.pem`]: cert,
      [`${lineage}/chain.pem`]: chain,
      [`${lineage}/fullchain.pem`]: fullchain,
      [`${lineage}/privkey.pem`]: privkey,
    },
    call: () => ({
      argv: command,
      env: {
        RENEWED_LINEAGE: join(at, lineage),
        RENEWED_DOMAINS: what.domains.join(' '),
        FAILED_DOMAINS: '',
      },
    }),
  };
}

/** A wildcard is the name of a folder here, and one folder only. */
function acmeSh({ what, command, at }: Handover): ClientFiles {
  const { cert, chain, fullchain } = what.pems;
  const privkey = keyOf(what.pems);
  const domain = what.domains[0] ?? what.certificate;
  const home = isElliptic(privkey) ? `${domain}_ecc` : domain;
  const path = (name: string): string => join(at, home, name);
  const files = {
    [`${home}/${domain}.key`]: privkey,
    [`${home}/${domain}.cer`]: cert,
    [`${home}/ca.cer`]: chain,
    [`${home}/fullchain.cer`]: fullchain,
  };
  const [hook = '', settings] = command;
  return {
    files,
    call: async () => {
      const conf = path(`${domain}.conf`);
      await writeFile(conf, await settingsOf(settings), { mode: 0o600, flag: 'wx' });
      const handed = ['.key', '.cer'].map((end) => path(`${domain}${end}`));
      const rest = [path('ca.cer'), path('fullchain.cer')];
      return {
        argv: [
          ...['/bin/sh', '-c', ACME_SH_SCRIPT, 'acme.sh'],
          ...[hook, acmeShFunction(hook), conf, programOf(hook) ?? '', domain, ...handed, ...rest],
        ],
        env: { DOMAIN_PATH: join(at, home), Le_Domain: domain },
      };
    },
  };
}

function dehydrated({ what, command, at }: Handover): ClientFiles {
  const { cert, chain, fullchain } = what.pems;
  const privkey = keyOf(what.pems);
  const domain = what.domains[0] ?? what.certificate;
  const folder = `certs/${domain}`;
  const files = {
    [`${folder}/privkey.pem`]: privkey,
    [`${folder}/cert.pem`]: cert,
    [`${folder}/fullchain.pem`]: fullchain,
    [`${folder}/chain.pem`]: chain,
  };
  return {
    files,
    call: async () => ({
      argv: [
        ...[...command, 'deploy_cert', domain],
        ...Object.keys(files).map((name) => join(at, name)),
        await writtenAt(what.folder),
      ],
      env: { CERTDIR: join(at, 'certs') },
    }),
  };
}

/** Epoch seconds: when the certificate was stored. */
async function writtenAt(folder: string): Promise<string> {
  const file = join(folder, 'fullchain.pem');
  const { mtimeMs } = await stat(file).catch((error: unknown) => {
    throw fileFailure('DEPLOY_FAILED', 'read', file, error);
  });
  return String(Math.floor(mtimeMs / 1000));
}

/** The variables of 5.x begin with LEGO_HOOK_; those of 4.x, which Debian has, do not. */
function lego({ what, command, at, email }: Handover): ClientFiles {
  const { cert, chain, fullchain } = what.pems;
  const privkey = keyOf(what.pems);
  const domain = what.domains[0] ?? what.certificate;
  const name = domain.replaceAll('*', '_');
  const file = (end: string): string => `certificates/${name}${end}`;
  const paths = {
    CERT_PATH: join(at, file('.crt')),
    CERT_KEY_PATH: join(at, file('.key')),
    ISSUER_CERT_PATH: join(at, file('.issuer.crt')),
    CERT_PEM_PATH: join(at, file('.pem')),
  };
  const of4 = { ACCOUNT_EMAIL: email, CERT_DOMAIN: domain, ...paths };
  const of5 = {
    ...{ ACCOUNT_ID: email, ACCOUNT_EMAIL: email, CERT_NAME: domain },
    ...{ CERT_NAME_SANITIZED: name, CERT_KEY_TYPE: legoKeyType(privkey) },
    ...{ CERT_DOMAINS: what.domains.join(','), ...paths },
  };
  return {
    files: {
      [file('.crt')]: fullchain,
      [file('.key')]: privkey,
      [file('.issuer.crt')]: chain,
      [file('.pem')]: cert + chain + privkey,
    },
    call: () => ({
      argv: command,
      env: { ...prefixed('LEGO_', of4), ...prefixed('LEGO_HOOK_', of5) },
    }),
  };
}

function prefixed(prefix: string, all: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [prefix + name, value]));
}

function isElliptic(privkey: string): boolean {
  return readPrivateKey(privkey).asymmetricKeyType === 'ec';
}

function legoKeyType(privkey: string): string {
  const { asymmetricKeyDetails = {} } = readPrivateKey(privkey);
  const { namedCurve, modulusLength } = asymmetricKeyDetails;
  if (modulusLength !== undefined) return `RSA${modulusLength}`;
  return namedCurve === 'secp384r1' ? 'EC384' : 'EC256';
}
