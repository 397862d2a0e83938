// `holger check` of the servers that Debian ships, with certificates of one kind and of two: they
// are OK, and log no error. Then servers with certificates of other kinds, and with restrictions on
// offers, beside other programs.
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLimit } from '../../src/base/limit.ts';
import type { Severity } from '../../src/check/rules/severity.ts';
import { alertOf, startChoosyHost, type Ending } from '../lab/choosy-smtp.ts';
import { posttlsFinger } from '../lab/dane-judges.ts';
import { startLab, type Lab } from '../lab/lab.ts';
import { keyRecordOf } from '../lab/observe.ts';
import { Daemons, type RunResult } from '../lab/processes.ts';
import { served, startMakes, TAKE_TWO, type Make } from '../lab/server-makes.ts';
import { writeSelfSigned, type ServiceFiles } from '../lab/services.ts';
import { startSmtpHost } from '../lab/smtp-host.ts';
import { certify, keyOf as newKey } from '../support/certificates.ts';

const INDEX = 121;
const MAKES = Object.keys(served) as Make[];
const RESERVE = `3 1 1 ${'ab'.repeat(32)}`;
const folder = mkdtempSync(join(tmpdir(), 'holger-makes-'));

type Algorithm = NonNullable<Parameters<typeof writeSelfSigned>[2]>;
interface Place {
  readonly name: string;
  readonly address: string;
  readonly kinds: readonly Algorithm[];
  readonly makes: readonly Make[];
}
const at = (number: number): string => `127.53.${INDEX}.${number}`;
const places: readonly Place[] = [
  { name: 'ecdsa', address: at(31), kinds: ['ecdsa'], makes: MAKES },
  { name: 'rsa', address: at(32), kinds: ['rsa'], makes: MAKES },
  { name: 'both', address: at(33), kinds: ['ecdsa', 'rsa'], makes: TAKE_TWO },
];

/** Mail hosts of a few lines. */
interface SmallHost {
  readonly name: string;
  readonly address: string;
  readonly kind: Algorithm;
  readonly ending?: Ending;
  readonly isLong?: true;
}
const ALERTS = [20, 40, 42, 47, 70, 71, 80, 86, 112, 120];
const small: readonly SmallHost[] = [
  { name: 'ed25519', address: at(41), kind: 'ed25519' },
  { name: 'ed448', address: at(42), kind: 'ed448' },
  { name: 'rsa-pss', address: at(43), kind: 'rsa-pss' },
  { name: 'resets', address: at(44), kind: 'ecdsa', ending: (socket) => socket.resetAndDestroy() },
  { name: 'closes', address: at(45), kind: 'ecdsa', ending: (socket: Socket) => socket.end() },
  ...ALERTS.map((alert, index) => ({
    ...{ name: `alert-${alert}`, address: at(50 + index), kind: 'ecdsa' as const },
    ending: alertOf(alert),
  })),
];
const long: SmallHost = { name: 'long', address: at(70), kind: 'ecdsa', isLong: true };
const broken = { name: 'broken', address: at(71) };

const hostOf = ({ name }: { readonly name: string }): string => `${name}.dane.test`;
const files = new Map<string, readonly ServiceFiles[]>();
const filesOf = ({ name }: { readonly name: string }): readonly ServiceFiles[] =>
  files.get(name) ?? [];
const keyOf = ({ certificateFile }: ServiceFiles): string =>
  keyRecordOf(new X509Certificate(readFileSync(certificateFile)));
const records = (
  name: string,
  address: string,
  ports: readonly number[],
  keys: readonly string[],
): readonly string[] => [
  `${name} A ${address}`,
  ...ports.flatMap((port) =>
    [...keys, RESERVE].map((data) => `_${port}._tcp.${name} TLSA ${data}`),
  ),
];

let lab: Lab;
let daemons: Daemons;
const ends: (() => void)[] = [];

