// Servers with one certificate, with several, and with preferences: every offer is made, also when
// one kind is wanted.
import type { Socket } from 'node:net';
import { generateKeyPairSync } from 'node:crypto';
import { createSecureContext, TLSSocket, type TlsOptions } from 'node:tls';
import { describe, expect, test } from 'vitest';
import type { KeyAlgorithm } from '../../src/dane/key-algorithm.ts';
import type { Endpoint, Handshake } from '../../src/ports/probe.ts';
import { createProbe } from '../../src/probe/tls.ts';
import { certify, selfSigned, type Identity, type Kind } from '../support/certificates.ts';
import { plainServer, tlsServer } from './servers.ts';

const probe = createProbe({ timeoutMs: 3000, clientName: 'probe.example.org' });
/** Mozilla's. */
const AEAD =
  'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305';
const KINDS = ['ecdsa', 'rsa', 'ed25519', 'ed448', 'rsa-pss'] as const;
const identities = Object.fromEntries(
  KINDS.map((kind) => [kind, selfSigned(kind, 'mx1.example.org')]),
) as Readonly<Record<Kind, Identity>>;

const holding = (kinds: readonly Kind[]): TlsOptions => ({
  key: kinds.map((kind) => identities[kind].keyPem),
  cert: kinds.map((kind) => identities[kind].pem),
  honorCipherOrder: false,
});

const shown = (shake: Handshake): string =>
  shake.status === 'presented' ? shake.algorithm : shake.status;

/** One handshake for each kind, as `run` and `check` make them. */
async function survey(endpoint: Endpoint): Promise<readonly string[]> {
  const seen: KeyAlgorithm[] = [];
  for (;;) {
    const shake = await probe.handshake(endpoint, seen, {});
    if (shake.status !== 'presented' || seen.includes(shake.algorithm)) {
      return [...seen, shown(shake)];
    }
    seen.push(shake.algorithm);
  }
}

const ML_DSA: readonly number[] = [0x0904, 0x0905, 0x0906];
const ECDSA_P256 = 0x0403;

/** Accepts what begins as OpenSSL's own offers do, and ends everything else. */
function choosyServer(options: TlsOptions, end: (socket: Socket) => void): Promise<Endpoint> {
  return plainServer('tls', (socket) => {
    socket.once('data', (hello: Buffer) => {
      if (firstSignatureIn(hello) !== ECDSA_P256) return end(socket);
      socket.pause();
      socket.unshift(hello);
      const secureContext = createSecureContext(options);
      new TLSSocket(socket, { isServer: true, secureContext }).on('error', () => undefined);
    });
  });
}

/**
 * Of the extension signature_algorithms of a ClientHello in one record (RFC 8446 §4.1.2, §4.2.3):
 * the first but ML-DSA, which newer releases of OpenSSL put in front of all others.
 */
function firstSignatureIn(hello: Buffer): number | undefined {
  let at = 43;
  at += 1 + hello.readUInt8(at);
  at += 2 + hello.readUInt16BE(at);
  at += 1 + hello.readUInt8(at);
  for (at += 2; at + 4 <= hello.length; at += 4 + hello.readUInt16BE(at + 2)) {
    if (hello.readUInt16BE(at) !== 13) continue;
    const all = Array.from({ length: hello.readUInt16BE(at + 4) / 2 }, (_, index) =>
      hello.readUInt16BE(at + 6 + 2 * index),
    );
    return all.find((one) => !ML_DSA.includes(one));
  }
  return undefined;
}

/** A server, and the errors that it would write into its log. */
async function serverWith(options: TlsOptions): Promise<{ endpoint: Endpoint; errors: string[] }> {
  const errors: string[] = [];
  const endpoint = await tlsServer(options, undefined, (error) => errors.push(error.message));
  return { endpoint, errors };
}

