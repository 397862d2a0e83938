// The HTTP server on a real socket: what it answers, and what it does not.
import { mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { silentLogger } from '../../src/base/log.ts';
import { openWebServer } from '../../src/web/server.ts';
import type { WebServer } from '../../src/web/server.ts';
import type { Access, Listen, Pages, Served } from '../../src/web/served.ts';

const PAGES: Pages = {
  list: ({ q = 'no q', state = 'no state', page = 'no page' }) => `<p>${q}, ${state}, ${page}`,
  certificate: (name, isWhole) => (name === 'mx1' ? `<p>${name} ${isWhole}` : undefined),
  notice: (message) => `<h1>${message}`,
  style: 'p { margin: 0 }',
};
const SERVED: Served = {
  pages: PAGES,
  certificates: () => Buffer.from('{"certificates":[]}'),
  certificate: (name) => (name === 'mx1' ? '{"status":{}}' : undefined),
  history: (name) => (name === 'mx1' ? '{"events":[]}' : undefined),
  metrics: () => 'holger_build_info 1\n',
  late: () => undefined,
};
const PATHS = [
  ...['/healthz', '/metrics', '/api/v1/openapi.json', '/api/v1/certificates'],
  ...['/api/v1/certificates/mx1', '/api/v1/history/mx1'],
];
const PAGE_PATHS = ['/', '/certificates/mx1', '/style.css'];

interface Started {
  readonly server: WebServer;
  readonly refused: string[];
}

async function start(
  { served = {}, access = {} }: { served?: Partial<Served>; access?: Partial<Access> } = {},
  listen: Listen = { host: '127.0.0.1', port: 0 },
): Promise<Started> {
  const refused: string[] = [];
  const log = { ...silentLogger, warn: (message: string) => refused.push(message) };
  const server = await openWebServer({
    ...{ version: '1', listen, log, served: { ...SERVED, ...served } },
    access: { names: [], proxies: [], ...access },
  });
  onTestFinished(() => server.close());
  return { server, refused };
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

function ask(
  { server }: Started,
  path: string,
  { method = 'GET', headers = {}, body = '' } = {},
): Promise<Answer> {
  const socket = server.address.startsWith('/');
  const [host, port] = server.address.split(':');
  const where = socket ? { socketPath: server.address } : { host, port };
  return new Promise((resolve, reject) => {
    const sent = request({ ...where, path, method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (more: string) => (text += more));
      response.on('end', () => {
        const { statusCode: status = 0, headers: got } = response;
        resolve({ status, body: text, headers: got });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** What comes back for these bytes, until the server closes the connection. */
function raw({ server }: Started, bytes: string, patience = 3000): Promise<string> {
  const [host, port] = server.address.split(':');
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(Number(port), host, () => socket.write(bytes));
    socket.on('data', (more) => (text += more.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
    setTimeout(() => socket.destroy(), patience);
  });
}

describe('the HTTP server', () => {
  it('answers GET and HEAD at each path of its description, and at no other', async () => {
    const started = await start();
    for (const path of PATHS) {
      expect(await ask(started, path), path).toMatchObject({ status: 200 });
      expect(await ask(started, path, { method: 'HEAD' }), path).toMatchObject({
        ...{ status: 200, body: '' },
      });
    }
    const { body } = await ask(started, '/api/v1/openapi.json');
    const described = Object.keys((JSON.parse(body) as { paths: object }).paths);
    expect(described.map((path) => path.replace('{name}', 'mx1')).sort()).toEqual(PATHS.sort());
    for (const path of [
      '/api',
      '/certificates',
      '/certificates/none',
      '/api/v1/certificates/none',
      '/metrics/',
      '/favicon.ico',
    ]) {
      expect(await ask(started, path), path).toMatchObject({ status: 404 });
    }
  });

  it('says that nothing may be run, framed, stored or guessed', async () => {
    const started = await start();
    for (const path of [...PATHS, '/nothing', '/%zz']) {
      expect((await ask(started, path)).headers, path).toMatchObject({
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
      });
    }
  });

  it('answers browsers: pages may use the stylesheet, and run, load or send nothing else', async () => {
    const started = await start();
    for (const path of ['/', '/certificates/mx1', '/certificates/none']) {
      const { headers, status } = await ask(started, path);
      expect(status, path).toBe(path.endsWith('none') ? 404 : 200);
      expect(headers, path).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy':
          "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
        'cache-control': 'no-store',
      });
      expect(await ask(started, path, { method: 'HEAD' })).toMatchObject({ body: '', status });
    }
    const style = await ask(started, '/style.css');
    expect(style.headers['content-type']).toBe('text/css; charset=utf-8');
    expect(style.body).toBe(PAGES.style);
  });

  it('hands on what the form sends; of what is there twice, none counts', async () => {
    const started = await start();
    const shown = async (path: string) => (await ask(started, path)).body;
    expect(await shown('/?q=mx%201&state=idle&page=2')).toBe('<p>mx 1, idle, 2');
    expect(await shown('/?q=a&q=b&page=%zz&__proto__=x')).toBe('<p>no q, no state, %zz');
    expect(await shown('/certificates/mx1?history=all')).toBe('<p>mx1 true');
    expect(await shown('/certificates/mx1?history=1')).toBe('<p>mx1 false');
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND'])(
    'refuses %s',
    async (method) => {
      const started = await start();
      const body = ['POST', 'PUT', 'PATCH'].includes(method) ? 'x'.repeat(9) : '';
      const { status } = await ask(started, '/api/v1/certificates', { method, body });
      expect(status).toBe(405);
    },
  );

  it.each([
    '/api/v1/certificates/../../../etc/passwd',
    '/api/v1/certificates/..%2f..%2fetc%2fpasswd',
    '/api/v1/history/%00',
    `/api/v1/history/${'a'.repeat(2000)}`,
    '//evil.example/',
    '/api/v1/certificates/mx1/../../../x',
  ])('finds nothing at %s', async (path) => {
    const { status, body } = await ask(await start(), path);
    expect([400, 404, 414]).toContain(status);
    expect(body).not.toMatch(/passwd|evil|root/);
  });

  it('is ill when rounds are late, and says so without a token; all else needs one', async () => {
    const started = await start({
      access: { token: 'correct-horse' },
      served: { late: () => 'x' },
    });
    expect(await ask(started, '/healthz')).toMatchObject({
      ...{ status: 503, body: '{"status":"late","detail":"x"}' },
    });
    for (const path of [...PATHS, ...PAGE_PATHS].filter((it) => it !== '/healthz')) {
      expect(await ask(started, path), path).toMatchObject({ status: 401 });
      const headers = { authorization: 'Bearer correct-horse' };
      expect(await ask(started, path, { headers }), path).toMatchObject({ status: 200 });
    }
  });

  it('refuses another Host, at every path, and a flood of these is one line of the log', async () => {
    const started = await start();
    const headers = { host: 'evil.example' };
    for (const path of [...PATHS, ...PAGE_PATHS, ...PATHS, '/nothing']) {
      expect(await ask(started, path, { headers }), path).toMatchObject({ status: 421 });
    }
    expect(started.refused).toEqual(['request refused']);
  });

  it('is not ready before the certificates were read', async () => {
    const pages = { ...PAGES, list: () => undefined };
    const started = await start({ served: { certificates: () => undefined, pages } });
    expect(await ask(started, '/api/v1/certificates')).toMatchObject({ status: 503 });
    expect(await ask(started, '/')).toMatchObject({
      ...{ status: 503, body: expect.stringContaining('being read') as string },
    });
  });

  it('shows nothing of an error of its own', async () => {
    const served = {
      metrics: () => {
        throw new Error('the secret is in this message');
      },
    };
    const answer = await ask(await start({ served }), '/metrics');
    expect(answer).toMatchObject({ status: 500 });
    expect(answer.body).not.toContain('secret');
  });

  it('refuses headers that are too large, two hosts, and what is not HTTP', async () => {
    const started = await start();
    const get = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n';
    expect(await raw(started, `${get}X: ${'a'.repeat(9000)}\r\n\r\n`)).toMatch(/^HTTP\/1.1 431/);
    expect(await raw(started, `${get}Host: evil\r\nConnection: close\r\n\r\n`)).not.toMatch(
      /^HTTP\/1.1 200/,
    );
    expect(await raw(started, 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n')).toMatch(
      /^HTTP\/1.1 4/,
    );
    expect(await raw(started, `${get}A: b\r\n c: d\r\n\r\n`)).not.toMatch(/^HTTP\/1.1 200/);
    expect(await raw(started, '\u0016\u0003\u0001 hello\r\n\r\n')).toMatch(/^HTTP\/1.1 400/);
  });

  it('takes no more than its connections, and serves again when they are gone', async () => {
    const started = await start();
    const [host, port] = started.server.address.split(':');
    const all = Array.from({ length: 400 }, () => connect(Number(port), host));
    let closed = 0;
    for (const socket of all) {
      socket.on('error', () => undefined);
      socket.on('close', () => (closed += 1));
    }
    await sleep(300);
    expect(closed).toBe(400 - 256);
    for (const socket of all) socket.destroy();
    await expect
      .poll(() =>
        ask(started, '/healthz').then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(200);
  });

  it('listens at a socket for its group, in the place of one that was left there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holger-web-'));
    const socket = join(folder, 's');
    // As a process that was killed leaves it.
    const left = createServer();
    await new Promise<void>((resolve) => left.listen(socket, resolve));
    const started = await start({}, { socket });
    expect(statSync(socket).mode & 0o777).toBe(0o660);
    expect(await ask(started, '/healthz', { headers: { host: 'any' } })).toMatchObject({
      status: 200,
    });
    left.close();
    const file = join(folder, 'file');
    writeFileSync(file, 'kept');
    await expect(start({}, { socket: file })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    expect(statSync(file).size).toBe(4);
  });

  it('that cannot listen is an error of the configuration', async () => {
    const { server } = await start();
    const [host = '', port] = server.address.split(':');
    await expect(start({}, { host, port: Number(port) })).rejects.toMatchObject({
      ...{
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(/^cannot listen at 127/) as string,
      },
    });
  });
});
