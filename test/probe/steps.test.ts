// How long a handshake may take, and the name in EHLO.
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, test } from 'vitest';
import { addressLiteral } from '../../src/probe/address-literal.ts';
import { createProbe } from '../../src/probe/tls.ts';
import { selfSigned } from '../support/certificates.ts';
import { plainServer, starttlsServer, tlsServer } from './servers.ts';

const leaf = selfSigned('ecdsa', 'mx1.example.org');
const tls = { key: leaf.keyPem, cert: leaf.pem };

describe('K15: one limit for each step of a handshake', () => {
  it('a server that is slow at each step is observed, although all steps together take longer than one may', async () => {
    const script = { EHLO: '250-mx\r\n250 STARTTLS', STARTTLS: '220 go!', QUIT: '221 bye' };
    const endpoint = await starttlsServer('smtp', '220 mx', script, tls, [], 300);
    const probe = createProbe({ timeoutMs: 500, clientName: 'probe.example.org' });
    expect(await probe.handshake(endpoint, [], {})).toMatchObject({ status: 'presented' });
  });

  it('a greeting that does not come is named, with the length of the wait', async () => {
    const probe = createProbe({ timeoutMs: 200, clientName: 'probe.example.org' });
    expect(await probe.handshake(await plainServer('smtp', () => undefined), [], {})).toEqual({
      status: 'timeout',
      detail: 'no greeting within 0.2 s',
    });
    const endpoint = await plainServer('smtp', (socket) => void socket.write('220 mx\r\n'));
    expect(await probe.handshake(endpoint, [], {})).toEqual({
      status: 'timeout',
      detail: 'no answer before TLS within 0.2 s',
    });
    expect(await probe.handshake(await plainServer('tls', () => undefined), [], {})).toEqual({
      status: 'timeout',
      detail: 'no TLS handshake within 0.2 s',
    });
  });

  it('a server that uses up the time of every step is ended', async () => {
    const endpoint = await plainServer('ftp', (socket) => {
      socket.write('120 ready in a while\r\n');
      // Each answer comes in time, and there is always one more.
      const answers = ['220 ftp', '500 what?', '1', '1'];
      const timer = setInterval(() => socket.write(`${answers.shift() ?? ''}\r\n`), 250);
      socket.on('close', () => clearInterval(timer));
    });
    const probe = createProbe({ timeoutMs: 300, clientName: 'probe.example.org' });
    const started = performance.now();
    const { status } = await probe.handshake(endpoint, [], {});
    expect(status).not.toBe('presented');
    expect(performance.now() - started).toBeLessThan(4 * 300 + 500);
  });
});

describe('K18: without a name of its own the machine sends its address', () => {
  test.each([
    ['192.0.2.1', '[192.0.2.1]'],
    ['::ffff:192.0.2.1', '[192.0.2.1]'],
    ['2001:db8::1', '[IPv6:2001:db8::1]'],
    ['fe80::1%eth0', '[IPv6:fe80::1]'],
  ])('%s', (address, literal) => {
    expect(addressLiteral(address)).toBe(literal);
  });

  test('in EHLO', async () => {
    const seen: string[] = [];
    const script = { EHLO: '250-mx\r\n250 STARTTLS', STARTTLS: '220 go!', QUIT: '221 bye' };
    const endpoint = await starttlsServer('smtp', '220 mx', script, tls, seen);
    const probe = createProbe({ timeoutMs: 3000, clientName: undefined });
    expect(await probe.handshake(endpoint, [], {})).toMatchObject({ status: 'presented' });
    expect(seen[0]).toBe('EHLO [127.0.0.1]');
  });
});

describe('K50: a goodbye in each protocol, within TLS from the first octet too', () => {
  test.each([
    ['smtps', '220 mx', 'QUIT'],
    ['imaps', '* OK hi', 'bye LOGOUT'],
    ['pop3s', '+OK hi', 'QUIT'],
    ['ftps', '220 ftp', 'QUIT'],
    ['nntps', '200 news', 'QUIT'],
  ] as const)('%s: after the greeting, and not before', async (protocol, greeting, last) => {
    const heard: string[] = [];
    const endpoint = await tlsServer(tls, (socket) => {
      socket.on('data', (data: Buffer) => heard.push(data.toString().trim()));
      socket.on('end', () => heard.push('end'));
      void sleep(200).then(() => {
        heard.push('greeting');
        socket.write(`${greeting}\r\n`);
      });
    });
    const probe = createProbe({ timeoutMs: 3000, clientName: 'probe.example.org' });
    expect(await probe.handshake({ ...endpoint, protocol }, [], {})).toMatchObject({
      status: 'presented',
    });
    await expect.poll(() => heard.slice(0, 2)).toEqual(['greeting', last]);
  });

  test('ldaps: an unbind', async () => {
    const heard: Buffer[] = [];
    const endpoint = await tlsServer(tls, (socket) =>
      socket.on('data', (it: Buffer) => heard.push(it)),
    );
    const probe = createProbe({ timeoutMs: 3000, clientName: 'probe.example.org' });
    await probe.handshake({ ...endpoint, protocol: 'ldaps' }, [], {});
    await expect.poll(() => Buffer.concat(heard).toString('hex')).toBe('30050201024200');
  });
});