describe('K17: TLS works or fails by the offer that all clients make', () => {
  test('a server with ciphers that mail clients offer and Node omits is observed', async () => {
    const ciphers = 'ECDHE-RSA-CAMELLIA128-SHA256';
    const endpoint = await tlsServer({ ...holding(['rsa']), maxVersion: 'TLSv1.2', ciphers });
    expect(await survey(endpoint)).toContain('rsa');
  });

  test('an RSA key of 1024 bits is accepted, as mail clients do', async () => {
    const key = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
    const { pem, keyPem } = certify({ subject: 'mx1.example.org', key });
    const ciphers = 'DEFAULT:@SECLEVEL=0';
    const endpoint = await tlsServer({ key: keyPem, cert: pem, ciphers });
    expect(await survey(endpoint)).toContain('rsa');
  });

  test.each(KINDS)('%s: a certificate of this kind is presented', async (kind) => {
    for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
      const endpoint = await tlsServer({ ...holding([kind]), maxVersion });
      expect(await probe.handshake(endpoint, [], {})).toMatchObject({
        ...{ status: 'presented', algorithm: kind, session: { version: maxVersion } },
        certificates: [identities[kind].der],
      });
    }
  });

  const several: readonly [string, readonly Kind[], TlsOptions][] = [
    ['ECDSA and RSA', ['ecdsa', 'rsa'], {}],
    ['by an order of its own', ['ecdsa', 'rsa'], { honorCipherOrder: true }],
    ['TLS 1.2 alone', ['ecdsa', 'rsa'], { maxVersion: 'TLSv1.2' }],
    [
      'TLS 1.2 by an order of its own',
      ['ecdsa', 'rsa'],
      { maxVersion: 'TLSv1.2', honorCipherOrder: true },
    ],
    ['TLS 1.3 alone', ['ecdsa', 'rsa'], { minVersion: 'TLSv1.3' }],
    ['AEAD ciphers alone', ['ecdsa', 'rsa'], { ciphers: AEAD, honorCipherOrder: true }],
    ['ECDSA and Ed25519', ['ecdsa', 'ed25519'], {}],
    ['RSA and RSA-PSS', ['rsa', 'rsa-pss'], {}],
    ['RSA and Ed448', ['rsa', 'ed448'], {}],
    ['three', ['ecdsa', 'rsa', 'ed25519'], {}],
  ];
  test.each(several)(
    'each certificate of a server with several is seen: %s',
    async (_, kinds, options) => {
      const endpoint = await tlsServer({ ...holding(kinds), ...options });
      const found = await survey(endpoint);
      expect(new Set(found.filter((one) => one !== 'no-certificate'))).toEqual(new Set(kinds));
    },
  );

  const ALERTS = [
    20, 22, 40, 42, 43, 46, 47, 48, 49, 50, 51, 70, 71, 80, 86, 90, 109, 110, 112, 115, 116, 120,
  ];
  const endings: readonly [string, (socket: Socket) => void][] = [
    ...ALERTS.map((alert): [string, (socket: Socket) => void] => [
      `alert ${alert}`,
      (socket) => socket.end(Buffer.from([21, 3, 3, 0, 2, 2, alert])),
    ]),
    ['a reset', (socket) => socket.resetAndDestroy()],
    ['a close', (socket) => socket.end()],
    ['text', (socket) => socket.end('500 what?\r\n')],
  ];
  test.each(endings)(
    'a failure after an offer that a server refuses means "not offered": %s',
    async (_, end) => {
      const endpoint = await choosyServer(holding(['ecdsa']), end);
      expect(shown(await probe.handshake(endpoint, [], {}))).toBe('ecdsa');
      expect(shown(await probe.handshake(endpoint, ['ecdsa'], {}))).toBe('no-certificate');
    },
  );

  test.each(endings)(
    'a failure after the offer of all clients is a failure of TLS: %s',
    async (_, end) => {
      const endpoint = await plainServer(
        'tls',
        (socket) => void socket.once('data', () => end(socket)),
      );
      expect(shown(await probe.handshake(endpoint, [], {}))).toBe('tls-failed');
    },
  );

  test('silence after an offer that a server refuses means "not offered" too', async () => {
    const quick = createProbe({ timeoutMs: 300, clientName: 'probe.example.org' });
    const endpoint = await plainServer('tls', () => undefined);
    expect(shown(await quick.handshake(endpoint, [], {}))).toBe('timeout');
    expect(shown(await quick.handshake(endpoint, ['ecdsa'], {}))).toBe('no-certificate');
  });

  test('a server that has ciphers of RSA encryption alone is observed', async () => {
    const endpoint = await tlsServer({ ...holding(['rsa']), ciphers: 'AES256-SHA:AES128-SHA' });
    expect(await survey(endpoint)).toEqual(['rsa', 'rsa']);
  });

  test('a server that has neither TLS 1.2 nor 1.3 is reported as such', async () => {
    const endpoint = await plainServer('tls', (socket) => {
      socket.once('data', () => socket.end(Buffer.from([21, 3, 1, 0, 2, 2, 70])));
    });
    expect(await probe.handshake(endpoint, [], {})).toMatchObject({
      status: 'tls-failed',
      detail: expect.stringContaining('the server has neither TLS 1.2 nor TLS 1.3'),
    });
  });
});

describe('K50: handshakes leave no errors in the log of a server', () => {
  const cases: readonly [string, readonly Kind[], TlsOptions][] = [
    ...KINDS.map((kind): [string, readonly Kind[], TlsOptions] => [`${kind} alone`, [kind], {}]),
    ['ECDSA by an order of its own', ['ecdsa'], { honorCipherOrder: true }],
    ['RSA by an order of its own', ['rsa'], { honorCipherOrder: true }],
    ['ECDSA in TLS 1.2', ['ecdsa'], { maxVersion: 'TLSv1.2' }],
    ['AEAD ciphers alone', ['rsa'], { ciphers: AEAD }],
    ['both', ['ecdsa', 'rsa'], {}],
  ];
  test.each(cases)(
    'all certificates are observed, and no handshake fails: %s',
    async (_, kinds, options) => {
      const { endpoint, errors } = await serverWith({ ...holding(kinds), ...options });
      const found = await survey(endpoint);
      expect(found).not.toContain('no-certificate');
      expect(errors).toEqual([]);
    },
  );
});
