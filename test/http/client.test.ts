import { createServer, type RequestListener, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { createHttpClient, type HttpClient, type HttpOptions } from '../../src/http/client.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const serve = (listener: RequestListener): Promise<string> => listen(createServer(listener));

function client(options: HttpOptions = {}): HttpClient {
  const made = createHttpClient(options);
  cleanups.push(() => made.close());
  return made;
}

async function failure(promise: Promise<unknown>): Promise<AppError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(AppError);
  return error as AppError;
}

describe('a request', () => {
  it('returns status, headers in lower case and the body, also of an error', async () => {
    const url = await serve((request, response) => {
      response.writeHead(418, { 'X-Teapot': 'yes', Link: ['<a>;rel="x"', '<b>;rel="y"'] });
      response.end(`${request.method} ${request.headers['user-agent']}`);
    });
    const answer = await client({ userAgent: 'holger/1' }).request({ method: 'GET', url });
    expect(answer.status).toBe(418);
    expect(answer.headers['x-teapot']).toBe('yes');
    expect(answer.headers['link']).toBe('<a>;rel="x", <b>;rel="y"');
    expect(answer.body).toBe('GET holger/1');
  });

  it('ends at its deadline when the server is silent', async () => {
    const url = await serve(() => undefined);
    const error = await failure(client().request({ method: 'GET', url, timeout: 0.05 }));
    expect(error.code).toBe('HTTP_FAILED');
    expect(error.message).toBe(`GET ${url}/: no complete answer in time (HTTP_TIMEOUT)`);
  });

  it('ends at its deadline when the body does not end', async () => {
    const url = await serve((_, response) => void response.write('begun'));
    const error = await failure(client().request({ method: 'GET', url, timeout: 0.1 }));
    expect(error.details['cause']).toBe('HTTP_TIMEOUT');
  });

  it('ends when its caller aborts, with the reason of the caller', async () => {
    const url = await serve(() => undefined);
    const ender = new AbortController();
    const under = client().request({ method: 'GET', url, signal: ender.signal });
    ender.abort();
    expect((await failure(under)).code).toBe('INTERRUPTED');
    const own = new AppError('INTERRUPTED', 'stopped by SIGTERM');
    const before = client().request({ method: 'GET', url, signal: AbortSignal.abort(own) });
    expect(await failure(before)).toBe(own);
  });

  it('reads no more of a body than the limit', async () => {
    const url = await serve((_, response) => void response.end('x'.repeat(2000)));
    const asked = { method: 'GET', url } as const;
    const error = await failure(client().request({ ...asked, maxBytes: 1999 }));
    expect(error.details['cause']).toBe('HTTP_TOO_LARGE');
    expect((await client().request({ ...asked, maxBytes: 2000 })).body).toHaveLength(2000);
  });

  it('names why there was no connection', async () => {
    const refused = await failure(client().request({ method: 'GET', url: 'http://127.0.0.1:1/' }));
    expect(refused.message).toBe('GET http://127.0.0.1:1/: connection refused (ECONNREFUSED)');
    expect(refused.hint).toBe('check that the server listens there');
  });

  it('names a connection that breaks in the middle of the body', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.socket?.resetAndDestroy());
    });
    const error = await failure(client().request({ method: 'GET', url }));
    expect(error.message).toMatch(/the (connection was reset|server closed the connection)/);
  });

  it('shows neither passwords nor queries nor secrets in an error', async () => {
    const url = 'http://user:hunter22@127.0.0.1:1/zone/tok-4711/x?key=tok-4711';
    const error = await failure(client({ secrets: ['tok-4711'] }).request({ method: 'POST', url }));
    const all = JSON.stringify([error.message, error.hint, error.stack, error.cause]);
    expect(all).not.toMatch(/hunter22|tok-4711/);
    expect(error.message).toContain('/zone/***/x');
    expect(JSON.stringify(error.details)).not.toMatch(/hunter22|tok-4711/);
  });
});

