// Many certificates that are due at once: `holger run` against lego in twenty processes side by
// side, at one Pebble and in one zone, in turns. Names are proven by DNS-01; nothing is deployed.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startLab, type Lab } from '../test/lab/lab.ts';
import { withCommand } from './command.ts';
import { median, say, type Figure } from './measure.ts';

/** Each round orders anew: no name is proven twice. */
const rounds = 2;
const legoAtOnce = 20;

interface Settings {
  readonly certificates: number;
  /** Seconds by which the CA delays each answer, at most. */
  readonly caSleep: number;
  /** How much slower than lego holger may be. */
  readonly target: number;
}

export const many = (): Promise<Figure> =>
  compare({ certificates: Number(process.env['MANY'] ?? 100), caSleep: 0, target: 1 });

export const slowCa = (): Promise<Figure> => compare({ certificates: 10, caSleep: 5, target: 1.2 });

async function compare(settings: Settings): Promise<Figure> {
  const slow: Record<string, string> =
    settings.caSleep === 0
      ? { PEBBLE_VA_NOSLEEP: '1' }
      : { PEBBLE_VA_NOSLEEP: '0', PEBBLE_VA_SLEEPTIME: String(settings.caSleep) };
  const lab = await startLab({
    index: 51,
    parts: ['parent', 'primary', 'nsd', 'knot', 'resolver', 'pebble'],
    pebbleEnv: { ...slow, PEBBLE_AUTHZREUSE: '0', PEBBLE_WFE_NONCEREJECT: '0' },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => process.exit(130));
  try {
    return await withCommand((command) => measure(lab, command, settings));
  } finally {
    await lab.stop();
  }
}

async function measure(lab: Lab, command: string, settings: Settings): Promise<Figure> {
  const { certificates, target } = settings;
  const ours: Round[] = [];
  const theirs: Round[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const names = (who: string): string[] =>
      Array.from({ length: certificates }, (_, i) => `${who}${round}-${i}.${zoneOf(lab)}`);
    const [a, b] = [() => withHolger(lab, command, names('h')), () => withLego(lab, names('l'))];
    if (round % 2 === 0) ours.push(await a());
    theirs.push(await b());
    if (round % 2 === 1) ours.push(await a());
  }
  const [holger, lego] = [told('holger', ours, certificates), told('lego', theirs, certificates)];
  const ratio = holger / lego;
  const text = `${certificates} certificates: holger ${ratio.toFixed(2)} x lego in ${legoAtOnce} processes (target ${target})`;
  return { text, ok: ratio <= target };
}

interface Round {
  readonly seconds: number;
  /** Requests to the CA. */
  readonly requests: number;
  /** Of processor time, with all that was started. */
  readonly cpu: number;
}

function told(who: string, all: readonly Round[], certificates: number): number {
  const of = (figure: keyof Round): number => median(all.map((one) => one[figure]));
  const seconds = of('seconds');
  const requests = of('requests') / certificates;
  const cpu = (of('cpu') * 1000) / certificates;
  say(
    `${who}: ${seconds.toFixed(1)} s, ${requests.toFixed(1)} requests and ${cpu.toFixed(0)} ms of processor time for each certificate`,
  );
  return seconds;
}

const zoneOf = ({ zone }: Lab): string => zone.replace(/\.$/, '');

async function withHolger(lab: Lab, command: string, names: readonly string[]): Promise<Round> {
  const folder = await mkdtemp(join(lab.dir, 'many-'));
  const config = join(folder, 'config.toml');
  const { acme, resolver, servers, serving, tsig } = lab;
  const key = `name = "${tsig.name}.", algorithm = "${tsig.algorithm}", secret = { file = "${tsig.secretFile}" }`;
  await writeFile(
    config,
    `[acme]
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
${names.map((name) => `[[certificate]]\nname = "${name}"\ndomains = ["${name}"]\n`).join('')}`,
  );
  const argv = [process.execPath, command, '--config', config, '--json', 'run'];
  return timed(lab, () => ended(argv, { ...process.env, ...lab.env }));
}

async function withLego(lab: Lab, names: readonly string[]): Promise<Round> {
  const folder = await mkdtemp(join(lab.dir, 'lego-'));
  const { acme, resolver, servers, tsig } = lab;
  const env = {
    ...process.env,
    ...lab.env,
    LEGO_CA_CERTIFICATES: acme.caFile,
    RFC2136_NAMESERVER: `${servers.primary.v4}:53`,
    RFC2136_TSIG_KEY: tsig.name,
    RFC2136_TSIG_ALGORITHM: `${tsig.algorithm}.`,
    RFC2136_TSIG_SECRET: readFileSync(tsig.secretFile, 'utf8').trim(),
    RFC2136_TTL: String(lab.ttl),
  };
  const common = ['--server', acme.directory, '--accept-tos', '--email', 'a@dane.test'];
  const dns = ['--dns', 'rfc2136', '--dns.resolvers', `${resolver.v4}:53`];
  const issue = (name: string): Promise<void> =>
    ended(
      [...lab.withResolver, 'lego', ...common, ...dns, '--path', folder, '--domains', name, 'run'],
      env,
    );
  // The account is made once, as an installation has it.
  const [first = '', ...others] = names;
  const round = await timed(lab, async () => {
    await issue(first);
    const left = [...others];
    const work = async (): Promise<void> => {
      for (let name = left.shift(); name !== undefined; name = left.shift()) await issue(name);
    };
    await Promise.all(Array.from({ length: legoAtOnce }, work));
  });
  await rm(folder, { recursive: true });
  return round;
}

async function timed(lab: Lab, act: () => Promise<void>): Promise<Round> {
  const before = requestsAt(lab);
  const cpu = childrenCpu();
  const from = performance.now();
  await act();
  const seconds = (performance.now() - from) / 1000;
  return { seconds, requests: requestsAt(lab) - before, cpu: childrenCpu() - cpu };
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

function ended([program = '', ...args]: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (data: Buffer) => (said = (said + data.toString()).slice(-4000)));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`${program} ended with ${code}: ${said}`)),
    );
  });
}
