import { getEventListeners, setMaxListeners } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import type { Handshake, Probe } from '../../src/ports/probe.ts';
import { createProbe } from '../../src/probe/tls.ts';
import { family, issue, type Party } from '../support/ca.ts';
import { identity, plainServer, starttlsServer, tlsServer } from './servers.ts';

const real = createProbe({ timeoutMs: 3000, clientName: 'probe.example.org' });
const NAMES = ['mx1.example.org'];
const ec = await family(NAMES);
const rsa = await family(NAMES, { algorithm: 'rsa' });
const unrelated = await issue({ name: 'Unrelated', ca: true });
const selfSigned = await issue({ dns: NAMES });

/** Short enough for a failure to be read. */
const short = (der: Uint8Array): string => toHex(der).slice(-16);
const probe = {
  handshake: async (...args: Parameters<Probe['handshake']>) =>
    brief(await real.handshake(...args)),
};
const brief = (answer: Handshake) =>
  answer.status === 'presented'
    ? { status: answer.status, chain: answer.certificates.map(short) }
    : answer;
const presented = (...parties: readonly Party[]) => ({
  status: 'presented',
  chain: parties.map((party) => short(party.der)),
});

describe('the chain is what was sent, in that order', () => {
  const cases: readonly [string, readonly Party[]][] = [
    ['leaf and intermediate', [ec.leaf, ec.intermediate]],
    ['with the self-signed root', [ec.leaf, ec.intermediate, ec.root]],
    ['wrong order', [ec.leaf, ec.root, ec.intermediate]],
    ['an unrelated one in the middle', [ec.leaf, unrelated, ec.intermediate]],
    ['an unrelated one at the end', [ec.leaf, ec.intermediate, unrelated]],
    ['the same twice', [ec.leaf, ec.intermediate, ec.intermediate]],
    ['root first, twice', [ec.leaf, ec.root, ec.root, ec.intermediate]],
    ['the leaf twice', [ec.leaf, ec.leaf, ec.intermediate]],
    ['the leaf alone', [ec.leaf]],
    ['self-signed', [selfSigned]],
    ['RSA', [rsa.leaf, rsa.intermediate]],
  ];
  const versions = ['TLSv1.3', 'TLSv1.2'] as const;
  test.each(versions.flatMap((version) => cases.map((row) => [version, ...row] as const)))(
    '%s: %s',
    async (maxVersion, _, parties) => {
      const [leaf, ...others] = parties;
      if (leaf === undefined) throw new Error('no leaf');
      const endpoint = await tlsServer({ ...identity(leaf, ...others), maxVersion });
      expect(await probe.handshake(endpoint, [], {})).toEqual(presented(...parties));
    },
  );
});

describe('the chain of each certificate', () => {
  const both = {
    key: [ec.leaf.keyPem, rsa.leaf.keyPem],
    cert: [identity(ec.leaf, ec.intermediate).cert, identity(rsa.leaf, rsa.intermediate).cert],
  };
  test.each(['TLSv1.3', 'TLSv1.2'] as const)('of a server with two, %s', async (maxVersion) => {
    const endpoint = await tlsServer({ ...both, maxVersion });
    const first = await probe.handshake(endpoint, [], {});
    const second = await probe.handshake(endpoint, ['ecdsa'], {});
    // The client or the server may decide what a client of TLS 1.2 gets.
    const chains = [presented(ec.leaf, ec.intermediate), presented(rsa.leaf, rsa.intermediate)];
    expect(chains).toContainEqual(first);
    expect(second).toEqual(presented(rsa.leaf, rsa.intermediate));
  });

  test('an ECDSA leaf under an RSA authority is presented', async () => {
    const authority = await issue({ name: 'RSA Root', ca: true, algorithm: 'rsa' });
    const leaf = await issue({ dns: NAMES, issuer: authority });
    const endpoint = await tlsServer(identity(leaf, authority));
    expect(await probe.handshake(endpoint, [], {})).toEqual(presented(leaf, authority));
  });
});

test('name, date and trust are not judged', async () => {
  const leaf = await issue({ dns: ['other.example.org'], notBefore: 0, notAfter: 86_400 });
  const endpoint = await tlsServer(identity(leaf));
  expect(await probe.handshake(endpoint, [], {})).toEqual(presented(leaf));
});

test('the server name is sent, and an address is not', async () => {
  const names: unknown[] = [];
  const endpoint = await tlsServer(identity(ec.leaf), (socket: TLSSocket) => {
    names.push((socket as TLSSocket & { servername?: unknown }).servername);
  });
  await probe.handshake(endpoint, [], {});
  await probe.handshake({ ...endpoint, serverName: '192.0.2.1' }, [], {});
  await expect.poll(() => names).toEqual(['mx1.example.org', false]);
});

