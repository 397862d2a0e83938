// E-mail to a mail server as others run it: Postfix, which asks Dovecot about passwords and lets it
// store the mail.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EmailOptions } from '../../src/notify/email.ts';
import { createEmail } from '../../src/notify/email.ts';
import type { Delivery, Notice } from '../../src/ports/notifier.ts';
import { writeInstallation } from '../lab/holger-config.ts';
import { installationCommand } from '../lab/holger.ts';
import { startLab, type Lab } from '../lab/lab.ts';
import { Daemons } from '../lab/processes.ts';
import { startSubmission, submissionPorts, type Submission } from '../lab/submission.ts';
import { topology } from '../lab/topology.ts';

const HOST = topology(98).mail.v4;
const RIGHT = 'correct häst=battery';
const WRONG = 'wrong häst=battery';

let lab: Lab;
let daemons: Daemons;
let server: Submission;
let trust: string;

beforeAll(async () => {
  lab = await startLab({ index: 98, parts: ['mail'] });
  daemons = new Daemons(join(lab.dir, 'log'));
  server = await startSubmission(lab, daemons, { user: 'holger', password: RIGHT });
  // Where only root may exchange it: else the configuration that names it is refused.
  trust = join(lab.dir, 'mail-ca.pem');
  await copyFile(server.caFile, trust);
});
afterAll(async () => {
  await daemons?.stopAll();
  await lab?.stop();
});

const notice: Notice = {
  id: 'c0ffee',
  at: Date.UTC(2026, 10, 21, 3, 0, 0) / 1000,
  subject:
    '[holger] CRITICAL mx1.example.org:25: das Zertifikat läuft ab, und zwar so bald, dass es in einer Zeile allein nicht zu sagen ist',
  text: 'smtp://mx1.example.org:25 is CRITICAL\n.\nFrom here on: grün, 緑\n',
  document: {},
};

function send(more: Partial<EmailOptions> & { tls: 'starttls' | 'tls' }): Promise<Delivery> {
  const email = createEmail({
    ...{
      label: 'email',
      host: HOST,
      port: submissionPorts[more.tls],
      clientName: 'me.example.org',
    },
    ...{
      from: 'Wächter <holger@dane.test>',
      to: ['Jürgen Groß <ops@dane.test>', 'night@dane.test'],
    },
    caPem: () => readFile(server.caFile, 'utf8'),
    ...more,
  });
  return email.deliver(notice, {});
}

const login = (password: string): Pick<EmailOptions, 'login'> => ({
  login: { user: 'holger', password: () => Promise.resolve(password) },
});

/** Octets that are written as =XX. */
const unquoted = (text: string): string =>
  Buffer.from(
    text
      .replace(/=\n/g, '')
      .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  ).toString('utf8');

/** RFC 2047. */
const words = (header: string): string =>
  header
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?UTF-8\?([QB])\?([^?]*)\?=/gi, (_, form: string, text: string) =>
      form.toUpperCase() === 'B'
        ? Buffer.from(text, 'base64').toString('utf8')
        : unquoted(text.replace(/_/g, ' ')),
    );

interface Read {
  readonly header: (name: string) => string | undefined;
  readonly body: string;
}

function read(message: string): Read {
  const [head = '', ...body] = message.replaceAll('\r\n', '\n').split('\n\n');
  const lines = head.replace(/\n[ \t]+/g, ' ').split('\n');
  const header = (name: string): string | undefined => {
    const line = lines.find((one) => one.toLowerCase().startsWith(`${name}: `));
    return line === undefined ? undefined : words(line.slice(name.length + 2));
  };
  const text = body.join('\n\n');
  const encoding = header('content-transfer-encoding');
  if (encoding === 'base64') return { header, body: Buffer.from(text, 'base64').toString('utf8') };
  return { header, body: encoding === 'quoted-printable' ? unquoted(text) : text };
}

test.each(['starttls', 'tls'] as const)(
  '%s and a password: the mail is in both mailboxes',
  async (tls) => {
    const before = (await server.mailbox('ops')).length;
    const logged = lab.logTail('mail', 1000).length;
    expect(await send({ tls, ...login(RIGHT) })).toEqual({ later: [], refused: [] });
    for (const name of ['ops', 'night']) {
      await expect
        .poll(async () => (await server.mailbox(name)).length, { timeout: 10_000 })
        .toBe(before + 1);
      const { header, body } = read((await server.mailbox(name)).at(-1) ?? '');
      expect(header('from')).toMatch(/^"?Wächter"? <holger@dane\.test>$/);
      expect(header('to')).toMatch(/^"?Jürgen Groß"? <ops@dane\.test>, night@dane\.test$/);
      expect(header('subject')).toBe(notice.subject);
      expect(header('message-id')).toBe('<c0ffee@dane.test>');
      expect(body).toBe(notice.text);
    }
    const log = (): string => lab.logTail('mail', 1000).slice(logged);
    expect(log()).toMatch(/sasl_method=PLAIN, sasl_username=holger/);
    await expect.poll(log).toMatch(/disconnect from .* auth=1 mail=1 rcpt=2 data=1 quit=1/);
  },
);

test.each(['starttls', 'tls'] as const)(
  '%s and a wrong password: reported, and not repeated',
  async (tls) => {
    const refused = await send({ tls, ...login(WRONG) }).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: 'NOTIFY_FAILED',
      message: expect.stringMatching(
        new RegExp(`^e-mail to ${HOST}:${submissionPorts[tls]}: .*535 5\\.7\\.8`),
      ) as string,
      hint: 'check username and password',
    });
    expectNoPassword(
      JSON.stringify(refused),
      (refused as Error).message,
      (refused as Error).stack ?? '',
    );
  },
);