describe('redirects', () => {
  const hops = (): Promise<string> =>
    serve((request, response) => {
      if (request.url === '/there')
        return void response.end(request.headers.authorization ?? 'none');
      response.writeHead(request.url === '/loop' ? 302 : 307, {
        location: request.url === '/loop' ? '/loop' : '/there',
      });
      response.end();
    });

  it('are followed for GET on the same host, with its headers', async () => {
    const url = `${await hops()}/here`;
    const headers = { authorization: 'Bearer x' };
    expect((await client().request({ method: 'GET', url, headers })).body).toBe('Bearer x');
  });

  it('are not followed for POST', async () => {
    const answer = await client().request({
      method: 'POST',
      url: `${await hops()}/here`,
      body: '{}',
    });
    expect(answer.status).toBe(307);
  });

  it('send no credentials to another host', async () => {
    const other = await hops();
    const url = await serve((_, response) => {
      response.writeHead(302, { location: `${other}/there` }).end();
    });
    const headers = { authorization: 'Bearer x' };
    expect((await client().request({ method: 'GET', url, headers })).body).toBe('none');
  });

  it('are limited in number', async () => {
    const error = await failure(client().request({ method: 'GET', url: `${await hops()}/loop` }));
    expect(error.details['cause']).toBe('HTTP_REDIRECT');
  });
});

describe('a proxy', () => {
  async function proxied(): Promise<{ readonly url: string; readonly targets: string[] }> {
    const targets: string[] = [];
    const server = createServer();
    server.on('connect', (request, socket, head) => {
      targets.push(`${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim());
      const [host = '', port = ''] = (request.url ?? '').split(':');
      const upstream = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        upstream.write(head);
        upstream.pipe(socket).pipe(upstream);
      });
      cleanups.push(() => void upstream.destroy());
    });
    return { url: await listen(server), targets };
  }

  it('is used when it is configured, and not for excluded names', async () => {
    const proxy = await proxied();
    const url = await serve((_, response) => void response.end('served'));
    const through = client({ proxy: { httpProxy: proxy.url } });
    expect((await through.request({ method: 'GET', url })).body).toBe('served');
    expect(proxy.targets).toEqual([new URL(url).host]);
    const around = client({ proxy: { httpProxy: proxy.url, noProxy: '127.0.0.1' } });
    await around.request({ method: 'GET', url });
    expect(proxy.targets).toHaveLength(1);
  });

  it('is not taken from the environment without the configuration', async () => {
    const url = await serve((_, response) => void response.end('direct'));
    process.env['HTTP_PROXY'] = 'http://127.0.0.1:1';
    cleanups.push(() => void delete process.env['HTTP_PROXY']);
    expect((await client().request({ method: 'GET', url })).body).toBe('direct');
    const half = client({ proxy: { httpsProxy: 'http://127.0.0.1:1' } });
    expect((await half.request({ method: 'GET', url })).body).toBe('direct');
  });
});

describe('K37: a proxy that fails is named, and not the server behind it', () => {
  const ask = (proxy: string, url: string): Promise<AppError> =>
    failure(
      client({ proxy: { httpProxy: proxy, httpsProxy: proxy } }).request({ method: 'GET', url }),
    );

  it.each(['http://ca.example.test/', 'https://ca.example.test/'])(
    'no server listens there: %s',
    async (url) => {
      const error = await ask('http://127.0.0.1:1', url);
      expect(error.message).toContain('the proxy http://127.0.0.1:1: connection refused');
      expect(error.hint).toContain('HTTPS_PROXY');
    },
  );

  it('its name does not exist', async () => {
    const error = await ask('http://proxy.invalid:3128', 'https://ca.example.test/');
    expect(error.message).toContain('the proxy http://proxy.invalid:3128: ');
  });

  it('it refuses to connect', async () => {
    const server = createServer();
    server.on('connect', (_, socket) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'));
    const url = await listen(server);
    const error = await ask(url, 'https://ca.example.test/');
    expect(error.message).toContain(`the proxy ${url}: `);
    expect(error.message).toContain('403');
  });

  it('a server that refuses is not called a proxy', async () => {
    const error = await failure(client().request({ method: 'GET', url: 'http://127.0.0.1:1/' }));
    expect(error.message).toContain('GET http://127.0.0.1:1/: connection refused');
  });
});
