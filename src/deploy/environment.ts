// What a command gets about a deployment: names and paths. Key material is in files only.
import { join } from 'node:path';
import type { DeployPackage } from '../ports/target.ts';

const FILES = ['privkey', 'cert', 'chain', 'fullchain', 'combined'] as const;
/** Where the private key is elsewhere, neither exists. */
const WITH_KEY: readonly string[] = ['privkey', 'combined'];

export function deployEnvironment(what: DeployPackage): Record<string, string> {
  const path = (name: (typeof FILES)[number]): string => join(what.folder, `${name}.pem`);
  return {
    HOLGER_CERTIFICATE: what.certificate,
    HOLGER_GENERATION: String(what.generation),
    HOLGER_DOMAINS: what.domains.join(' '),
    HOLGER_FOLDER: what.folder,
    ...(hasKey(what) ? { HOLGER_KEY: path('privkey'), HOLGER_COMBINED: path('combined') } : {}),
    HOLGER_CERT: path('cert'),
    HOLGER_CHAIN: path('chain'),
    HOLGER_FULLCHAIN: path('fullchain'),
  };
}

const hasKey = ({ pems }: DeployPackage): boolean => pems.privkey !== undefined;

/** The same as one JSON document, for standard input. */
export function deployDocument(what: DeployPackage): string {
  const { certificate, generation, domains, folder } = what;
  const names = FILES.filter((name) => hasKey(what) || !WITH_KEY.includes(name));
  const files = Object.fromEntries(names.map((name) => [name, join(folder, `${name}.pem`)]));
  return `${JSON.stringify({ schema: 1, certificate, generation, domains, folder, files })}\n`;
}
