import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { createCsr } from '../../src/x509/csr.ts';
import { generateKey, spkiOfKey } from '../../src/x509/keys.ts';
import type { KeyType } from '../../src/x509/keys.ts';

const NAMES = ['mx.example.org', '*.example.org', 'mx.example.org'];

async function parse(der: Uint8Array): Promise<x509.Pkcs10CertificateRequest> {
  x509.cryptoProvider.set(webcrypto);
  const request = new x509.Pkcs10CertificateRequest(der);
  expect(await request.verify()).toBe(true);
  return request;
}

describe('a request', () => {
  it.each<[KeyType, string]>([
    ['ec-p256', 'SHA-256'],
    ['ec-p384', 'SHA-384'],
    ['rsa-2048', 'SHA-256'],
  ])('of %s is signed with %s and carries the key of the records', async (type, hash) => {
    const key = await generateKey(type);
    const request = await parse(await createCsr(key, NAMES));
    expect(toHex(new Uint8Array(request.publicKey.rawData))).toBe(spkiOfKey(key));
    expect(request.signatureAlgorithm).toMatchObject({ hash: { name: hash } });
    const names = request.getExtension('2.5.29.17') as x509.SubjectAlternativeNameExtension | null;
    expect(names?.names.toJSON()).toEqual([
      { type: 'dns', value: 'mx.example.org' },
      { type: 'dns', value: '*.example.org' },
    ]);
    expect(request.subject).toBe('');
  });

  it('needs a name', async () => {
    await expect(createCsr(await generateKey(), [])).rejects.toThrow('a certificate needs a name');
  });
});