beforeAll(async () => {
  for (const { name, kinds } of [
    ...places,
    ...[...small, long].map(({ name, kind }) => ({ name, kinds: [kind] })),
  ]) {
    const own = kinds.map((kind) => writeSelfSigned(folder, { name: hostOf({ name }) }, kind));
    files.set(name, await Promise.all(own));
  }
  const portsOf = ({ makes }: Place): readonly number[] =>
    makes.flatMap((make) => served[make].map(([, port]) => port));
  lab = await startLab({
    ...{ index: INDEX, ttl: 60, withRsa: ['mail'] },
    parts: ['parent', 'primary', 'nsd', 'knot', 'resolver', 'mail', 'relay'],
    records: [
      ...places.flatMap((it) => records(it.name, it.address, portsOf(it), filesOf(it).map(keyOf))),
      ...[...small, long].flatMap((it) =>
        records(it.name, it.address, [25], filesOf(it).map(keyOf)),
      ),
      ...records(broken.name, broken.address, [25], []),
    ],
  });
  daemons = new Daemons(join(lab.dir, 'log'));
  for (const place of places) {
    const { name, address, makes } = place;
    const where = { dir: join(lab.dir, name), address, domain: hostOf(place) };
    await startMakes(daemons, name, where, filesOf(place), makes);
  }
  await startSmallHosts();
}, 120_000);
afterAll(async () => {
  for (const end of ends) end();
  await daemons?.stopAll();
  await lab?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function startSmallHosts(): Promise<void> {
  const authority = { key: newKey('ed25519'), subject: 'CA' };
  const crossed = Array.from({ length: 299 }, () => certify({ ...authority, ca: true }).pem).join(
    '',
  );
  for (const host of [...small, long]) {
    const [own] = filesOf(host);
    if (own === undefined) throw new Error(`${host.name} has no certificate`);
    const chain = readFileSync(own.certificateFile, 'utf8') + (host.isLong ? crossed : '');
    const key = readFileSync(own.keyFile, 'utf8');
    const { close } =
      host.ending === undefined
        ? await startSmtpHost(host.address, [{ chain, key }], 'ordinary')
        : await startChoosyHost(host.address, { cert: chain, key }, host.ending);
    ends.push(close);
  }
  ends.push((await startSmtpHost(broken.address, [], 'alert')).close);
}

interface Found {
  readonly target: string;
  readonly severity: Severity;
  readonly findings: readonly { readonly rule: string; readonly because: string }[];
  readonly endpoints: readonly { readonly algorithm: string; readonly outcome: string }[];
}

const argv = (...targets: readonly string[]): string[] => [
  ...[process.execPath, join(process.cwd(), 'dist/holger.mjs'), '--json', 'check'],
  ...['--resolver', lab.resolver.v4, ...targets],
];
const foundIn = ({ stdout }: RunResult): readonly Found[] =>
  (JSON.parse(stdout) as { targets: readonly Found[] }).targets;

async function check(
  ...targets: readonly string[]
): Promise<RunResult & { found: readonly Found[] }> {
  const done = await lab.run(argv(...targets), { timeoutMs: 60_000 });
  return { ...done, found: foundIn(done) };
}

const sound = ({ target, severity, findings }: Found) => ({ target, severity, findings });
const soundly = (targets: readonly string[]) =>
  targets.map((target) => ({ target, severity: 'ok', findings: [] }));
const secureKinds = ({ endpoints }: Found): readonly string[] => [
  ...new Set(endpoints.flatMap((one) => (one.outcome === 'secure' ? [one.algorithm] : []))),
];

/** What a mail client does not leave in a log. */
const COMPLAINTS = /error|fail|lost|reset|alert|no shared|sigalg|unsupported|unexpected/i;

function logOf(name: string, make: Make): string {
  const own = daemons.logTail(`${name}-${make}`, 1000);
  return make === 'exim' ? own + readFileSync(join(lab.dir, name, 'exim/main.log'), 'utf8') : own;
}

describe.each(places)('K17, K50: $name', (place) => {
  const { name, kinds, makes } = place;
  test.each(makes)('%s is OK, and logs no error', async (make) => {
    const before = logOf(name, make).length;
    const urls = served[make].map(([scheme, port]) => `${scheme}://${hostOf(place)}:${port}`);
    const { status, found } = await check(...urls);
    expect(found.map(sound)).toEqual(soundly(urls));
    expect(found.map(secureKinds)).toEqual(urls.map(() => kinds));
    expect(status).toBe(0);
    expect(logOf(name, make).slice(before)).not.toMatch(COMPLAINTS);
  });
});

describe('K17, K50: Postfix', () => {
  const sees = async (part: 'mail' | 'relay', own: readonly ServiceFiles[]): Promise<void> => {
    const service = lab.services[part];
    if (service === undefined) throw new Error(`no ${part}`);
    const { tlsaOwner: owner, host } = service;
    await lab.nsupdate([
      `update delete ${owner} TLSA`,
      ...[...own.map(keyOf), RESERVE].map((data) => `update add ${owner} 1 TLSA ${data}`),
    ]);
    const log = (): string => lab.logTail(part, 1000);
    const before = log().length;
    const url = `smtp://${host}:25`;
    // Name servers need time to get the record, and the resolver caches the former.
    await expect
      .poll(async () => (await check(url)).found.map(sound), { timeout: 60_000, interval: 500 })
      .toEqual(soundly([url]));
    const { found, status } = await check(url);
    expect(found.map(secureKinds)[0]).toHaveLength(own.length);
    expect(status).toBe(0);
    await expect.poll(() => log().slice(before)).toMatch(/ehlo=1 starttls=1 quit=1 commands=3/);
    expect(log().slice(before)).not.toMatch(COMPLAINTS);
  };

  test('ECDSA and RSA', async () => {
    const { mail } = lab.services;
    await sees('mail', [mail, ...(mail.rsa === undefined ? [] : [mail.rsa])]);
  });

  test('ECDSA alone, then RSA alone', async () => {
    const { relay } = lab.services;
    if (relay === undefined) throw new Error('no relay');
    await sees('relay', [relay]);
    const [rsa] = filesOf({ name: 'rsa' });
    if (rsa === undefined) throw new Error('no RSA certificate');
    await copyFile(rsa.certificateFile, relay.certificateFile);
    await copyFile(rsa.keyFile, relay.keyFile);
    await lab.run(relay.reload);
    await sees('relay', [rsa]);
  });
});

describe('K17: verdicts are those of posttls-finger and of openssl s_client', () => {
  const atOnce = createLimit(4);

  async function opensslSays(host: SmallHost): Promise<string> {
    const [own] = filesOf(host);
    const { stdout, stderr } = await lab.run(
      [
        ...['openssl', 's_client', '-brief', '-starttls', 'smtp'],
        ...['-connect', `${host.address}:25`, '-servername', hostOf(host)],
        ...['-dane_tlsa_domain', hostOf(host), '-dane_ee_no_namechecks'],
        ...['-dane_tlsa_rrdata', own === undefined ? RESERVE : keyOf(own)],
      ],
      { timeoutMs: 20_000 },
    );
    return /Verification: OK/.test(stdout + stderr) ? 'verified' : 'refused';
  }

  test('certificates of other kinds, and servers that accept one offer only: judged alike by all', async () => {
    const urls = small.map((host) => `smtp://${hostOf(host)}:25`);
    const [{ status, found }, fingers, clients] = await Promise.all([
      check(...urls),
      Promise.all(small.map((host) => atOnce(() => posttlsFinger(lab, `[${hostOf(host)}]`)))),
      Promise.all(small.map((host) => atOnce(() => opensslSays(host)))),
    ]);
    expect(found.map(sound)).toEqual(soundly(urls));
    expect(found.map(secureKinds)).toEqual(small.map(({ kind }) => [kind]));
    expect(status).toBe(0);
    expect(fingers.map(({ says }) => says)).toEqual(small.map(() => 'verified'));
    expect(clients).toEqual(small.map(() => 'verified'));
  });

  test('a server that answers each offer with an alert is refused by all', async () => {
    const { found, status } = await check(`smtp://${hostOf(broken)}:25`);
    expect(found).toMatchObject([{ severity: 'critical', findings: [{ rule: 'tls-fails' }] }]);
    expect(status).toBe(1);
    const { says } = await posttlsFinger(lab, `[${hostOf(broken)}]`);
    expect(says).toBe('refused');
  });
});

test('K24: a chain of 300 certificates takes no second of processor time, and delays no other target', async () => {
  const url = `smtp://${hostOf(long)}:25`;
  const others = small.map((host) => `smtp://${hostOf(host)}:25`);
  const [plain, all] = await Promise.all([timed(...others), timed(url, ...others)]);
  const [first, ...rest] = all.found;
  expect(first).toMatchObject({
    ...{ target: url, severity: 'warning' },
    findings: [{ rule: 'chain-too-long', because: 'it sends 300 certificates' }],
  });
  expect(rest.map(sound)).toEqual(soundly(others));
  expect(all.seconds - plain.seconds).toBeLessThan(1);
});

/** With the processor time that the program used. */
async function timed(
  ...targets: readonly string[]
): Promise<{ readonly found: readonly Found[]; readonly seconds: number }> {
  const command = argv(...targets);
  const done = await lab.run(['sh', '-c', '"$@"; times >&2', 'sh', ...command], {
    timeoutMs: 60_000,
  });
  const [, minutes = '', seconds = ''] = /^(\d+)m([\d.]+)s \S+\s*$/.exec(
    done.stderr.trim().split('\n').at(-1) ?? '',
  ) ?? ['', '', 'NaN'];
  return { found: foundIn(done), seconds: Number(minutes) * 60 + Number(seconds) };
}

test('K18: without free file descriptors no server is reported, and no bug of holger', async () => {
  const command = argv('--no-servers', ...small.map((host) => `smtp://${hostOf(host)}:25`));
  for (const limit of [28, 44]) {
    const { status, stdout, stderr } = await lab.run(
      ['sh', '-c', `ulimit -n ${limit}; exec "$@"`, 'sh', ...command],
      { timeoutMs: 60_000 },
    );
    expect([0, 3]).toContain(status);
    expect(stdout + stderr).not.toMatch(/bug in holger|"severity":\s*"critical"/);
  }
});
