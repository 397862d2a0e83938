// The state of a rollover, seen from outside: what is served at every address, what every name
// server answers.

import { createHash, X509Certificate } from 'node:crypto';
import { dig } from './checks.ts';
import type { Lab, LabService } from './lab.ts';

export interface Seen {
  /** `3 1 1 …` of the keys served now; one when all addresses agree. */
  readonly served: readonly string[];
  /** One sorted record set per address of an authoritative server. */
  readonly published: readonly (readonly string[])[];
}

/**
 * The client option with which the certificate of one algorithm is presented, where a server has
 * both.
 */
export const signatures = {
  ecdsa: ['-sigalgs', 'ECDSA+SHA256:ECDSA+SHA384'],
  rsa: ['-sigalgs', 'RSA-PSS+SHA256:RSA+SHA256'],
} as const;

export async function look(
  lab: Lab,
  service: LabService,
  algorithm?: keyof typeof signatures,
): Promise<Seen> {
  const servers = lab.serving.flatMap((server) => [server.v4, server.v6]);
  const [served, published] = await Promise.all([
    Promise.all(service.addresses.map((address) => servedKey(lab, service, address, algorithm))),
    Promise.all(servers.map((server) => recordsAt(server, service.tlsaOwner))),
  ]);
  return { served: [...new Set(served)], published };
}

/**
 * Everything is new everywhere and nothing old is left: one key, served and published alone, that
 * is not in `before`.
 */
export function isRolled(seen: Seen, before: readonly string[]): boolean {
  const [key = ''] = seen.served;
  const isAlone = (records: readonly string[]): boolean =>
    records.filter((record) => record.startsWith('3 ')).join() === key;
  return seen.served.length === 1 && !before.includes(key) && seen.published.every(isAlone);
}

export async function recordsAt(server: string, owner: string): Promise<string[]> {
  const answer = await dig(['+short', '+norec', '+time=2', `@${server}`, owner, 'TLSA']);
  const lines = answer.toLowerCase().matchAll(/^(\d \d \d) ([\da-f ]+)$/gm);
  return [...lines].map(([, head = '', hex = '']) => `${head} ${hex.replaceAll(' ', '')}`).sort();
}

async function servedKey(
  lab: Lab,
  service: LabService,
  address: string,
  algorithm: keyof typeof signatures | undefined,
): Promise<string> {
  const pem = await servedLeaf(lab, service, address, algorithm);
  return pem === undefined ? 'nothing' : keyRecordOf(new X509Certificate(pem));
}

/**
 * Serial numbers of the certificates served now: a renewal shows in them even when the key stays.
 */
export async function servedSerials(lab: Lab, service: LabService): Promise<string[]> {
  const pems = await Promise.all(
    service.addresses.map((address) => servedLeaf(lab, service, address, undefined)),
  );
  const serials = pems.map((pem) =>
    pem === undefined ? 'nothing' : new X509Certificate(pem).serialNumber,
  );
  return [...new Set(serials)];
}

async function servedLeaf(
  lab: Lab,
  service: LabService,
  address: string,
  algorithm: keyof typeof signatures | undefined,
): Promise<string | undefined> {
  const where = address.includes(':') ? `[${address}]` : address;
  const starttls = service.protocol === 'smtp' ? ['-starttls', 'smtp'] : [];
  const connect = ['-connect', `${where}:${service.port}`, '-servername', service.host];
  const only = algorithm === undefined ? [] : signatures[algorithm];
  const seen = await lab.run(['openssl', 's_client', ...connect, ...starttls, ...only]);
  return /-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/.exec(seen.stdout)?.[0];
}

/** The lab's own arithmetic: tests must not use holger's own. */
export function keyRecordOf(certificate: X509Certificate): string {
  const spki = certificate.publicKey.export({ type: 'spki', format: 'der' });
  return `3 1 1 ${createHash('sha256').update(spki).digest('hex')}`;
}
