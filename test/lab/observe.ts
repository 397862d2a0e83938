// Where a rollover stands, seen from outside: what is served at every address, what every name server answers.

import { createHash, X509Certificate } from 'node:crypto';
import { dig } from './checks.ts';
import type { Lab, LabService } from './lab.ts';

export interface Seen {
  /** `3 1 1 …` of the keys served now; one when all addresses agree. */
  readonly served: readonly string[];
  /** One sorted record set per address of an authoritative server. */
  readonly published: readonly (readonly string[])[];
}

export async function look(lab: Lab, service: LabService): Promise<Seen> {
  const servers = Object.values(lab.servers).flatMap((server) => [server.v4, server.v6]);
  const [served, published] = await Promise.all([
    Promise.all(service.addresses.map((address) => servedKey(lab, service, address))),
    Promise.all(servers.map((server) => recordsAt(server, service.tlsaOwner))),
  ]);
  return { served: [...new Set(served)], published };
}

/** Everything is new everywhere and nothing old is left: one key, served and published alone, that is not in `before`. */
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

async function servedKey(lab: Lab, service: LabService, address: string): Promise<string> {
  const where = address.includes(':') ? `[${address}]` : address;
  const starttls = service.protocol === 'smtp' ? ['-starttls', 'smtp'] : [];
  const connect = ['-connect', `${where}:${service.port}`, '-servername', service.host];
  const seen = await lab.run(['openssl', 's_client', ...connect, ...starttls]);
  const pem = /-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/.exec(seen.stdout)?.[0];
  return pem === undefined ? 'nothing' : keyRecordOf(new X509Certificate(pem));
}

/** The lab's own arithmetic: tests must not take the program's word for it. */
export function keyRecordOf(certificate: X509Certificate): string {
  const spki = certificate.publicKey.export({ type: 'spki', format: 'der' });
  return `3 1 1 ${createHash('sha256').update(spki).digest('hex')}`;
}
