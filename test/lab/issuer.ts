// Pebble, and the small CA behind its own HTTPS certificate.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pebbleDefaults, type LabOptions } from './options.ts';
import { must } from './processes.ts';
import type { Topology } from './topology.ts';

export interface Issuer {
  readonly argv: string[];
  readonly env: Record<string, string>;
  readonly directory: string;
  readonly management: string;
  readonly caFile: string;
}

/** Of the CA itself, and of its test environment, which is another Pebble at the same address. */
const PORTS = {
  pebble: { acme: 14_000, management: 15_000 },
  staging: { acme: 14_001, management: 15_001 },
} as const;

export async function writePebble(
  dir: string,
  at: Topology,
  options: LabOptions,
  name: keyof typeof PORTS = 'pebble',
): Promise<Issuer> {
  const folder = join(dir, name);
  const ports = PORTS[name];
  await mkdir(folder, { recursive: true });
  await writeHttpsCertificate(folder, at.pebble.v4);
  const seconds = options.certificateSeconds ?? 7_776_000;
  const pebble = {
    listenAddress: `${at.pebble.v4}:${ports.acme}`,
    managementListenAddress: `${at.pebble.v4}:${ports.management}`,
    certificate: join(folder, 'https.pem'),
    privateKey: join(folder, 'https.key'),
    httpPort: 5002,
    tlsPort: 5001,
    ocspResponderURL: '',
    externalAccountBindingRequired: options.eab !== undefined,
    externalAccountMACKeys:
      options.eab === undefined ? {} : { [options.eab.kid]: options.eab.hmacKey },
    domainBlocklist: ['blocked.dane.test'],
    caaIdentities: [`${name}.dane.test`],
    certificateValidityPeriod: seconds,
    retryAfter: { authz: 1, order: 1 },
    profiles: options.profiles ?? {
      default: { description: 'the default profile of a CA', validityPeriod: seconds },
    },
  };
  await writeFile(join(folder, 'pebble.json'), JSON.stringify({ pebble }, undefined, 2));
  return {
    argv: [
      'pebble',
      '-config',
      join(folder, 'pebble.json'),
      '-dnsserver',
      `${at.issuerResolver.v4}:53`,
    ],
    env: { ...pebbleDefaults, ...options.pebbleEnv },
    directory: `https://${at.pebble.v4}:${ports.acme}/dir`,
    management: `https://${at.pebble.v4}:${ports.management}`,
    caFile: join(folder, 'ca.pem'),
  };
}

async function writeHttpsCertificate(folder: string, address: string): Promise<void> {
  const file = (name: string): string => join(folder, name);
  const request = [
    'openssl',
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
  ];
  await must([
    ...request,
    ...['-keyout', file('ca.key'), '-out', file('ca.pem'), '-days', '3650', '-subj', '/CN=lab CA'],
    ...['-addext', 'keyUsage=critical,keyCertSign'],
  ]);
  await must([
    ...request,
    ...[
      '-keyout',
      file('https.key'),
      '-out',
      file('https.pem'),
      '-days',
      '3650',
      '-subj',
      '/CN=pebble',
    ],
    ...['-CA', file('ca.pem'), '-CAkey', file('ca.key')],
    ...[
      '-addext',
      `subjectAltName=DNS:localhost,IP:${address}`,
      '-addext',
      'basicConstraints=critical,CA:FALSE',
    ],
    ...['-addext', 'extendedKeyUsage=serverAuth'],
  ]);
}
