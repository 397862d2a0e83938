// What `holger run` and others take of the machine for certificates that are due at once in a lab.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lab } from '../test/lab/lab.ts';
import { PRELOAD } from './measure.ts';

export interface Round {
  readonly seconds: number;
  /** Requests to the CA. */
  readonly requests: number;
  /** Seconds of processor time, with all that was started. */
  readonly cpu: number;
  /** The most memory of one process; 0 where it is not known. */
  readonly megabytes: number;
  /** Certificates that failed, with the reason. */
  readonly failed: readonly string[];
  /** Seconds after the beginning at which each was issued. */
  readonly issued: ReadonlyMap<string, number>;
}

export interface Due {
  readonly lab: Lab;
  /** Of the bundle. */
  readonly command: string;
  readonly names: readonly string[];
  /** Tables after `[defaults]`, before the certificates. */
  readonly more?: string;
  /** A folder for a profile (`node --cpu-prof`). */
  readonly profile?: string | undefined;
}

/** One run over certificates without DANE, so that only what an order needs is measured. */
export async function withHolger(due: Due): Promise<Round> {
  const { lab, command, names, profile } = due;
  const folder = await mkdtemp(join(lab.dir, 'many-'));
  const config = join(folder, 'config.toml');
  const certificates = names.map(
    (name) => `[[certificate]]\nname = "${name}"\ndomains = ["${name}"]\n`,
  );
  await writeFile(config, configuration(due, folder) + certificates.join(''));
  const profiled = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const node = [process.execPath, ...profiled, '--import', PRELOAD, command];
  // A busy name server may have left the CA without an answer: that is a temporary failure.
  const argv = [...node, '--config', config, '--json', 'run'];
  return timed(lab, () => ended(argv, lab.env, [0, 3]));
}

function configuration({ lab, more = '' }: Due, folder: string): string {
  const { acme, resolver, servers, serving, tsig } = lab;
  const key = `name = "${tsig.name}.", algorithm = "${tsig.algorithm}", secret = { file = "${tsig.secretFile}" }`;
  return `[acme]
directory = "${acme.directory}"
ca_file = "${acme.caFile}"
[dns]
resolver = ["${resolver.v4}"]
[state]
directory = "${join(folder, 'state')}"
[provider.main]
type = "rfc2136"
server = "${servers.primary.v4}"
tsig = { ${key} }
[[zone]]
name = "${lab.zone}"
provider = "main"
nameservers = [${serving.map((host) => `"${host.v4}", "${host.v6}"`).join(', ')}]
[defaults]
ttl = "${lab.ttl}s"
dane = false
${more}`;
}

interface Ended {
  readonly megabytes?: number;
  readonly failed?: readonly string[];
  /** Milliseconds since 1970. */
  readonly issuedAt?: ReadonlyMap<string, number>;
}

export async function timed(lab: Lab, act: () => Promise<Ended>): Promise<Round> {
  const began = Date.now();
  const before = requestsAt(lab);
  const cpu = childrenCpu();
  const from = performance.now();
  const { megabytes = 0, failed = [], issuedAt = new Map() } = await act();
  const seconds = (performance.now() - from) / 1000;
  const requests = requestsAt(lab) - before;
  const issued = new Map([...issuedAt].map(([name, at]) => [name, (at - began) / 1000] as const));
  return { seconds, requests, cpu: childrenCpu() - cpu, megabytes, failed, issued };
}

/** Pebble logs one line for each request. */
function requestsAt(lab: Lab): number {
  const log = readFileSync(join(lab.dir, 'log', 'pebble.log'), 'utf8');
  return log.split('calling handler').length - 1;
}

/** Seconds of user and system time of all children that have ended (proc(5): cutime, cstime). */
function childrenCpu(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

/** Runs it to its end; another status is an error. */
export function ended(
  [program = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>>,
  statuses: readonly number[] = [0],
): Promise<Ended> {
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const issuedAt = new Map<string, number>();
  const said = ['', '', '', ''];
  const [, stdout, stderr, report] = child.stdio;
  for (const [at, stream] of [stdout, stderr, report].entries()) {
    stream?.on('data', (data: Buffer) => {
      said[at] += data.toString();
      if (at === 0) for (const name of issuedIn(data.toString())) issuedAt.set(name, Date.now());
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      const [output = '', errors = '', kilobytes = ''] = said;
      const failed = output.split('\n').filter((line) => line.includes('"event":"failed"'));
      const words = `${program} ended with ${code}: ${failed.join('; ')}${errors.slice(-4000)}`;
      if (!statuses.includes(code ?? -1)) return reject(new Error(words));
      resolve({ failed, issuedAt, megabytes: (Number(kilobytes) * 1024) / 1e6 });
    });
  });
}

/** Each line is written at once. */
function issuedIn(text: string): string[] {
  const lines = text.split('\n').filter((line) => line.includes('"event":"issued"'));
  return lines.map((line) => (JSON.parse(line) as { readonly certificate: string }).certificate);
}
