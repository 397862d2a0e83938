// Certificate requests of operators: read, and refused where a CA would refuse them.
import { describe, expect, it } from 'vitest';
import { createCsr } from '../../src/x509/csr.ts';
import { generateKey, spkiOfKey } from '../../src/x509/keys.ts';
import { isRequest, pemOf } from '../../src/x509/pem.ts';
import { requestFrom, requestOrKey } from '../../src/x509/request.ts';
import { opensslRequest } from '../support/requests.ts';

const FILE = '/etc/holger/mx1.csr';
const NAMES = ['mx.example.org', '*.example.org'];
const SAN = 'DNS:mx.example.org,DNS:*.example.org';

describe('a certificate request', () => {
  it('of OpenSSL is read as PEM and as DER, with whatever is around it', () => {
    const { pem, der, keyPem } = opensslRequest({ names: SAN });
    const read = requestFrom(pem, FILE);
    expect(read).toMatchObject({ keyType: 'ec-p256', names: NAMES, spki: spkiOfKey(keyPem) });
    const others = [
      der.toString('latin1'),
      `Certificate Request:\r\n${pem.replaceAll('\n', '\r\n')}`,
      pem.replaceAll('CERTIFICATE', 'NEW CERTIFICATE'),
      keyPem + pem,
    ];
    for (const text of others) expect(requestFrom(text, FILE)).toEqual(read);
    expect(read.pem.trim()).toBe(pem.trim());
    expect(isRequest(read.pem)).toBe(true);
  });

  it.each([
    ['rsa-2048', ['-newkey', 'rsa:2048']],
    ['ec-p384', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384']],
  ])('has a key of the type %s', (keyType, key) => {
    expect(requestFrom(opensslRequest({ key, names: SAN }).pem, FILE)).toMatchObject({ keyType });
  });

  it('of holger itself is read, too', async () => {
    const key = await generateKey();
    const read = requestFrom(pemOf('CERTIFICATE REQUEST', await createCsr(key, NAMES)), FILE);
    expect(read).toMatchObject({ names: NAMES, spki: spkiOfKey(key) });
  });

  it('asks for its common name, too, in lower case', () => {
    const named = opensslRequest({
      subject: '/O=Example/CN=MX.Example.org',
      names: 'DNS:A.example',
    });
    expect(requestFrom(named.pem, FILE).names).toEqual(['a.example', 'mx.example.org']);
    const alone = opensslRequest({ subject: '/CN=mx.example.org' });
    expect(requestFrom(alone.pem, FILE).names).toEqual(['mx.example.org']);
    expect(requestFrom(opensslRequest().pem, FILE).names).toEqual([]);
  });

  it.each([
    [
      'another curve',
      { key: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp521r1'] },
      'a key',
    ],
    ['Ed25519', { key: ['-newkey', 'ed25519'] }, 'a key that CAs do not accept'],
    ['a short RSA key', { key: ['-newkey', 'rsa:1024'] }, 'a key that CAs do not accept'],
    ['SHA-1', { more: ['-sha1'] }, 'has a signature that CAs do not accept'],
    ['an IP address', { names: `${SAN},IP:192.0.2.1` }, 'asks for more than DNS names'],
    [
      'a curve that is written out',
      {
        key: [
          ...['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
          ...['-pkeyopt', 'ec_param_enc:explicit'],
        ],
      },
      'has its key in an unusual form',
    ],
  ])('with %s is refused', (_, wish, words) => {
    const { pem } = opensslRequest({ names: SAN, ...wish });
    expect(() => requestFrom(pem, FILE)).toThrow(words);
    expect(() => requestFrom(pem, FILE)).toThrow(FILE);
  });

  it('that another key has signed is refused', () => {
    const { der } = opensslRequest({ names: SAN });
    const changed = Buffer.from(der);
    const at = changed.indexOf('mx.example.org');
    changed.write('my', at);
    expect(() => requestFrom(changed.toString('latin1'), FILE)).toThrow(
      'the certificate request in /etc/holger/mx1.csr is not signed by its own key',
    );
  });

  it('that is cut anywhere is refused in words', () => {
    const { der } = opensslRequest({ names: SAN });
    for (let length = 0; length < der.length; length += 7) {
      expect(() => requestFrom(der.subarray(0, length).toString('latin1'), FILE)).toThrow(
        'cannot be read: it is not PKCS #10 in DER',
      );
    }
  });

  it('is one, and nothing else', async () => {
    const { pem, keyPem } = opensslRequest({ names: SAN });
    expect(() => requestFrom(pem + pem, FILE)).toThrow('more than one certificate request');
    expect(() => requestFrom(keyPem, FILE)).toThrow('no certificate request, but PRIVATE KEY');
    const key = await generateKey();
    const either = { request: () => 'request', key: () => 'key' };
    expect([requestOrKey(key, either), requestOrKey(pem, either)]).toEqual(['key', 'request']);
  });
});
