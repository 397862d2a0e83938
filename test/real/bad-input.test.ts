// What goes wrong on real systems ends in one message with a hint and the right exit status, and
// changes neither files nor DNS.
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes, X509Certificate } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dig } from '../lab/checks.ts';
import { startLab, type Lab, type LabService } from '../lab/lab.ts';
import { keyRecordOf, recordsAt } from '../lab/observe.ts';
import { must } from '../lab/processes.ts';
import { topology } from '../lab/topology.ts';

const INDEX = 40;
const holger = join(import.meta.dirname, '../../dist/holger.mjs');
/** A host of its own for every case, behind the one nginx, so that the cases do not interfere. */
const HOSTS = [
  ...['toml', 'unknown', 'name', 'nosecret', 'wrongkey', 'mistyped', 'readonly', 'nokey'],
  ...['cadown', 'catrust', 'blocked', 'noresolver', 'novalidation', 'deaf'],
  ...['disk0', 'disk1', 'disk2', 'disk3', 'disk4'],
];
const ADDRESS = { nobody: 99, blind: 98, silent: 97, random: 96, malformed: 95 };
const at = (name: keyof typeof ADDRESS): string => `127.53.${INDEX}.${ADDRESS[name]}`;

let lab: Lab;
let secrets: string[] = [];
const closers: (() => unknown)[] = [];

beforeAll(async () => {
  const { www } = topology(INDEX);
  const records = HOSTS.map((name) => `${name} A ${www.v4}`);
  lab = await startLab({ index: INDEX, ttl: 3, records });
  const tlsaKey = await readFile(join(lab.dir, 'keys/tlsa.key'), 'utf8');
  const tlsa = /secret "([^"]+)"/.exec(tlsaKey)?.[1] ?? '';
  const wrong = randomBytes(32).toString('base64');
  await writeFile(secretFile('tlsa'), tlsa, { mode: 0o600 });
  await writeFile(secretFile('wrong'), wrong, { mode: 0o600 });
  await writeFile(secretFile('mistyped'), `secret "${wrong}";`, { mode: 0o600 });
  secrets = [(await readFile(lab.tsig.secretFile, 'utf8')).trim(), tlsa, wrong];
  await Promise.all([blindResolver(), silence(), answers('random'), answers('malformed')]);
});
afterAll(async () => {
  for (const close of closers) await close();
  await lab?.stop();
});

const secretFile = (name: string): string => join(lab.dir, `${name}.secret`);

interface Change {
  /** `[acme]` without its directory and trust. */
  readonly acme?: string;
  readonly resolver?: string;
  readonly tsig?: { readonly name?: string; readonly file?: string };
  readonly nameservers?: readonly string[];
  readonly zone?: string;
  readonly service?: LabService;
  /** More lines of `[[certificate.deploy]]`. */
  readonly deploy?: string;
  readonly more?: string;
}

interface Case {
  readonly folder: string;
  readonly config: string;
  readonly host: string;
  /** Where the zone is written. */
  readonly primary: string;
  readonly files: readonly string[];
}

/**
 * A folder with state, configuration and, unless a service is given, files that must not change.
 */
async function prepare(name: string, change: Change = {}): Promise<Case> {
  const { primary, nsd, knot } = lab.servers;
  const folder = join(lab.dir, 'cases', name);
  await mkdir(folder, { recursive: true });
  const zone = change.zone ?? lab.zone;
  const host = change.service?.host ?? (zone === lab.zone ? `${name}.${zone}` : `www.${zone}`);
  const certificateFile = change.service?.certificateFile ?? join(folder, 'fullchain.pem');
  const keyFile = change.service?.keyFile ?? join(folder, 'privkey.pem');
  if (change.service === undefined) {
    await copyFile(lab.services.www.certificateFile, certificateFile);
    await copyFile(lab.services.www.keyFile, keyFile);
  }
  const known = [primary, nsd, knot].flatMap(({ v4, v6 }) => [v4, v6]);
  const servers = change.nameservers ?? (zone === lab.zone ? known : []);
  const { protocol, port } = change.service ?? { protocol: 'https', port: 443 };
  const config = join(folder, 'config.toml');
  const text = `[acme]
${change.acme ?? `directory = "${lab.acme.directory}"\nca_file = "${lab.acme.caFile}"`}
[dns]
resolver = ["${change.resolver ?? lab.resolver.v4}"]
[state]
directory = "${join(folder, 'state')}"
[provider.main]
type = "rfc2136"
server = "${zone === lab.zone ? primary.v4 : lab.parent.v4}"
tsig = { name = "${change.tsig?.name ?? lab.tsig.name}.", algorithm = "${lab.tsig.algorithm}", secret = { file = "${change.tsig?.file ?? lab.tsig.secretFile}" } }
[[zone]]
name = "${zone}"
provider = "main"
${servers.length === 0 ? '' : `nameservers = ${JSON.stringify(servers)}`}
[defaults]
ttl = "3s"
ttl_factor = 2
cache_floor = "0s"
assumed_ttl = "0s"
settle = "0s"
rollback = "0s"
margin = "1s"
[[certificate]]
name = "${name}"
domains = ["${host}"]
services = ["${protocol}://${host}:${port}"]
[[certificate.deploy]]
type = "files"
certificate = "${certificateFile}"
key = "${keyFile}"
${change.deploy ?? 'reload = ["/bin/true"]'}
${change.more ?? ''}`;
  await writeFile(config, text);
  const writer = zone === lab.zone ? primary.v4 : lab.parent.v4;
  return { folder, config, host, primary: writer, files: [certificateFile, keyFile] };
}

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Until standard output has the text. */
  readonly says: (text: string) => Promise<void>;
}

