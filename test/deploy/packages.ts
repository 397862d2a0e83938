// A package to deploy, and a folder to deploy it into.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { DeployPackage } from '../../src/ports/target.ts';

const pem = (label: string, text: string): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(text).toString('base64')}\n-----END ${label}-----\n`;

const cert = pem('CERTIFICATE', 'leaf');
const chain = pem('CERTIFICATE', 'intermediate');
export const pems = { privkey: pem('PRIVATE KEY', 'key'), cert, chain, fullchain: cert + chain };

/** Its private key is here. */
export type WithKey = DeployPackage & { readonly pems: { readonly privkey: string } };

export function somePackage(generation = 1): DeployPackage {
  return {
    certificate: 'mx1',
    generation,
    domains: ['mx1.example.org', 'mail.example.org'],
    folder: `/var/lib/holger/certificates/mx1/${generation}`,
    pems,
    isOurs: (text) => Promise.resolve(text.includes(pems.privkey.trim())),
  };
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'holger-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