test('a session is never resumed', async () => {
  const reused: boolean[] = [];
  const endpoint = await tlsServer(identity(ec.leaf), (socket) => {
    reused.push(socket.isSessionReused());
  });
  for (let n = 0; n < 3; n += 1) await probe.handshake(endpoint, [], {});
  await expect.poll(() => reused).toEqual([false, false, false]);
});

describe('what was agreed upon', () => {
  test.each([
    ['TLSv1.3', 'TLS_AES_256_GCM_SHA384'],
    ['TLSv1.2', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
  ] as const)('%s', async (maxVersion, cipher) => {
    const options = { ...identity(ec.leaf), maxVersion, ecdhCurve: 'prime256v1' };
    const answer = await real.handshake(await tlsServer(options), [], {});
    const session = { version: maxVersion, cipher, group: 'prime256v1' };
    expect(answer).toMatchObject({ status: 'presented', session });
  });

  test('nothing, where the server broke off after its certificates', async () => {
    const insists = { requestCert: true, rejectUnauthorized: true, maxVersion: 'TLSv1.2' as const };
    const answer = await real.handshake(
      await tlsServer({ ...identity(ec.leaf), ...insists }),
      [],
      {},
    );
    expect(Object.keys(answer)).toEqual(['status', 'certificates', 'algorithm']);
  });
});

test('XMPP over direct TLS announces XMPP and the domain in the handshake (XEP-0368)', async () => {
  const chosen: unknown[] = [];
  const options = { ...identity(ec.leaf), ALPNProtocols: ['xmpp-client', 'xmpp-server'] };
  const endpoint = await tlsServer(options, (socket) => {
    chosen.push(socket.alpnProtocol, (socket as TLSSocket & { servername?: unknown }).servername);
  });
  const xmppDomain = 'example.org';
  for (const protocol of ['xmpps-client', 'xmpps-server', 'tls'] as const) {
    const answer = await probe.handshake({ ...endpoint, protocol, xmppDomain }, [], {});
    expect(answer).toEqual(presented(ec.leaf));
  }
  await expect
    .poll(() => chosen)
    .toEqual([
      ...['xmpp-client', 'example.org', 'xmpp-server', 'example.org'],
      ...[false, 'mx1.example.org'],
    ]);
});

describe('STARTTLS', () => {
  const smtp = { EHLO: '250-mx\r\n250 STARTTLS', STARTTLS: '220 go!', QUIT: '221 bye' };
  const imap = { 'a CAP': '* CAPABILITY STARTTLS\r\na OK', 'b START': 'b OK!', bye: 'bye OK' };
  const pop3 = { CAPA: '+OK\r\nSTLS\r\n.', STLS: '+OK!', QUIT: '+OK' };
  test.each([
    ['smtp', '220 mx', smtp, 'QUIT'],
    ['imap', '* OK hi', imap, 'bye LOGOUT'],
    ['pop3', '+OK hi', pop3, 'QUIT'],
  ] as const)(
    '%s: chain, and a regular end inside TLS',
    async (protocol, greeting, script, last) => {
      const seen: string[] = [];
      const tls = identity(ec.leaf, ec.intermediate);
      const endpoint = await starttlsServer(protocol, greeting, { ...script }, tls, seen);
      expect(await probe.handshake(endpoint, [], {})).toEqual(presented(ec.leaf, ec.intermediate));
      await expect.poll(() => seen.at(-1)).toBe(last);
    },
  );

  test('no-tls without STARTTLS, and the end is regular too', async () => {
    const seen: string[] = [];
    const script = { EHLO: '250-mx\r\n250 SIZE', QUIT: '221 bye' };
    const endpoint = await starttlsServer('smtp', '220 mx', script, {}, seen);
    expect(await probe.handshake(endpoint, [], {})).toMatchObject({ status: 'no-tls' });
    await expect.poll(() => seen).toEqual(['EHLO probe.example.org', 'QUIT']);
  });

  test('a server that sends no goodbye is not waited for', async () => {
    const script = { EHLO: smtp.EHLO, STARTTLS: smtp.STARTTLS };
    const endpoint = await starttlsServer('smtp', '220 mx', script, identity(ec.leaf));
    const started = performance.now();
    for (let n = 0; n < 5; n += 1) await probe.handshake(endpoint, [], {});
    expect(performance.now() - started).toBeLessThan(1500);
  });

  test('data in the clear after the answer is refused, in the same piece or in the next', async () => {
    const act = (together: boolean) => (socket: Socket) => {
      socket.write('220 mx\r\n');
      socket.once('data', () => {
        socket.write('250-mx\r\n250 STARTTLS\r\n');
        socket.once('data', () => {
          socket.write(together ? '220 go\r\n250 injected\r\n' : '220 go\r\n');
          if (!together) setTimeout(() => socket.write('250 injected\r\n'), 20);
        });
      });
    };
    const once = await plainServer('smtp', act(true));
    expect(await probe.handshake(once, [], {})).toMatchObject({ status: 'protocol-error' });
    const later = await plainServer('smtp', act(false));
    expect(await probe.handshake(later, [], {})).toMatchObject({ status: 'tls-failed' });
  });
});

describe('each failure has its own name', () => {
  const quick = createProbe({ timeoutMs: 200, clientName: 'probe.example.org' });
  const closing = (socket: Socket): void => void socket.end('');
  const silent = (): void => undefined;

  test('refused', async () => {
    const endpoint = { ...(await plainServer('tls', silent)), port: 1 };
    expect(await probe.handshake(endpoint, [], {})).toMatchObject({ status: 'refused' });
  });

  test.each(['tls', 'smtp', 'imap', 'pop3'] as const)(
    'timeout: a silent %s server',
    async (protocol) => {
      const endpoint = await plainServer(protocol, silent);
      expect(await quick.handshake(endpoint, [], {})).toMatchObject({ status: 'timeout' });
    },
  );

  test('a deadline ends a handshake after thousands of others, also when memory was collected meanwhile', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const { signal } = new AbortController();
    setMaxListeners(0, signal);
    const endpoint = await plainServer('smtp', silent);
    const look = (port: number): Promise<Handshake> =>
      quick.handshake({ ...endpoint, port }, [], { signal });
    // Code that has run so often is compiled again, and keeps no reference that it does not read
    // again.
    for (let round = 0; round < 50; round += 1)
      await Promise.all(Array.from({ length: 50 }, () => look(1)));
    const looks = Array.from({ length: 50 }, () => look(endpoint.port));
    await sleep(50);
    collect();
    const ended = await Promise.race([Promise.all(looks), sleep(2000)]);
    expect(ended?.map(({ status }) => status)).toEqual(looks.map(() => 'timeout'));
    // A run has one signal for all of them.
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('a deadline is for the whole handshake, not for each byte', async () => {
    const endpoint = await plainServer('smtp', (socket) => {
      const timer = setInterval(() => socket.write('220-x\r\n'), 30);
      socket.on('close', () => clearInterval(timer));
    });
    const started = Date.now();
    expect(await quick.handshake(endpoint, [], {})).toMatchObject({ status: 'timeout' });
    expect(Date.now() - started).toBeLessThan(1500);
  });

  test('no-route: this machine cannot send there', async () => {
    const endpoint = { address: '255.255.255.255', port: 25, protocol: 'tls' as const };
    const answer = await probe.handshake({ ...endpoint, serverName: 'x.example.org' }, [], {});
    expect(answer.status).toBe('no-route');
  });

  test('a server that closes: before TLS, during TLS', async () => {
    const smtp = await plainServer('smtp', closing);
    expect(await probe.handshake(smtp, [], {})).toMatchObject({ status: 'protocol-error' });
    const tls = await plainServer('tls', closing);
    expect(await probe.handshake(tls, [], {})).toMatchObject({ status: 'tls-failed' });
  });

  test('a server that resets, or speaks no TLS', async () => {
    const reset = await plainServer('tls', (socket) => {
      socket.once('data', () => socket.resetAndDestroy());
    });
    expect(await probe.handshake(reset, [], {})).toMatchObject({ status: 'tls-failed' });
    const http = await plainServer('tls', (socket) => void socket.end('HTTP/1.1 400\r\n\r\n'));
    expect(await probe.handshake(http, [], {})).toMatchObject({ status: 'tls-failed' });
  });

  test('a server that wants a client certificate still presents its own', async () => {
    for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
      const options = { requestCert: true, rejectUnauthorized: true, maxVersion };
      const endpoint = await tlsServer({ ...identity(ec.leaf), ...options });
      expect(await probe.handshake(endpoint, [], {})).toEqual(presented(ec.leaf));
    }
  });

  test('an abort rejects with its reason', async () => {
    const endpoint = await plainServer('smtp', silent);
    const control = new AbortController();
    setTimeout(() => control.abort(new Error('stopped by the operator')), 50);
    const call = { signal: control.signal };
    await expect(probe.handshake(endpoint, [], call)).rejects.toThrow('stopped by the operator');
    await expect(probe.handshake(endpoint, [], call)).rejects.toThrow('stopped by the operator');
  });
});
