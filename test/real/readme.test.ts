// Everything that README.md and docs/ ask an operator to type or to paste is executed: with the
// lab's addresses and files instead of the example's. A new command there fails here until it is
// run here, or in another test that is named here.
import { X509Certificate } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PAGES } from '../documents/pages.ts';
import { dig } from '../lab/checks.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { keyRecordOf, look } from '../lab/observe.ts';
import { Daemons, must, run } from '../lab/processes.ts';
import type { RunResult } from '../lab/processes.ts';

const EXAMPLE = 'mx1.example.org';
/** A BIND of this test alone; the lab's own addresses end elsewhere. */
const NAME_SERVER = '127.53.70.100';
const OPERATING = 'docs/operating.md';

let lab: Lab;
let home: string;
let daemons: Daemons;

beforeAll(async () => {
  lab = await startLab({ index: 70 });
  home = await mkdtemp(join(tmpdir(), 'holger-readme-'));
  await chmod(home, 0o755);
  daemons = new Daemons(home);
});
afterAll(async () => {
  await daemons?.stopAll();
  await lab?.stop();
  if (home !== undefined) await rm(home, { recursive: true, force: true });
});

const FENCE = /^```(\w*)\n([^]*?)^```$/gm;
const SHELLS = new Set(['sh', 'bash', 'shell', 'console']);

/**
 * Lines indented by four, and fenced ones of a shell, are commands; what follows a `#` is for the
 * reader.
 */
