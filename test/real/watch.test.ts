// `holger check --watch` in the lab: a record breaks, is fixed, the watch is restarted in between,
// the resolver stops.
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { appendFile, readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { certificateFor, writeInstallation } from '../lab/holger-config.ts';
import { installationCommand } from '../lab/holger.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab, LabService } from '../lab/lab.ts';
import { keyRecord } from '../lab/tlsa.ts';

const LIMIT_MS = 180_000;
const ROUND_MS = 2000;
const WRONG = `3 1 1 ${'0'.repeat(64)}`;
const NIGHT = '[holger] CRITICAL mail.dane.test:25: ';

let lab: Lab;
let config: string;
let hook: Server;
/** What the webhook was sent, and what it answered. */
const posts: { readonly severity: string; readonly status: number }[] = [];
let answers: number[] = [];
let running: ChildProcess | undefined;
let stderr = '';

beforeAll(async () => {
  const parts = ['parent', 'primary', 'nsd', 'knot', 'resolver', 'mail', 'www'] as const;
  lab = await startLab({ index: 95, ttl: 1, parts });
  hook = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const status = answers.shift() ?? 200;
      const { severity } = JSON.parse(body) as { severity: string };
      posts.push({ severity, status });
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
  const { mail, www } = lab.services;
  config = await writeInstallation(lab, 'watch', [certificateFor('both', [mail, www])]);
  await appendFile(config, monitor(mail, (hook.address() as AddressInfo).port));
  await publish(mail, keyRecord(mail.certificateFile));
  await publish(www, keyRecord(www.certificateFile));
}, LIMIT_MS);
afterEach(() => running?.kill('SIGKILL'));
afterAll(async () => {
  hook?.close();
  await lab?.stop();
});

const monitor = (mail: LabService, port: number): string => `
[monitor]
interval = "10s"
silence = ["one-leg", "ttl-too-long", "pkix-usage"]
notify = [
  { type = "email", smtp = "${mail.host}:25", ca_file = "${mail.certificateFile}", from = "holger@dane.test", to = "ops@dane.test" },
  { type = "webhook", url = "http://127.0.0.1:${port}/hook" },
  { type = "command", command = ["/bin/sh", "-c", "cat >>${told()}"] },
]
`;

const told = (): string => join(lab.dir, 'told.ndjson');

async function publish(service: LabService, record: string): Promise<void> {
  const { tlsaOwner } = service;
  await lab.nsupdate([
    `update delete ${tlsaOwner} TLSA`,
    `update add ${tlsaOwner} ${lab.ttl} TLSA ${record}`,
  ]);
}

interface Document {
  readonly severity: string;
  readonly news: readonly { readonly change: string; readonly target?: string }[];
}

/** What the command was given: change and target of each. */
async function commandWasTold(): Promise<string[]> {
  const text = await readFile(told(), 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => (JSON.parse(line) as Document).news)
    .map(({ change, target = '' }) => `${change} ${target}`.trim());
}

/**
 * Subjects of all that Postfix has accepted; it stays in the queue, because nothing delivers it
 * here.
 */
async function mailed(): Promise<string[]> {
  const spool = join(lab.dir, 'postfix-spool');
  const subjects: string[] = [];
  for (const queue of ['incoming', 'active', 'deferred']) {
    for (const entry of await readdir(join(spool, queue), {
      recursive: true,
      withFileTypes: true,
    })) {
      if (!entry.isFile()) continue;
      const text = await readFile(join(entry.parentPath, entry.name), 'latin1').catch(() => '');
      // In a queue file each line is a record: N, its length, its text.
      const subject = /Subject: (.*?)N/s.exec(text)?.[1];
      if (text.includes('Auto-Submitted: auto-generated')) subjects.push(subject ?? text);
    }
  }
  return subjects;
}

function start(...args: string[]): ChildProcess {
  const [command = '', ...rest] = [
    ...lab.withResolver,
    ...installationCommand(config, 'check', '--watch', '--every', `${ROUND_MS / 1000}s`, ...args),
  ];
  const child = spawn(command, rest, {
    env: { ...process.env, ...lab.env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  running = child;
  return child;
}

const endOf = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => void child.once('close', (code) => resolve(code)));

async function stop(child: ChildProcess): Promise<void> {
  const began = Date.now();
  const ended = endOf(child);
  child.kill('SIGTERM');
  expect(await ended, stderr).toBe(0);
  expect(Date.now() - began).toBeLessThan(2500);
}

async function eventually(look: () => Promise<unknown>, wanted: unknown): Promise<void> {
  await expect
    .poll(look, { timeout: 40_000, interval: 300, message: stderr.slice(-2000) })
    .toEqual(wanted);
}

const severities = (): Promise<unknown> =>
  Promise.resolve(posts.filter(({ status }) => status === 200).map(({ severity }) => severity));

test(
  'one message when a record breaks, none when the watch is restarted, one when it is fixed',
  { timeout: LIMIT_MS },
  async () => {
    const { mail } = lab.services;
    const broken = 'changed smtp://mail.dane.test:25';
    const first = start();
    await sleep(3 * ROUND_MS);
    expect(await commandWasTold(), stderr).toEqual([]);

    answers = [500, 500];
    await publish(mail, WRONG);
    await eventually(commandWasTold, [broken]);
    await eventually(severities, ['critical']);
    expect(posts.map(({ status }) => status)).toEqual([500, 500, 200]);
    await eventually(async () => (await mailed()).length, 1);
    expect((await mailed())[0]).toContain(NIGHT);

    const second = start();
    expect(await endOf(second)).toBe(5);
    running = first;
    await stop(first);

    const third = start();
    await sleep(4 * ROUND_MS);
    expect(await commandWasTold()).toEqual([broken]);
    expect(await mailed()).toHaveLength(1);

    await publish(mail, keyRecord(mail.certificateFile));
    await eventually(commandWasTold, [broken, 'recovered smtp://mail.dane.test:25']);
    await eventually(severities, ['critical', 'ok']);
    await eventually(async () => (await mailed()).length, 2);
    expect(lab.logTail('mail', 500)).toMatch(/TLS connection established/);
    await stop(third);
  },
);

test('a resolver that is gone is one message for all targets', { timeout: LIMIT_MS }, async () => {
  const before = await commandWasTold();
  const child = start();
  await sleep(2 * ROUND_MS);
  await lab.stopPart('resolver');
  await eventually(commandWasTold, [...before, 'blind']);
  await sleep(2 * ROUND_MS);
  expect(await commandWasTold()).toEqual([...before, 'blind']);
  await stop(child);
});
