// `holger serve` over many certificates with nothing due: how much memory and processor it takes, and
// how long an answer takes, while the first round is under way, which reads every certificate, and
// after it.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withCommand } from './command.ts';
import { certificates, idleInstallation } from './idle.ts';
import { ms, say, type Figure } from './measure.ts';

const requests = 100;
const rounds = 3;
const mostMs = 200;
const mostMegabytes = 300;
const mostMetrics = 2_000_000;
/** Of one core, while nothing is due. */
const mostShare = 0.01;
const idleSeconds = 30;
/** Between two rounds. */
const PAUSE_MS = 6000;
const TICKS = 100;

const PATHS = [
  ...['/api/v1/certificates', '/api/v1/certificates/mx5000', '/metrics', '/healthz'],
  ...['/', '/?q=mx9&page=3', '/certificates/mx5000'],
];

export function serve(): Promise<Figure> {
  return withCommand(async (command, folder) => {
    const socket = join(folder, 's');
    const config = await idleInstallation(folder, `[serve]\nlisten = "${socket}"\n`);
    const child = spawn(process.execPath, [command, '--config', config, 'serve'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const pid = child.pid ?? 0;
    const ask = (path: string): Promise<Answer> => asked(socket, path);
    try {
      const began = performance.now();
      const during = await firstRound(ask);
      const p99During = p99Of(during);
      say(`the first round and all answers after ${ms(performance.now() - began)}`);
      say(`${during.length} answers while it was under way: p99 ${ms(p99During)}`);
      const after = [megabytes(pid, 'VmRSS')];
      for (let round = 0; round < rounds; round += 1) {
        await sleep(PAUSE_MS);
        process.kill(pid, 'SIGUSR1');
        await sleep(PAUSE_MS);
        after.push(megabytes(pid, 'VmRSS'));
      }
      say(`resident after each round: ${after.map((it) => it.toFixed(0)).join(', ')} MB`);
      const [before, start] = [ticks(pid), performance.now()];
      await sleep(idleSeconds * 1000);
      const share = ((ticks(pid) - before) / TICKS / (performance.now() - start)) * 1000;
      const slowest: number[] = [];
      for (const path of PATHS) {
        const times: number[] = [];
        for (let count = 0; count < requests; count += 1) times.push((await ask(path)).time);
        const p99 = p99Of(times);
        slowest.push(p99);
        say(`${path}: p99 ${ms(p99)}`);
      }
      const { body } = await ask('/metrics');
      const peak = megabytes(pid, 'VmHWM');
      const p99 = Math.max(...slowest);
      const parts = [
        `${certificates} certificates: answers ${ms(p99)} (target ${ms(mostMs)})`,
        `while a round is under way ${ms(p99During)}`,
        `peak ${peak.toFixed(0)} MB (target ${mostMegabytes} MB)`,
        `idle ${(share * 100).toFixed(2)} % of a core (target ${mostShare * 100} %)`,
        `metrics ${body.length} bytes (target ${mostMetrics})`,
      ];
      const ok =
        p99 <= mostMs && peak <= mostMegabytes && share <= mostShare && body.length <= mostMetrics;
      return { text: parts.join(', '), ok };
    } finally {
      child.kill('SIGTERM');
    }
  });
}

/** @returns how long answers took from the end of the first reading to the end of the round */
async function firstRound(ask: (path: string) => Promise<Answer>): Promise<readonly number[]> {
  const times: number[] = [];
  for (;;) {
    const { body = '' } = (await ask('/metrics').catch(() => undefined)) ?? {};
    if (body.includes('"done"} 1\n')) return times;
    await sleep(100);
    const all = await ask('/api/v1/certificates').catch(() => undefined);
    if (all?.status !== 200) continue;
    for (const path of PATHS) times.push((await ask(path)).time);
  }
}

function p99Of(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[Math.ceil(times.length * 0.99) - 1] ?? 0;
}

interface Answer {
  readonly status: number | undefined;
  readonly body: string;
  readonly time: number;
}

function asked(socketPath: string, path: string): Promise<Answer> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (more: string) => (body += more));
      response.on('end', () => {
        const time = performance.now() - began;
        resolve({ status: response.statusCode, body, time });
      });
    });
    sent.on('error', reject);
    sent.end();
  });
}

function megabytes(pid: number, what: 'VmRSS' | 'VmHWM'): number {
  const found = new RegExp(`${what}:\\s+(\\d+) kB`).exec(
    readFileSync(`/proc/${pid}/status`, 'utf8'),
  );
  return Number(found?.[1]) / 1024;
}

/** Time of the processor, in hundredths of a second. */
function ticks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return Number(fields[11]) + Number(fields[12]);
}