function commands(): string[] {
  const lines = PAGES.flatMap(({ text }) => {
    const shown = text.replaceAll(FENCE, (_, language: string, inner: string) =>
      SHELLS.has(language) ? inner.replaceAll(/^(\$ )?(?=\S)/gm, '    ') : '',
    );
    return [...shown.matchAll(/^ {4}(\S.*)$/gm)].map(([, line = '']) => line);
  });
  return [...new Set(lines.map((line) => line.replace(/\s+#.*$/, '')))];
}

function page(file: string): string {
  const found = PAGES.find((one) => one.file === file);
  expect(found, file).toBeDefined();
  return found?.text ?? '';
}

function block(containing: string, file = 'README.md'): string {
  const blocks = [...page(file).matchAll(FENCE)].map(([, , text = '']) => text);
  const found = blocks.filter((text) => text.includes(containing));
  expect(found, containing).toHaveLength(1);
  return found[0] ?? '';
}

/**
 * As the operator types it. The configuration is here instead of in /etc/holger, which belongs to
 * this machine.
 */
function shell(command: string, env: Readonly<Record<string, string>> = {}): Promise<RunResult> {
  const path = `${home}/prefix/bin:${process.env['PATH'] ?? ''}`;
  const more = { ...env, PATH: path, npm_config_prefix: `${home}/prefix` };
  const there = `holger() { command holger --config ${home}/config.toml "$@"; }`;
  return run(['sh', '-c', `${there}\n${command}`], { cwd: home, env: more, timeoutMs: 60_000 });
}

/** What was typed here, in the words of the pages. */
const typed = new Set<string>();

/** For a command that is typed with other names or files than those of a page. */
function shown(command: string): string {
  typed.add(command);
  return command;
}

async function succeeds(command: string, env: Readonly<Record<string, string>> = {}) {
  typed.add(command);
  const ended = await shell(command, env);
  expect(ended, `${command}\n${ended.stdout}${ended.stderr}`).toMatchObject({ status: 0 });
  return ended.stdout;
}

/** The first configuration of the README, in the lab: its zone, CA and name server. */
function firstConfig(secret: string): string {
  const { directory, caFile } = lab.acme;
  const text = block('[acme]')
    .replace('[acme]', `[acme]\ndirectory = "${directory}"\nca_file = "${caFile}"`)
    .replace('192.0.2.53', lab.servers.primary.v4)
    .replace('"holger."', `"${lab.tsig.name}."`)
    .replace('{ file = "/etc/holger/tsig.key" }', secret)
    .replaceAll(EXAMPLE, lab.services.mail.host);
  return `[dns]
resolver = ["${lab.resolver.v4}"]

[state]
directory = "${home}/state"

[defaults]
ttl = "2s"
cache_floor = "0s"
assumed_ttl = "0s"
settle = "0s"
margin = "1s"

${text}`;
}

/** The same in production: with the line that deploys, to the lab's Postfix. */
function labConfig(secret: string): string {
  const { mail } = lab.services;
  const deploy = block('deploy = ')
    .replace('/etc/postfix/tls/mx1.pem', mail.certificateFile)
    .replace('/etc/postfix/tls/mx1.key', mail.keyFile)
    .replace('["systemctl", "reload", "postfix"]', JSON.stringify(mail.reload));
  return firstConfig(secret) + deploy;
}

/**
 * Output and files of a fence without a language are not commands; a command there would not be
 * found.
 */
test('has no command in a fence without a language', () => {
  const others = PAGES.flatMap(({ text }) => [...text.matchAll(FENCE)]);
  const lines = others
    .filter(([, language = '']) => !SHELLS.has(language))
    .flatMap(([, , text = '']) => text.split('\n'));
  expect(lines.filter((line) => /^\s*(\$ )?(sudo )?(holger|npm|npx) /.test(line))).toEqual([]);
});

/** Commands of the pages that other tests run, with names and files of their own. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'npm run demo': '.ci/run',
  'npm test': '.ci/run',
  'holger run --staging': 'test/real/try-out.test.ts',
  'holger notify test': 'test/real/email.test.ts',
  'holger target test': 'test/real/other-machines.test.ts',
  'holger deploy mx --take-over': 'test/real/other-machines.test.ts',
  'holger caa mx1': 'test/real/account.test.ts',
  'holger account show': 'test/real/account.test.ts',
  'holger account update': 'test/real/account.test.ts',
  'holger account show --issuer zerossl': 'test/real/issuers.test.ts',
  'holger account import FILE': 'test/real/account.test.ts',
  'holger account key-change': 'test/real/account.test.ts',
  'holger account deactivate --yes': 'test/real/account.test.ts',
  'holger import certbot /etc/letsencrypt --dry-run': 'test/real/other-clients.test.ts',
  'holger import certbot /etc/letsencrypt': 'test/real/other-clients.test.ts',
  'holger import certbot /etc/letsencrypt --adopt': 'test/real/other-clients.test.ts',
  'holger import certbot /etc/letsencrypt --keep-client': 'test/real/other-clients.test.ts',
  'holger serve': 'test/cli/serve.test.ts',
  'holger history mx1': 'test/cli/history.test.ts',
  'holger adopt mx1': 'test/real/ways-out.test.ts',
  'holger rollback mx1': 'test/real/ways-out.test.ts',
  'holger emergency mx1': 'test/real/ways-out.test.ts',
  'holger emergency mx1 --keep-records': 'test/real/ways-out.test.ts',
  'holger emergency mx1 --withdraw-records': 'test/real/ways-out.test.ts',
  'holger revoke mx1': 'test/real/ways-out.test.ts',
  'holger revoke mx1 --reason keyCompromise': 'test/real/ways-out.test.ts',
  'holger off mx1': 'test/real/ways-out.test.ts',
  'holger off mx1 --wait': 'test/real/ways-out.test.ts',
  'holger forget mx1 192.0.2.53': 'test/real/ways-out.test.ts',
  'holger delete mx1': 'test/real/leaving.test.ts',
  'holger rename mx1 mail': 'test/real/leaving.test.ts',
};

/** Of the other clients' folders only the paths differ. */
const ADOPTED_FROM = /^holger adopt mx1 --certificate \S+ --key \S+$/;

test('what other tests run is run there', async () => {
  for (const [command, file] of Object.entries(ELSEWHERE)) {
    const text = await readFile(file, 'utf8');
    const words = command
      .split(' ')
      .filter((word) => !/^(holger|FILE|mx1?|mail|[\d.]+)$/.test(word));
    for (const word of words) expect(text, `${command}: ${file}`).toContain(word);
  }
  expect(await readFile('test/real/ways-out.test.ts', 'utf8')).toContain(
    "'adopt', 'mail', '--certificate'",
  );
  expect(Object.keys(ELSEWHERE).filter((command) => !commands().includes(command))).toEqual([]);
});

test('installs', { timeout: 120_000 }, async () => {
  const checkout = process.cwd();
  await succeeds(`cd ${checkout} && ${shown('npm run build')}`);
  await succeeds(`cd ${checkout} && ${shown('npm install --global .')}`);
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
  expect(await succeeds('holger --version')).toBe(`${version}\n`);
});

test('OpenSSL makes the request of the page', async () => {
  const command = block('openssl req', 'docs/operating.md').trim();
  await succeeds('openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out mx1.key');
  await succeeds(shown(command).replace('/etc/holger', home));
  const text = await succeeds(`openssl req -in ${home}/mx1.csr -noout -verify -text`);
  expect(text).toContain(`DNS:${EXAMPLE}`);
});

test('BIND accepts the key and allows what holger needs, and nothing else', async () => {
  const at = (text: string): string =>
    text.replaceAll('/etc/bind', `${home}/bind`).replaceAll('/var/lib/bind', `${home}/zones`);
  for (const folder of ['bind', 'zones']) await mkdir(join(home, folder));
  await succeeds(at(shown('tsig-keygen -a hmac-sha256 holger. > /etc/bind/holger.key')));
  await writeFile(
    join(home, 'zones/example.org'),
    `$TTL 60
@ SOA ns hostmaster 1 3600 600 86400 60
@ NS ns
ns A ${NAME_SERVER}
mx1 A 192.0.2.25
`,
  );
  const statement = block('update-policy', 'docs/start/postfix-bind.md');
  const options = `options {
  directory "${home}/zones"; pid-file none; session-keyfile none; recursion no;
  listen-on { ${NAME_SERVER}; }; listen-on-v6 { none; };
};
controls { };
`;
  await writeFile(join(home, 'named.conf'), options + at(statement));
  await succeeds(`named-checkconf -z ${home}/named.conf`);
  await must(['ip', 'addr', 'replace', `${NAME_SERVER}/32`, 'dev', 'lo']);
  daemons.start('named', ['named', '-g', '-n', '1', '-c', join(home, 'named.conf')]);
  const ask = (name: string, type: string): Promise<string> =>
    dig(['+short', '+norec', '+dnssec', `@${NAME_SERVER}`, name, type]);
  await daemons.waitFor('named', async () => (await ask(EXAMPLE, 'A')).includes(' 13 3 60 '));

  const update = async (line: string): Promise<string> => {
    const text = `server ${NAME_SERVER}\nzone example.org\nupdate add ${line}\nsend\nanswer\n`;
    const key = join(home, 'bind/holger.key');
    const { stdout, stderr } = await run(['nsupdate', '-k', key], { input: text });
    return /status: (\w+)/.exec(stdout + stderr)?.[1] ?? stderr;
  };
  const tlsa = `3 1 1 ${'ab'.repeat(32)}`;
  expect(await update(`_acme-challenge.${EXAMPLE} 60 TXT "value"`)).toBe('NOERROR');
  expect(await update(`_25._tcp.${EXAMPLE} 60 TLSA ${tlsa}`)).toBe('NOERROR');
  expect(await update(`${EXAMPLE} 60 A 192.0.2.66`)).toBe('REFUSED');
  expect(await update(`_25._tcp.mx2.example.org 60 TLSA ${tlsa}`)).toBe('REFUSED');
  expect(await ask(`_25._tcp.${EXAMPLE}`, 'TLSA')).toMatch(/^3 1 1 [\dAB ]+\nTLSA 13 /);
});

test('the first configuration enrols a server that runs', { timeout: 60_000 }, async () => {
  const init = `command holger init --directory ${home}/etc`;
  expect(await succeeds(init)).toContain('still missing');
  const first = await shell(`holger --config ${home}/etc/config.toml config check`);
  expect(first).toMatchObject({ status: 2, stderr: expect.stringContaining('tsig.key') as string });
  const secret = `{ file = "${lab.tsig.secretFile}" }`;
  await writeFile(join(home, 'config.toml'), firstConfig(secret));
  await succeeds('holger config check');
  expect(await succeeds('holger providers')).toContain('rfc2136');
  expect(await succeeds('holger providers rfc2136')).toContain('key_file');
  const tried = await succeeds('holger providers test main');
  expect(tried).toMatch(/^ok {5}TLSA: at the name servers: at all \d+ addresses/m);
  expect(tried).not.toMatch(/^(note|FAILED)/m);
  expect(await succeeds('holger run --dry-run')).toContain('key');
  expect((await shell('holger status --json')).stdout).toContain('"generation"');
  await writeFile(join(home, 'config.toml'), labConfig(secret));
  await succeeds('holger config check');
  const { mail } = lab.services;
  const before = await look(lab, mail);
  await succeeds('holger run');
  const pem = await readFile(mail.certificateFile, 'utf8');
  const { served } = await look(lab, mail);
  expect(served).toEqual([keyRecordOf(new X509Certificate(pem))]);
  expect(served).not.toEqual(before.served);
  expect(await succeeds('holger status')).toContain('mx1');
  await succeeds('holger deploy mx1');
});

test('the systemd units are valid, and what they start works', { timeout: 60_000 }, async () => {
  const [service = '', timer = ''] = block('[Timer]', OPERATING).split(
    /^(?=# \/etc\/systemd.*\.timer$)/m,
  );
  const binary = `${home}/prefix/bin/holger`;
  await writeFile(join(home, 'holger.service'), service.replace('/usr/local/bin/holger', binary));
  await writeFile(join(home, 'holger.timer'), timer);
  const units = `${home}/holger.service ${home}/holger.timer`;
  const verified = await shell(`systemd-analyze verify --man=no ${units}`);
  // It ends with 0 for a misspelt key too, and prints a warning.
  expect(verified).toEqual({ status: 0, stdout: '', stderr: '' });

  const [, start = ''] = /^ExecStart=(.*)$/m.exec(service) ?? [];
  const [, credential = ''] = /^LoadCredential=(\w+):/m.exec(service) ?? [];
  const [given = ''] = /\{ credential = "\w+" \}/.exec(page(OPERATING)) ?? [];
  await mkdir(join(home, 'credentials'));
  const secret = await readFile(lab.tsig.secretFile);
  await writeFile(join(home, 'credentials', credential), secret, { mode: 0o400 });
  await writeFile(join(home, 'config.toml'), labConfig(given));
  const env = { CREDENTIALS_DIRECTORY: join(home, 'credentials') };
  await succeeds(`${start.replace('/usr/local/bin/holger', 'holger')} --force`, env);
});

test('checks what runs, and informs monitoring', { timeout: 60_000 }, async () => {
  const { mail } = lab.services;
  // The lab has no mail domain: mail for a host is delivered to the host itself.
  const here = (command: string): string =>
    shown(command)
      .replace(`--mx ${EXAMPLE.replace('mx1.', '')}`, `--mx ${mail.host}`)
      .replace(`--xmpp ${EXAMPLE.replace('mx1.', '')}`, `--xmpp ${mail.host}`)
      .replace(EXAMPLE, mail.host)
      .replace('https://www.example.org', `smtp://${mail.host}:25`)
      .replace('/var/lib/node_exporter', home);
  // And no XMPP, which it reports.
  const schemes = ['xmpp-client', 'xmpp-server'];
  await lab.nsupdate(
    schemes.map((scheme) => `update add _${scheme}._tcp.${mail.host}. 60 SRV 0 0 0 .`),
  );
  const isServed = (): Promise<string> =>
    dig(['+short', `@${lab.resolver.v4}`, `_xmpp-server._tcp.${mail.host}`, 'SRV']);
  await expect.poll(isServed, { timeout: 15_000 }).toContain('0 0 0 .');
  // The renewal with --force has published its key and waits; what the resolver had before ends
  // with its TTL.
  const staged = (await succeeds('holger tlsa create --certificate mx1 --staged')).trim();
  const cached = (): Promise<string> =>
    dig(['+short', '+nosplit', `@${lab.resolver.v4}`, `_25._tcp.${mail.host}`, 'TLSA']);
  await expect.poll(cached, { timeout: 15_000 }).toContain(staged.toUpperCase());
  const checks = commands().filter((command) => command.startsWith('holger check'));
  const told = new Map<string, string>();
  for (const command of checks) told.set(command, await succeeds(here(command)));
  const say = (command: string): string => told.get(command) ?? '';
  expect(say('holger check mx1.example.org:25')).toMatch(/ECDSA secure {4}3 1 1 /);
  expect(say('holger check --mx example.org')).toContain('goes to the domain itself');
  expect(say('holger check --xmpp example.org')).toContain('xmpp-client: . (not offered) (secure)');
  const own = say('holger check --configured');
  expect(own).toMatch(/3 1 1 [0-9a-f]+… {2}for what comes next/);
  expect(own).toContain('certificate mx1: ');
  expect(say('holger check --rules')).toContain('CRITICAL mismatch');
  expect(say('holger check --mx example.org --nagios')).toMatch(/^DANE OK - .* \| 'mismatch'=0;/);
  const metrics = await readFile(join(home, 'holger.prom'), 'utf8');
  expect(metrics).toContain(`service="smtp://${mail.host}:25",outcome="secure"} `);
});

test('records by hand', async () => {
  const { mail } = lab.services;
  const live = await succeeds(
    shown('holger tlsa create --service smtp://mx1.example.org').replace(EXAMPLE, mail.host),
  );
  expect(live).toMatch(new RegExp(`^_25\\._tcp\\.${mail.host}\\. 3600 IN TLSA 3 1 1 `));
  const staged = await succeeds('holger tlsa create --certificate mx1 --staged');
  expect(staged).toMatch(/^3 1 1 [0-9a-f]{64}\n$/);
  expect(live).not.toContain(staged.trim());
  const folder = join(home, 'state/certificates/mx1/live');
  const create = shown('holger tlsa create --cert fullchain.pem --owner _25._tcp.mx1.example.org');
  const created = await succeeds(`cd ${folder} && ${create}`);
  const [record = ''] = /3 1 1 [\da-f]{64}/i.exec(created) ?? [];
  expect(created).toContain('_25._tcp.mx1.example.org');
  const verify = shown(
    'holger tlsa verify --chain fullchain.pem --host mx1.example.org --protocol smtp --record "3 1 1 0a1b…"',
  ).replace('3 1 1 0a1b…', record);
  await succeeds(`cd ${folder} && ${verify}`);
  const other = verify.replace(record, `3 1 1 ${'00'.repeat(32)}`);
  expect((await shell(`cd ${folder} && ${other}`)).status).toBe(1);
});

test('names no command that is not run', () => {
  const left = commands().filter(
    (command) =>
      !typed.has(command) && ELSEWHERE[command] === undefined && !ADOPTED_FROM.test(command),
  );
  expect(left).toEqual([]);
});
