import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createHttpClient } from '../../src/http/client.ts';
import { issue } from '../support/ca.ts';

// A server with a certificate that no system trusts, such as that of a private CA or of Pebble.
let url: string;
let caPem: string;
let stop: () => void;

beforeAll(async () => {
  const now = Date.now() / 1000;
  const self = await issue({ dns: ['localhost'], notBefore: now - 60, notAfter: now + 3600 });
  caPem = self.pem;
  const server = createServer(
    { key: self.keyPem, cert: self.pem },
    (_, response) => void response.end('trusted'),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `https://localhost:${(server.address() as AddressInfo).port}/dir`;
  stop = () => {
    server.closeAllConnections();
    server.close();
  };
});
afterAll(() => stop());

it('refuses a server whose certificate is not trusted, and names the option that helps', async () => {
  const http = createHttpClient();
  await expect(http.request({ method: 'GET', url })).rejects.toMatchObject({
    code: 'HTTP_FAILED',
    message: `GET ${url}: the server's certificate is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT)`,
    hint: "set ca_file to the PEM file of the CA that signed the server's own certificate",
    details: { untrusted: true },
    exit: 4,
  });
  await http.close();
});

it('trusts it when its CA is given, for this client alone', async () => {
  const http = createHttpClient({ caPem });
  expect((await http.request({ method: 'GET', url })).body).toBe('trusted');
  await http.close();
});

it('refuses a certificate that is trusted but for another name', async () => {
  const http = createHttpClient({ caPem });
  const other = url.replace('localhost', '127.0.0.1');
  await expect(http.request({ method: 'GET', url: other })).rejects.toMatchObject({
    details: { cause: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    exit: 4,
  });
  await http.close();
});