function start(made: Case, ...args: string[]): Running {
  const child = spawn(process.execPath, [holger, '--config', made.config, ...args], {
    env: { ...process.env, ...lab.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const ended = once(child, 'close').then(([status]): Ended => {
    const { stdout, stderr } = output;
    for (const word of [...secrets, 'PRIVATE KEY', '-----BEGIN']) {
      expect(stdout + stderr).not.toContain(word);
    }
    return { status: status as number | null, stdout, stderr };
  });
  const says = async (text: string): Promise<void> => {
    const end = Date.now() + 20_000;
    while (!output.stdout.includes(text)) {
      if (Date.now() > end || child.exitCode !== null) throw new Error(`never printed ${text}`);
      await sleep(20);
    }
  };
  return { child, ended, says };
}

const run = (made: Case, ...args: string[]): Promise<Ended> => start(made, ...args).ended;

interface Told {
  readonly event: string;
  readonly code?: string;
  readonly message?: string;
  readonly hint?: string;
}

/**
 * The one line of `--json` with the failure; a refusal of the planner has its words in `reasons`.
 */
function told({ stdout }: Ended): Told {
  const lines = stdout.trimEnd().split('\n');
  const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const wrong = events.filter(({ event }) => /^(error|failed|blocked)$/.test(String(event)));
  expect(wrong).toHaveLength(1);
  const [event = {}] = wrong;
  if (event['event'] === 'error') return { event: 'error', ...(event['error'] as object) };
  if (event['event'] === 'failed') return event as unknown as Told;
  const [reason] = event['reasons'] as { rule: string; because: string; hint?: string }[];
  const hint = reason?.hint === undefined ? {} : { hint: reason.hint };
  return { event: 'blocked', code: reason?.rule ?? '', message: reason?.because ?? '', ...hint };
}

/** Within 80 columns, unless one word alone is longer; log lines are not broken. */
function expectNarrow(stderr: string): void {
  const lines = stderr
    .split('\n')
    .filter((line) => line.length > 80 && !/^holger: (warning|info): .*=/.test(line));
  for (const line of lines) {
    expect(line.replace(/^(holger: (error|hint): |\d\d:\d\d:\d\dZ |\s+)/, '')).not.toMatch(/\s/);
  }
}

const contents = (made: Case): Promise<string[]> =>
  Promise.all(made.files.map((file) => readFile(file, 'utf8')));

const tlsaOf = (made: Case, port = 443): Promise<string[]> =>
  recordsAt(made.primary, `_${port}._tcp.${made.host}.`);

async function expectDnsUntouched(made: Case): Promise<void> {
  expect(await tlsaOf(made)).toEqual([]);
  const question = ['+short', '+norec', `@${made.primary}`, `_acme-challenge.${made.host}.`, 'TXT'];
  expect((await dig(question)).trim()).toBe('');
}

interface Row {
  readonly name: string;
  readonly change?: () => Change;
  readonly args?: readonly string[];
  readonly exit: number;
  readonly code: string;
  readonly message: RegExp;
  readonly hint: RegExp;
  /** No order either. */
  readonly unordered?: true;
}

const rows: readonly Row[] = [
  {
    name: 'toml',
    change: () => ({ more: `[unclosed\nsecret = "${secrets[0]}"` }),
    ...{ exit: 2, code: 'CONFIG_INVALID', message: /config\.toml:33:\d+: /, hint: /config check/ },
    unordered: true,
  },
  {
    name: 'unknown',
    change: () => ({ more: 'relaod = []' }),
    ...{ exit: 2, code: 'CONFIG_INVALID', message: /:33: .*relaod.*did you mean "reload"/ },
    ...{ hint: /config check/, unordered: true },
  },
  {
    name: 'name',
    args: ['nmae'],
    ...{ exit: 2, code: 'USAGE', message: /the certificate "nmae" does not exist/, hint: /name/ },
    unordered: true,
  },
  {
    name: 'nosecret',
    change: () => ({ tsig: { file: '/nonexistent/tsig.secret' } }),
    ...{ exit: 2, code: 'SECRET_UNREADABLE', message: /\/nonexistent\/tsig\.secret/ },
    hint: /correct the path/,
    unordered: true,
  },
  {
    name: 'mistyped',
    change: () => ({ tsig: { file: secretFile('mistyped') } }),
    ...{ exit: 2, code: 'SECRET_UNREADABLE', message: /mistyped\.secret is a whole key file/ },
    hint: /only the secret of the key/,
    unordered: true,
  },
  {
    name: 'wrongkey',
    change: () => ({ tsig: { file: secretFile('wrong') } }),
    ...{ exit: 4, code: 'TSIG_FAILED', message: /BADSIG/, hint: /secret of TSIG key lab\./ },
    unordered: true,
  },
  {
    name: 'nokey',
    change: () => ({ tsig: { name: 'unknown', file: secretFile('wrong') } }),
    ...{ exit: 4, code: 'TSIG_FAILED', message: /BADKEY/, hint: /name.* TSIG key unknown\./ },
    unordered: true,
  },
  {
    name: 'readonly',
    change: () => ({ tsig: { name: 'tlsa', file: secretFile('tlsa') } }),
    ...{ exit: 4, code: 'UPDATE_REFUSED', message: /TXT at _acme-challenge.*REFUSED/ },
    hint: /allow key tlsa\..*update-policy/,
    unordered: true,
  },
  {
    name: 'plain',
    change: () => ({ zone: 'plain.test' }),
    ...{ exit: 4, code: 'zone-is-secure', message: /zone plain\.test\. is not signed/ },
    ...{ hint: /DS.*parent/, unordered: true },
  },
  {
    name: 'bogus',
    change: () => ({ zone: 'bogus.test' }),
    ...{ exit: 3, code: 'zone-is-secure', message: /bogus\.test\. fails DNSSEC validation/ },
    ...{ hint: /DS.*DNSKEY/, unordered: true },
  },
  {
    name: 'novalidation',
    change: () => ({ resolver: at('blind') }),
    ...{ exit: 4, code: 'zone-is-secure', message: /cannot be validated: \S+ does not validate/ },
    ...{ hint: /name a resolver that validates as dns\.resolver/, unordered: true },
  },
  {
    name: 'noresolver',
    change: () => ({ resolver: at('nobody') }),
    ...{ exit: 3, code: 'zone-is-secure', message: /cannot be validated now/ },
    ...{ hint: /dns\.resolver.*answers/, unordered: true },
  },
  {
    name: 'cadown',
    change: () => ({ acme: `directory = "https://${at('nobody')}:14000/dir"` }),
    ...{ exit: 3, code: 'ACME_UNREACHABLE', message: /connection refused/, hint: /listens/ },
    unordered: true,
  },
  {
    name: 'catrust',
    change: () => ({ acme: `directory = "${lab.acme.directory}"` }),
    ...{
      exit: 4,
      code: 'ACME_UNREACHABLE',
      message: /certificate is not trusted/,
      hint: /ca_file/,
    },
    unordered: true,
  },
  {
    name: 'blocked',
    ...{ exit: 4, code: 'ACME_PROBLEM', message: /blocked\.dane\.test is a forbidden domain/ },
    ...{ hint: /remove it from domains/, unordered: true },
  },
];

test.concurrent.each(rows)('$name', async ({ name, change, args = [], ...expected }) => {
  const made = await prepare(name, change?.());
  const before = await contents(made);
  const text = await run(made, 'run', ...args);
  const json = await run(made, '--json', 'run', ...args);
  expect([text.status, json.status]).toEqual([expected.exit, expected.exit]);
  expect(text.stderr.match(/error: |failed: |needs a person: |blocked for now: /g)).toHaveLength(1);
  expect(text.stderr.match(/\bhint: /g)).toHaveLength(1);
  expect(text.stderr).toMatch(expected.unordered === true ? /^(?![^]*ordered at)/ : /ordered at/);
  expectNarrow(text.stderr);
  const { code, message, hint } = told(json);
  expect(code).toBe(expected.code);
  expect(message).toMatch(expected.message);
  expect(hint).toMatch(expected.hint);
  expect(await contents(made)).toEqual(before);
  await expectDnsUntouched(made);
});

test.concurrent('name servers that are silent or answer garbage', async () => {
  const made = await prepare('deaf', {
    nameservers: [at('silent'), at('random'), at('malformed')],
  });
  const before = await contents(made);
  const ended = await run(made, '--json', 'run');
  // They are configured: the resolver's view is not used instead.
  expect(ended.status).toBe(3);
  const { code, message: because = '' } = told(ended);
  expect(code).toBe('DNS_UNREACHABLE');
  for (const name of ['silent', 'random', 'malformed'] as const)
    expect(because).toContain(at(name));
  expect(ended.stdout).not.toContain('challenge-answered');
  expect(await contents(made)).toEqual(before);
  expect(await tlsaOf(made)).toEqual([]);
});

test.concurrent.each([8, 20, 32, 44, 56])('a disk of %i kB is full', async (size) => {
  const made = await prepare(`disk${(size - 8) / 12}`);
  const state = join(made.folder, 'state');
  await mkdir(state);
  await must(['mount', '-t', 'tmpfs', '-o', `size=${size}k,mode=0700`, 'tmpfs', state]);
  closers.push(() => must(['umount', '-l', state]));
  const before = await contents(made);
  const ended = await run(made, '--json', 'run');
  expect(ended.status, ended.stderr).toBe(3);
  expect(ended.stdout.trimEnd().split('\n').at(-1)).toContain('"event":"summary"');
  expect(told(ended)).toMatchObject({
    code: 'STORE_FAILED',
    message: expect.stringContaining('ENOSPC') as string,
    hint: expect.stringContaining('free some space') as string,
  });
  expect(await contents(made)).toEqual(before);
  expect(await tlsaOf(made)).toEqual([]);
  if (size < 44) return expectDnsUntouched(made);
  // Space again: the next run continues, and withdraws the challenge that the full disk may have
  // left.
  await must(['mount', '-o', 'remount,size=4m', state]);
  const next = start(made, '--json', 'run');
  await next.says('"deploying"');
  next.child.kill('SIGTERM');
  expect(await next.ended).toMatchObject({ status: 3 });
  const question = ['+short', `@${made.primary}`, `_acme-challenge.${made.host}.`, 'TXT'];
  expect((await dig(question)).trim()).toBe('');
  if (ended.stdout.includes('"ordered"')) {
    expect((await next.ended).stdout).not.toContain('"ordered"');
  }
});

const keyServed = async (service: LabService): Promise<string> =>
  keyRecordOf(new X509Certificate(await readFile(service.certificateFile, 'utf8')));

test.concurrent('a reload that fails, then hangs, then works', async () => {
  const service = lab.services.www;
  const old = await keyServed(service);
  const argv = (...words: string[]): string => `reload = ${JSON.stringify(words)}`;
  const fails = 'echo reading; echo "nginx: line 7 is wrong" >&2; exit 7';
  const failing = await prepare('reload', { service, deploy: argv('/bin/sh', '-c', fails) });
  const first = await run(failing, '--json', 'run', '--wait');
  expect(first.status).toBe(3);
  expect(told(first)).toMatchObject({
    code: 'RELOAD_FAILED',
    message: expect.stringMatching(/status 7.*nginx: line 7 is wrong/) as string,
    hint: expect.stringContaining('by hand') as string,
  });
  const begun = await tlsaOf(failing);
  expect(begun).toContain(old);
  expect(begun).toContain(await keyServed(service));

  await prepare('reload', { service, deploy: `${argv('sleep', '61.7')}\ntimeout = "2s"` });
  const startedAt = Date.now();
  const second = await run(failing, '--json', 'run', '--wait');
  expect(Date.now() - startedAt).toBeLessThan(15_000);
  expect(second.status).toBe(3);
  expect(told(second)).toMatchObject({
    code: 'RELOAD_TIMEOUT',
    message: expect.stringContaining('2 s') as string,
  });
  const left = await lab.run(['pgrep', '-f', '^sleep 61.7$']);
  expect(left.stdout).toBe('');
  expect(await tlsaOf(failing)).toEqual(begun);

  const mended = await prepare('reload', { service, deploy: argv(...service.reload) });
  expect(await run(mended, '--json', 'run', '--wait')).toMatchObject({ status: 0 });
  const after = await tlsaOf(mended);
  expect(after).toContain(await keyServed(service));
  expect(after).not.toContain(old);
});

test.concurrent(
  'a second run finds the lock; SIGTERM ends a wait, and the next run continues',
  async () => {
    const service = lab.services.mail;
    const gate = join(lab.dir, 'gate');
    const [shell = '', flag = '', hangUp = ''] = service.reload;
    const waits = `while ! test -e ${gate}; do sleep 0.1; done; ${hangUp}`;
    const made = await prepare('mail', {
      service,
      deploy: `reload = ${JSON.stringify([shell, flag, waits])}`,
    });
    const one = start(made, '--json', 'run', '--wait');
    await one.says('"deploying"');
    const two = await run(made, 'run');
    const again = await run(made, '--json', 'run');
    expect([two.status, again.status]).toEqual([5, 5]);
    expectNarrow(two.stderr);
    expect(told(again)).toMatchObject({
      code: 'LOCKED',
      message: expect.stringContaining('another run') as string,
      hint: expect.stringContaining('wait') as string,
    });
    await writeFile(gate, '');
    expect(await one.ended).toMatchObject({ status: 0 });

    const before = await contents(made);
    const records = await tlsaOf(made, 25);
    const waiting = start(made, '--json', 'run', '--wait', '--force');
    await waiting.says('"waiting"');
    waiting.child.kill('SIGTERM');
    const stopped = await waiting.ended;
    expect(stopped.status).toBe(3);
    expect(told(stopped)).toMatchObject({
      code: 'INTERRUPTED',
      hint: expect.stringContaining('next run') as string,
    });
    expect(stopped.stdout.trimEnd().split('\n').at(-1)).toContain('"state":"interrupted"');
    expect(await contents(made)).toEqual(before);
    expect(await tlsaOf(made, 25)).toEqual(expect.arrayContaining(records));
    const next = await run(made, '--json', 'run', '--wait');
    expect(next).toMatchObject({ status: 0 });
    expect(next.stdout).not.toContain('"key-created"');
    expect(await contents(made)).not.toEqual(before);
  },
);

/** Passes the resolver's answers on without the AD bit. */
async function blindResolver(): Promise<void> {
  const front = createSocket('udp4').bind(53, at('blind'));
  await once(front, 'listening');
  closers.push(() => front.close());
  front.on('message', (query, client) => {
    const back = createSocket('udp4');
    back.send(query, 53, lab.resolver.v4);
    back.once('message', (answer) => {
      answer[3] = (answer[3] ?? 0) & ~0x20;
      front.send(answer, client.port, client.address);
      back.close();
    });
  });
}

/** Receives UDP and TCP and answers nothing, or what `reply` returns for a query. */
async function listen(
  address: string,
  reply: (query: Buffer) => Buffer | undefined,
): Promise<void> {
  const udp = createSocket('udp4').bind(53, address);
  const open = new Set<Socket>();
  const tcp = createServer((socket) => {
    open.add(socket.on('error', () => undefined));
    socket.once('data', (data) => {
      const answer = reply(data.subarray(2));
      if (answer === undefined) return;
      socket.end(Buffer.concat([Buffer.from([answer.length >> 8, answer.length & 255]), answer]));
    });
  }).listen(53, address);
  udp.on('message', (query, client) => {
    const answer = reply(query);
    if (answer !== undefined) udp.send(answer, client.port, client.address);
  });
  await Promise.all([once(udp, 'listening'), once(tcp, 'listening')]);
  closers.push(() => {
    udp.close();
    tcp.close();
    for (const socket of open) socket.destroy();
  });
}

const silence = (): Promise<void> => listen(at('silent'), () => undefined);

/**
 * `malformed` comes from the right server with the right id and query, so it does not count as a
 * forgery before the true answer.
 */
const answers = (kind: 'random' | 'malformed'): Promise<void> =>
  listen(at(kind), (query) => {
    if (kind === 'random') return randomBytes(1 + (query.length % 300));
    const end = query.indexOf(0, 12) + 5;
    const header = Buffer.from(query.subarray(0, 12));
    header.set([0x84, 0x00, 0, 1, 0, 5, 0, 0, 0, 0], 2);
    return Buffer.concat([header, query.subarray(12, end), Buffer.alloc(40, 0xff)]);
  });