test.each(['starttls', 'tls'] as const)(
  '%s: a server without a certificate of a trusted CA gets no password',
  async (tls) => {
    const before = lab.logTail('mail', 1000).length;
    const ours = await readFile(lab.acme.caFile, 'utf8');
    await expect(
      send({ tls, caPem: () => Promise.resolve(ours), ...login(RIGHT) }),
    ).rejects.toMatchObject({
      code: 'NOTIFY_FAILED',
      message: expect.stringContaining('unable to verify') as string,
    });
    expect(lab.logTail('mail', 1000).slice(before)).not.toMatch(/sasl_/);
  },
);

test('without a password the login is refused', async () => {
  const { later, refused } = await send({ tls: 'starttls' });
  expect(later).toEqual([]);
  expect(refused).toHaveLength(2);
  expect(refused[0]?.because).toContain('554 5.7.1');
});

/** In none of its spellings. */
function expectNoPassword(...texts: readonly string[]): void {
  for (const password of [RIGHT, WRONG]) {
    const plain = Buffer.from(`\0holger\0${password}`).toString('base64');
    const spellings = [
      password,
      Buffer.from(password).toString('base64'),
      plain,
      encodeURIComponent(password),
    ];
    for (const spelling of spellings) expect(texts.join('\n')).not.toContain(spelling);
  }
}

test('K49: notify test reports for each recipient what the server answered', async () => {
  const config = await writeInstallation(lab, 'notify', []);
  await writeFile(join(lab.dir, 'word'), `${RIGHT}\n`, { mode: 0o600 });
  const common = `smtp = "${HOST}:587", tls = "starttls", ca_file = "${trust}", from = "holger@dane.test"`;
  await appendFile(
    config,
    `
[monitor]
notify = [
  { type = "email", ${common}, to = ["ops@dane.test"], username = "holger", password = { file = "${join(lab.dir, 'word')}" } },
  { type = "email", ${common}, to = ["night@dane.test"] },
  { type = "email", smtp = "${HOST}:9", tls = "none", from = "holger@dane.test", to = ["ops@dane.test"] },
  { type = "command", command = ["true"] },
]
`,
  );
  const before = (await server.mailbox('ops')).length;
  const [node = '', ...args] = installationCommand(config, 'notify', 'test');
  const { stdout, status } = spawnSync(node, args, { encoding: 'utf8' });
  expect(
    stdout
      .replace(/\n {12}/g, ' ')
      .replace(/ +/g, ' ')
      .split('\n'),
  ).toEqual([
    'email ops@dane.test',
    ' delivered ops@dane.test',
    'email night@dane.test',
    expect.stringMatching(/^ refused night@dane\.test: 554 5\.7\.1 /),
    expect.stringMatching(/^ hint .*login/),
    'email ops@dane.test (2)',
    expect.stringMatching(/^ failed .*: no mail server listens there \(ECONNREFUSED\)$/),
    expect.stringMatching(/^ hint check host and port/),
    'command true',
    ' delivered',
    '',
  ]);
  expect(status).toBe(4);
  await expect
    .poll(async () => (await server.mailbox('ops')).length, { timeout: 10_000 })
    .toBe(before + 1);
});

test('by check --watch: one recipient gets it, the other is tried again, and no password is in its log or state', async () => {
  const config = await writeInstallation(lab, 'email', []);
  await writeFile(join(lab.dir, 'right'), `${RIGHT}\n`, { mode: 0o600 });
  await writeFile(join(lab.dir, 'wrong'), `${WRONG}\n`, { mode: 0o600 });
  const notifier = (to: string, password: string): string =>
    `{ type = "email", smtp = "${HOST}:587", tls = "starttls", ca_file = "${trust}", from = "holger@dane.test", to = "${to}@dane.test", username = "holger", password = { file = "${join(lab.dir, password)}" } }`;
  await appendFile(
    config,
    `
[monitor]
targets = ["smtp://mail.dane.test:25"]
notify = [
  ${notifier('day', 'right')},
  ${notifier('night', 'wrong')},
]
`,
  );
  // No server is at the address of the resolver: that is what is reported.
  const night = (await server.mailbox('night')).length;
  const [node = '', ...args] = installationCommand(
    config,
    '-v',
    '--log-format',
    'json',
    'check',
    '--watch',
    '--every',
    '1s',
  );
  const child = spawn(node, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = once(child, 'close');
  try {
    await expect.poll(() => stderr, { timeout: 20_000 }).toContain('not delivered');
    await expect
      .poll(async () => (await server.mailbox('day')).length, { timeout: 10_000 })
      .toBe(1);
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
  const [failed] = stderr.split('\n').filter((line) => line.includes('not delivered'));
  expect(JSON.parse(failed ?? '{}'), stderr).toMatchObject({
    level: 'error',
    notifier: 'email night@dane.test',
    detail: expect.stringContaining('535 5.7.8') as string,
    hint: 'check username and password',
  });
  const told = await server.mailbox('day');
  expect(told).toHaveLength(1);
  expect(read(told[0] ?? '').header('subject')).toMatch(/^\[holger\] UNKNOWN /);
  expect(await server.mailbox('night')).toHaveLength(night);
  const state = join(lab.dir, 'email');
  const files = await readdir(state, { recursive: true, withFileTypes: true });
  const kept = files.filter((file) => file.isFile());
  expect(kept.length).toBeGreaterThan(0);
  const texts = await Promise.all(
    kept.map((file) => readFile(join(file.parentPath, file.name), 'utf8')),
  );
  expectNoPassword(output, stderr, ...texts);
});
