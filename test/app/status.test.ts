import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openAppAs } from '../../src/app/wire.ts';
import { tasksOf } from '../../src/app/known/tasks.ts';
import { isStaging } from '../../src/app/status/generations.ts';
import { silentLogger } from '../../src/base/log.ts';
import type { CertificateStatus } from '../../src/app/status/certificate-status.ts';
import { parseConfig } from '../../src/config/load.ts';
import { fileNameOf } from '../../src/store/keys.ts';
import { newLineage } from '../../src/rollover/model.ts';
import { fqdn } from '../../src/dns/name.ts';
import { NOW, chain, generation, record, swept } from '../rollover/world.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holger-app-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What `status` prints of mx1 with this document. */
async function statusOf(document: string, issuers = ''): Promise<unknown> {
  const documents = join(folder, 'documents');
  await mkdir(documents, { recursive: true });
  await writeFile(join(documents, 'certificate%2Fmx1.json'), document);
  const config = parseConfig(
    `[state]
directory = "${folder}"
[provider.main]
type = "rfc2136"
server = "192.0.2.53"
tsig = { name = "holger.", secret = { env = "NOT_READ_HERE" } }
[[certificate]]
name = "mx1"
domains = ["mx1.example.org"]
services = ["smtp://mx1.example.org"]
${issuers}
`,
    join(folder, 'config.toml'),
  );
  const { signal } = new AbortController();
  const app = await openAppAs('0')({ config, logger: silentLogger, signal });
  const status = await app.status([]);
  await app.close();
  return status;
}

it('reads a damaged document and leaves it where it is', async () => {
  const damaged = '{"value":{"schema":1,"revi';
  expect(await statusOf(damaged)).toMatchObject([{ certificate: 'mx1', phase: 'new' }]);
  const file = join(folder, 'documents', 'certificate%2Fmx1.json');
  expect(await readFile(file, 'utf8')).toContain('"revi');
});

it('names the name server that an order waits for, and what ends that wait', async () => {
  const { chain: _none, ...key } = generation(1, 'key', chain('A'));
  const silent = { server: 'ns2.example.org.', since: NOW };
  const value = {
    ...newLineage('mx1'),
    generations: [{ ...key, directory: 'https://acme-v02.api.letsencrypt.org/directory' }],
    silentServers: { '192.0.2.54': silent },
  };
  const ordering = {
    ...value,
    generations: value.generations.map((one) => ({ ...one, orderUrl: 'https://ca.example/1' })),
  };
  const written = (lineage: object): string =>
    JSON.stringify({ value: { schema: 1, revision: 1, value: lineage } });
  expect(await statusOf(written(ordering))).toMatchObject([
    {
      why: expect.arrayContaining([
        'ns2.example.org. 192.0.2.54 is silent since 2026-11-21T12:00:00Z, and the CA may ask it',
      ]) as unknown,
      reasons: expect.arrayContaining([
        expect.objectContaining({
          rule: 'challenge-is-served',
          section: expect.any(String) as unknown,
        }),
      ]) as unknown,
      hints: expect.arrayContaining([
        expect.stringContaining('holger forget mx1 192.0.2.54'),
      ]) as unknown,
    },
  ]);
  expect(JSON.stringify(await statusOf(written(value)))).not.toContain('192.0.2.54');
});

it('names the CA of the next order, the preferred one that fails, and the others', async () => {
  const issuers = `issuer = ["one", "two", "acme"]
[issuer.one]
type = "acme"
directory = "https://one.example/directory"
[issuer.two]
type = "acme"
directory = "https://two.example/directory"`;
  const rest = ['https://two.example/directory', 'https://acme-v02.api.letsencrypt.org/directory'];
  const one = 'https://one.example/directory';
  const lineage = { ...newLineage('mx1'), generations: [generation(1, 'live', chain('A'))] };
  expect(await statusOf(stored(lineage), issuers)).toMatchObject([
    { ca: { directory: one, alternatives: rest } },
  ]);
  const orderFailures = { [one]: NOW - 30 * 86_400 };
  expect(await statusOf(stored({ ...lineage, orderFailures }), issuers)).toMatchObject([
    {
      ca: {
        directory: rest[0],
        alternatives: [one, rest[1]],
        insteadOf: { directory: one, since: NOW - 30 * 86_400 },
      },
    },
  ]);
});

it('says until when the CA takes no new order of the account, and why', async () => {
  const directory = 'https://acme-v02.api.letsencrypt.org/directory';
  const file = join(folder, 'documents', `${fileNameOf(`pause/${directory}`)}.json`);
  const now = Date.now() / 1000;
  const live = { ...generation(1, 'live', chain('A')), directory };
  const idle = stored({ ...newLineage('mx1'), generations: [live], idleUntil: now + 9e9 });
  const of = async (document: string, account: object) => {
    await writeFile(file, stored({ schema: 1, ...account }));
    const [one] = (await statusOf(document)) as CertificateStatus[];
    return one;
  };
  const pause = {
    ...{ subject: 'account', attempts: 2, at: now - 60, notBefore: now + 3600, exit: 3 },
    ...{ code: 'ACME_RATE_LIMITED', message: 'the CA limits the order: too many new orders' },
  };
  const said = { until: pause.notBefore, because: pause.message };
  expect((await of(idle, pause))?.ca.limited).toEqual(said);
  expect(await of(stored(newLineage('mx1')), pause)).toMatchObject({
    ...{ phase: 'waiting', until: said.until, why: [said.because], ca: { limited: said } },
  });
  const hint = 'open this URL to end it:\nhttps://ca.example/unpause';
  expect(await of(stored(newLineage('mx1')), { ...pause, exit: 4, hint })).toMatchObject({
    ...{ phase: 'needs a person', waitingFor: 'you', hints: [hint], ca: { limited: { hint } } },
  });
  const used = { orders: { account: now + 3 * 3600 - 6 } };
  const because = 'the CA allows 300 new orders of an account in 3h, and they are used up';
  const until = expect.closeTo(now + 30, 0) as unknown;
  expect(await of(stored(newLineage('mx1')), { used })).toMatchObject({
    ...{ phase: 'waiting', waitingFor: 'time to pass', until, why: [because] },
    ca: { limited: { until, because } },
  });
  // Other names may be ordered.
  const failures = { 'mx1.example.org': now + 3600 };
  const failed = await of(stored(newLineage('mx1')), { used: { failures } });
  expect(failed).toMatchObject({
    phase: 'waiting',
    why: ['the CA allows 5 failed validations of mx1.example.org in 1h, and they are used up'],
  });
  expect(failed?.ca.limited).toBeUndefined();
  expect((await of(idle, { used: { failures } }))?.phase).not.toBe('waiting');
  await rm(file);
});

