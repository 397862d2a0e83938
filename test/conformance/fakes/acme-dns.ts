import { txtFromValue } from '../../../providers/_kit/rdata.ts';
import { fqdn } from '../../../src/dns/name.ts';
import type { Fake } from '../fake.ts';

const USER = 'c36f50e8-4632-44f0-83fe-e070fef28a10';
const PASSWORD = 'htB9mR9DYgcu9bX_afHF62erXaH2TS7bg9KW3F7Z';
const SUBDOMAIN = '8e5700ea-a4bf-41c7-8a77-e990661dcc6a';
/** auth.go and validation.go: nothing else is accepted. */
const KEY = /^[A-Za-z0-9_-]{40}$/;
const TXT = /^[A-Za-z0-9_-]{43}$/;
/** Of every record in its answers. */
const TTL = 1;

const failure = (status: number, error: string): object => ({ status, body: { error } });

export const acmeDns: Fake = {
  type: 'acme-dns',
  source: 'https://github.com/joohoi/acme-dns: README.md, api.go, auth.go, validation.go, db.go',
  secrets: [PASSWORD],
  onlyAddsAt: `${SUBDOMAIN}.example.org`,
  says: [
    { status: 401, body: '{"error":"forbidden"}', means: 'PROVIDER_AUTH' },
    { status: 400, body: '{"error":"bad_txt"}', means: 'UPDATE_REFUSED' },
    { status: 500, body: '{"error":"db_error"}', means: 'PROVIDER_FAILED' },
  ],
  options: (url) => ({
    ...{ endpoint: url, username: USER, password: PASSWORD, subdomain: SUBDOMAIN },
  }),

  answer({ method, path, headers, json }, far) {
    if (path !== '/update') return { status: 404, body: '404 page not found' };
    if (method !== 'POST') return { status: 405, body: 'Method Not Allowed' };
    const { subdomain, txt } = (json ?? {}) as { subdomain?: unknown; txt?: unknown };
    const key = String(headers['x-api-key']);
    const isUser = headers['x-api-user'] === USER && KEY.test(key) && key === PASSWORD;
    if (!isUser || subdomain !== SUBDOMAIN) return failure(401, 'forbidden');
    if (typeof txt !== 'string' || !TXT.test(txt)) return failure(400, 'bad_txt');
    const owner = fqdn(`${SUBDOMAIN}.example.org`);
    const zone = far.zoneAbove(owner);
    if (zone === undefined) return failure(500, 'db_error');
    // Two rows, of which the one that was written first is replaced.
    const newest = far.records(zone, owner, 'TXT').slice(-1);
    const rdata = [...newest.map((record) => record.rdata), txtFromValue(txt)];
    far.replace(zone, owner, 'TXT', rdata, TTL);
    return { body: { txt } };
  },
};
