// Certificates with keys of every type, encoded by hand: those for which web cryptography has no
// key, and chains that no authority would issue.
import { createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { KeyAlgorithm } from '../../src/dane/key-algorithm.ts';
import { pemOf } from '../../src/x509/pem.ts';
import { NOW } from './ca.ts';
import { rsaPair, rsaPssPair } from './rsa.ts';

export type Kind = Exclude<KeyAlgorithm, 'other'> | 'brainpool';

export interface Identity {
  readonly der: Uint8Array;
  readonly pem: string;
  readonly keyPem: string;
  readonly key: KeyObject;
  readonly subject: string;
}

const DAY = 86_400;

const length = (size: number): number[] =>
  size < 0x80
    ? [size]
    : size < 0x100
      ? [0x81, size]
      : [0x82 + Number(size > 0xffff), ...bytesOf(size)];
const bytesOf = (size: number): number[] =>
  size > 0xffff ? [size >>> 16, (size >>> 8) & 0xff, size & 0xff] : [size >>> 8, size & 0xff];

function der(tag: number, ...parts: readonly (Uint8Array | string)[]): Buffer {
  const content = Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'hex') : part)),
  );
  return Buffer.concat([Buffer.from([tag, ...length(content.length)]), content]);
}

const sequence = (...parts: readonly (Uint8Array | string)[]): Buffer => der(0x30, ...parts);
const ascii = (text: string): Buffer => Buffer.from(text, 'latin1');
const name = (common: string): Buffer =>
  sequence(der(0x31, sequence('0603550403', der(0x0c, ascii(common)))));
const time = (at: number): Buffer =>
  der(0x17, ascii(new Date(at * 1000).toISOString().replace(/^..|[-T:]|\.\d+/g, '')));
const extension = (oid: string, ...value: readonly (Uint8Array | string)[]): Buffer =>
  sequence(der(0x06, oid), der(0x04, ...value));

/** AlgorithmIdentifiers of signatures with SHA-256, or with the hash that belongs to the scheme. */
const SIGNATURE: Readonly<Record<string, string>> = {
  ec: '300a06082a8648ce3d040302',
  rsa: '300d06092a864886f70d01010b0500',
  'rsa-pss':
    '304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120',
  ed25519: '300506032b6570',
  ed448: '300506032b6571',
};

export function keyOf(kind: Kind): KeyObject {
  switch (kind) {
    case 'ecdsa':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    case 'brainpool':
      return generateKeyPairSync('ec', { namedCurve: 'brainpoolP256r1' }).privateKey;
    case 'rsa':
      return rsaPair().privateKey;
    case 'rsa-pss':
      return rsaPssPair().privateKey;
    case 'ed25519':
      return generateKeyPairSync('ed25519').privateKey;
    case 'ed448':
      return generateKeyPairSync('ed448').privateKey;
  }
}

export interface Wanted {
  readonly subject: string;
  readonly key: KeyObject;
  /** Absent: self-signed. */
  readonly issuer?: Pick<Identity, 'key' | 'subject'>;
  readonly dns?: readonly string[];
  readonly ca?: boolean;
}

let serial = 0;

export function certify({ subject, key, issuer, dns = [], ca = false }: Wanted): Identity {
  const signer = issuer ?? { key, subject };
  const algorithm = SIGNATURE[signer.key.asymmetricKeyType ?? ''] ?? '';
  serial += 1;
  const extensions = [
    ...(ca ? [extension('551d13', '30030101ff')] : []),
    ...(dns.length === 0
      ? []
      : [extension('551d11', sequence(...dns.map((host) => der(0x82, ascii(host)))))]),
  ];
  const tbs = sequence(
    'a003020102',
    der(0x02, `01${serial.toString(16).padStart(8, '0')}`),
    algorithm,
    name(signer.subject),
    sequence(time(NOW - DAY), time(NOW + 60 * DAY)),
    name(subject),
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
    ...(extensions.length === 0 ? [] : [der(0xa3, sequence(...extensions))]),
  );
  const own = signer.key.asymmetricKeyType?.startsWith('ed') === true;
  const signature = sign(own ? null : 'sha256', tbs, signer.key);
  const all = new Uint8Array(sequence(tbs, algorithm, der(0x03, '00', signature)));
  const keyPem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { der: all, pem: pemOf('CERTIFICATE', all), keyPem, key, subject };
}

export const selfSigned = (kind: Kind, ...dns: readonly string[]): Identity =>
  certify({ subject: dns[0] ?? kind, key: keyOf(kind), dns });