/** A state document as the store writes it. */
const stored = (value: object): string =>
  JSON.stringify({ value: { schema: 1, revision: 1, value } });

it('K34: names what is live and how it was ordered, that TLSA is off, and drops a failure after which a run observed without one', async () => {
  const { orderUrl: _none, ...live } = { ...generation(1, 'live', chain('A')), orderUrl: '' };
  const trouble = {
    code: 'DNS_TIMEOUT',
    message: 'm',
    at: NOW,
    attempts: 1,
    notBefore: 0,
    exit: 3,
  };
  const lineage = { ...newLineage('mx1'), generations: [live], trouble, orders: { offSince: NOW } };
  expect(await statusOf(stored(lineage))).toMatchObject([
    {
      names: ['mx1.example.org'],
      keyType: 'ec-p256',
      tlsa: { state: 'off', since: NOW },
      live: { number: 1, origin: 'adopted' },
      targets: [{ holds: 'nothing' }],
      trouble: { code: 'DNS_TIMEOUT', at: NOW },
    },
  ]);
  const owner = fqdn('_25._tcp.mx1.example.org');
  const history = {
    ...swept(undefined, NOW + 60, [{ records: [record('3 1 1', chain('A'))] }]),
    owner,
  };
  const file = join(folder, 'documents', `owner%2F${owner}.json`);
  await writeFile(file, stored(history));
  const [later] = (await statusOf(stored(lineage))) as Record<string, unknown>[];
  expect(later?.['trouble']).toBeUndefined();
  expect(later?.['owners']).toMatchObject([{ owner, seenAt: NOW + 60 }]);
  await rm(file);
});

it('K34: recognises the test environments of CAs', () => {
  const url = (host: string): string => `https://${host}/directory`;
  for (const host of [
    'acme-staging-v02.api.letsencrypt.org',
    'dv.acme-v02.test-api.pki.goog',
    'api.test4.buypass.no',
  ])
    expect(isStaging(url(host)), host).toBe(true);
  for (const host of ['acme-v02.api.letsencrypt.org', 'acme.zerossl.com', 'ca.latest.example'])
    expect(isStaging(url(host)), host).toBe(false);
  expect(isStaging(url('ca.example'), 'CN=(STAGING) Ersatz Edamame E1')).toBe(true);
});

it('a machine is not asked: what was there and what was sent to it is shown', async () => {
  const deploy = 'deploy = ["mx"]\n[target.mx]\ntype = "ssh"\nhost = "mx.invalid"\n';
  const config = parseConfig(
    `[provider.main]\ntype = "rfc2136"\nserver = "192.0.2.53"\n[[certificate]]\nname = "mx1"\ndomains = ["mx1.example.org"]\n${deploy}`,
    join(folder, 'config.toml'),
  );
  const { id = '' } = tasksOf(config.certificates, config)[0]?.targets[0] ?? {};
  const [A, B] = [chain('A'), chain('B')];
  const failing = {
    ...{ attempts: { count: 1, last: NOW }, since: NOW },
    ...{ because: 'no connection', person: false },
  };
  const shown = async (memory: object, placed: object = {}): Promise<unknown> => {
    const lineage = {
      ...newLineage('mx1'),
      generations: [generation(1, 'live', A), generation(2, 'issued', B)],
      targets: { [id]: { label: 'ssh mx', ...memory } },
      placed,
    };
    const document = JSON.stringify({ value: { schema: 1, revision: 1, value: lineage } });
    const [status] = (await statusOf(document, deploy)) as CertificateStatus[];
    return status?.targets.map(({ holds }) => holds);
  };
  expect(await shown({})).toEqual(['nothing known']);
  expect(await shown({ took: 1 })).toEqual(['generation 1']);
  const lies = { 'mx mx1 live': { target: id, chain: A, since: NOW } };
  expect(await shown({ took: 1, sent: { generation: 2 } }, lies)).toEqual([
    'generation 1; generation 2 is ready there',
  ]);
  expect(await shown({ took: 1, sent: { generation: 2, failing } }, lies)).toEqual([
    'generation 1; generation 2 could not be sent: no connection',
  ]);
  const foreign = { 'mx mx1 live': { target: id, chain: chain('X'), since: NOW } };
  expect(await shown({ took: 1, differs: ['mx mx1 live is another generation'] }, foreign)).toEqual(
    [expect.stringMatching(/^another certificate .*; mx mx1 live is another generation$/)],
  );
});
