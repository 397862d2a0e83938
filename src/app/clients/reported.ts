// What another client says to its deploy hook about the renewal, in its own variables and
// arguments. It comes from outside: it is checked, bounded, and only decides where holger looks.
import { isAbsolute } from 'node:path';
import { visibleLine } from '../../base/visible.ts';
import type { OtherClient } from '../../deploy/other-client.ts';

export interface Reported {
  /** Paths of key and certificate files. */
  readonly files: readonly string[];
  /** Names in the certificate. */
  readonly domains: readonly string[];
  /** What was left out, and why. */
  readonly doubts: readonly string[];
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Of a path on Linux (PATH_MAX). */
const LONGEST_PATH = 4096;
/** certbot cuts at 32,000 characters. */
const LONGEST_LIST = 65_536;
const MOST_NAMES = 1000;

interface Said {
  /** Where it was said, and what. */
  readonly files: Readonly<Record<string, string | undefined>>;
  readonly domains: Readonly<Record<string, string | undefined>>;
}

/** Undefined: the client reports something else than a renewal. */
export function reportedBy(
  client: OtherClient,
  args: readonly string[],
  env: Environment,
): Reported | undefined {
  const said = SAYS[client](args, env);
  if (said === undefined) return undefined;
  const doubts: string[] = [];
  const files = Object.entries(said.files).flatMap(([where, path]) => {
    if (path === undefined || path === '') return [];
    const fault = faultOfPath(path);
    if (fault !== undefined) doubts.push(`${where} ${fault}: it is ignored`);
    return fault === undefined ? [path] : [];
  });
  const domains = Object.entries(said.domains).flatMap(([where, list = '']) => {
    const names = list.slice(0, LONGEST_LIST).split(/[\s,]+/, MOST_NAMES + 1);
    const good = names.filter((name) => /^(\*\.)?[A-Za-z0-9_.-]{1,253}$/.test(name));
    if (list.length > LONGEST_LIST || names.length > MOST_NAMES) {
      doubts.push(`${where} is too long: only the first names are read`);
    } else if (list !== '' && good.length < names.length) {
      doubts.push(`${where} has what is not a domain name: ${visibleLine(list, 80)}`);
    }
    return good.slice(0, MOST_NAMES);
  });
  return { files, domains: domains.map((name) => name.toLowerCase()), doubts };
}

function faultOfPath(path: string): string | undefined {
  if (path.length > LONGEST_PATH) return 'is longer than a path can be';
  if (/[\u0000-\u001f\u007f]/.test(path)) return 'has control characters';
  return isAbsolute(path) ? undefined : `is not an absolute path: ${visibleLine(path, 80)}`;
}

const SAYS: Readonly<
  Record<OtherClient, (args: readonly string[], env: Environment) => Said | undefined>
> = {
  certbot: (_, { RENEWED_LINEAGE: lineage, RENEWED_DOMAINS }) => ({
    files: { RENEWED_LINEAGE: lineage && `${lineage}/fullchain.pem` },
    domains: { RENEWED_DOMAINS },
  }),
  // As --reloadcmd it gets variables, as a deploy hook the arguments of its function.
  'acme.sh': ([domain, key, certificate, , fullchain], env) => ({
    files: {
      'the second argument': key,
      'the third argument': certificate,
      'the fifth argument': fullchain,
      CERT_KEY_PATH: env['CERT_KEY_PATH'],
      CERT_PATH: env['CERT_PATH'],
      CERT_FULLCHAIN_PATH: env['CERT_FULLCHAIN_PATH'],
    },
    domains: { 'the first argument': domain, Le_Domain: env['Le_Domain'] },
  }),
  // One hook is called for everything that dehydrated does.
  dehydrated: ([operation, domain, key, , fullchain]) =>
    operation === undefined || operation === 'deploy_cert'
      ? {
          files: { 'the third argument': key, 'the fifth argument': fullchain },
          domains: { 'the second argument': domain },
        }
      : undefined,
  lego: (_, env) => ({
    files: {
      LEGO_HOOK_CERT_PATH: env['LEGO_HOOK_CERT_PATH'],
      LEGO_CERT_PATH: env['LEGO_CERT_PATH'],
    },
    domains: {
      LEGO_HOOK_CERT_DOMAINS: env['LEGO_HOOK_CERT_DOMAINS'],
      LEGO_CERT_DOMAIN: env['LEGO_CERT_DOMAIN'],
    },
  }),
};
