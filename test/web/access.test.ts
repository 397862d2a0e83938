// Which requests are answered.
import { describe, expect, it } from 'vitest';
import { gatekeeper } from '../../src/web/access.ts';
import type { Asked } from '../../src/web/access.ts';
import type { Access } from '../../src/web/served.ts';

const LOOPBACK = { host: '127.0.0.1', port: 8443 };
const SOCKET = { socket: '/run/holger/serve.sock' };
const TOKEN = 'correct-horse-battery';
const open: Access = { names: [], proxies: [] };

const asked: Asked = {
  ...{ host: '127.0.0.1:8443', peer: '127.0.0.1', authorization: undefined, user: undefined },
};
const status = (listen: Parameters<typeof gatekeeper>[0], access: Access, more: Partial<Asked>) =>
  gatekeeper(listen, access)({ ...asked, ...more })?.status;

describe('the Host header', () => {
  it.each([
    '127.0.0.1:8443',
    'localhost',
    'LOCALHOST:8443',
    '[::1]:8443',
    'localhost.',
    'holger.example.org',
    'HOLGER.example.org:443',
  ])('names this server: %s', (host) => {
    expect(status(LOOPBACK, { ...open, names: ['holger.example.org'] }, { host })).toBeUndefined();
  });

  it.each([
    undefined,
    '',
    'evil.example',
    'localhost.evil.example',
    'localhost:8443:1',
    'localhost/',
    'localhost evil',
    'user@localhost',
    '[localhost]',
    '[127.0.0.1]',
    '192.0.2.1',
    'localhost:999999',
  ])('that is another one is refused: %s', (host) => {
    expect(status(LOOPBACK, open, { host })).toBe(421);
  });

  it('is refused before a right token is looked at', () => {
    const access = { ...open, token: TOKEN };
    const authorization = `Bearer ${TOKEN}`;
    expect(status(LOOPBACK, access, { host: 'evil.example', authorization })).toBe(421);
  });

  it('does not matter on a socket, which no browser reaches', () => {
    expect(status(SOCKET, open, { host: 'anything', peer: undefined })).toBeUndefined();
  });

  it('of all addresses is one of this machine, or a configured name', () => {
    const listen = { host: '0.0.0.0', port: 443 };
    expect(status(listen, open, { host: '192.0.2.7' })).toBe(421);
    expect(status(listen, { ...open, names: ['192.0.2.7'] }, { host: '192.0.2.7' })).toBe(
      undefined,
    );
  });
});

describe('a token', () => {
  const access: Access = { ...open, token: TOKEN };

  it('lets a request in', () => {
    expect(status(LOOPBACK, access, { authorization: `Bearer ${TOKEN}` })).toBeUndefined();
    expect(status(LOOPBACK, access, { authorization: `bearer  ${TOKEN}` })).toBeUndefined();
  });

  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    `Basic ${TOKEN}`,
    TOKEN,
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(0, -1)}`,
    `Bearer ${TOKEN} ${TOKEN}`,
    `Bearer ${'x'.repeat(5000)}`,
  ])('that is wrong is refused: %s', (authorization) => {
    expect(status(LOOPBACK, access, { authorization })).toBe(401);
  });

  it('is needed on a socket too, where one is configured', () => {
    expect(status(SOCKET, access, { peer: undefined })).toBe(401);
  });
});

describe('the header of a reverse proxy', () => {
  const access: Access = { ...open, userHeader: 'x-forwarded-user', proxies: ['192.0.2.7'] };

  it('counts from that proxy alone', () => {
    const user = 'ops';
    expect(status(LOOPBACK, access, { user, peer: '192.0.2.7' })).toBeUndefined();
    expect(status(LOOPBACK, access, { user, peer: '::ffff:192.0.2.7' })).toBeUndefined();
    expect(status(LOOPBACK, access, { user, peer: '192.0.2.8' })).toBe(401);
    expect(status(LOOPBACK, access, { user, peer: undefined })).toBe(401);
    expect(status(LOOPBACK, access, { peer: '192.0.2.7' })).toBe(401);
    expect(status(LOOPBACK, access, { user: '', peer: '192.0.2.7' })).toBe(401);
  });

  it('counts on a socket, and beside a token', () => {
    expect(status(SOCKET, access, { user: 'ops', peer: undefined })).toBeUndefined();
    const both = { ...access, token: TOKEN };
    expect(status(LOOPBACK, both, { authorization: `Bearer ${TOKEN}` })).toBeUndefined();
    expect(status(LOOPBACK, both, { user: 'ops', peer: '192.0.2.7' })).toBeUndefined();
  });

  it('means nothing where it is not configured', () => {
    const token = { ...open, token: TOKEN, proxies: ['192.0.2.7'] };
    expect(status(LOOPBACK, token, { user: 'ops', peer: '192.0.2.7' })).toBe(401);
  });
});
