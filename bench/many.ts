// Many certificates that are due at once: `holger run` against lego in twenty processes side by
// side, at one Pebble and in one zone, in turns. Names are proven by DNS-01; nothing is deployed.

import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startLab, type Lab } from '../test/lab/lab.ts';
import { withCommand } from './command.ts';
import { ended, timed, withHolger, type Round } from './due.ts';
import { median, say, type Figure } from './measure.ts';

/** Each round orders anew: no name is proven twice. */
const rounds = 2;
const legoAtOnce = 20;
/** Of processor time for each certificate, beyond a run over one. */
const mostMs = 60;
const mostMegabytes = 200;

interface Settings {
  readonly certificates: number;
  /** Seconds by which the CA delays each answer, at most. */
  readonly caSleep: number;
  /** How much slower than lego holger may be. */
  readonly target: number;
  /** Without lego: what holger takes of the machine. */
  readonly alone?: boolean;
  /** A folder for a profile of each run. */
  readonly profile?: string | undefined;
}

export function many(args: readonly string[]): Promise<Figure> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      certificates: { type: 'string', default: '100' },
      alone: { type: 'boolean', default: false },
      profile: { type: 'string' },
    },
  });
  const certificates = Number(values.certificates);
  return compare({ ...values, certificates, caSleep: 0, target: 1 });
}

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
  const measure = settings.alone === true ? withoutLego : withLegoToo;
  try {
    return await withCommand((command) => measure(lab, command, settings));
  } finally {
    await lab.stop();
  }
}

async function withLegoToo(lab: Lab, command: string, settings: Settings): Promise<Figure> {
  const { certificates, target, profile } = settings;
  const ours: Round[] = [];
  const theirs: Round[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const names = (who: string): string[] => namesIn(lab, `${who}${round}`, certificates);
    const due = { lab, command, names: names('h'), profile };
    const [a, b] = [() => withHolger(due), () => withLego(lab, names('l'))];
    if (round % 2 === 0) ours.push(await a());
    theirs.push(await b());
    if (round % 2 === 1) ours.push(await a());
  }
  const [holger, lego] = [told('holger', ours, certificates), told('lego', theirs, certificates)];
  const ratio = holger / lego;
  const text = `${certificates} certificates: holger ${ratio.toFixed(2)} x lego in ${legoAtOnce} processes (target ${target})`;
  return { text, ok: ratio <= target };
}

/** One run over many certificates beside one over a single one, which has all that is once. */
async function withoutLego(lab: Lab, command: string, settings: Settings): Promise<Figure> {
  const { certificates, profile } = settings;
  const single = await withHolger({ lab, command, names: namesIn(lab, 'single', 1) });
  const all = await withHolger({ lab, command, names: namesIn(lab, 'h', certificates), profile });
  told('one certificate', [single], 1);
  told(`${certificates} certificates`, [all], certificates);
  const each = ((all.cpu - single.cpu) * 1000) / (certificates - 1);
  const parts = [
    `${each.toFixed(0)} ms of processor time for each of ${certificates} certificates beyond the first (target ${mostMs} ms)`,
    `${all.megabytes.toFixed(0)} MB (target ${mostMegabytes} MB)`,
  ];
  for (const line of all.failed) say(line);
  const fits = each <= mostMs && all.megabytes <= mostMegabytes;
  return { text: parts.join(', '), ok: fits && all.failed.length <= certificates / 20 };
}

function told(who: string, all: readonly Round[], certificates: number): number {
  const of = (figure: 'seconds' | 'requests' | 'cpu' | 'megabytes'): number =>
    median(all.map((one) => one[figure]));
  const seconds = of('seconds');
  const requests = of('requests') / certificates;
  const cpu = (of('cpu') * 1000) / certificates;
  say(
    `${who}: ${seconds.toFixed(1)} s, ${requests.toFixed(1)} requests and ${cpu.toFixed(0)} ms of processor time for each certificate, ${of('megabytes').toFixed(0)} MB`,
  );
  return seconds;
}

function namesIn({ zone }: Lab, label: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${label}-${i}.${zone.replace(/\.$/, '')}`);
}

async function withLego(lab: Lab, names: readonly string[]): Promise<Round> {
  const folder = await mkdtemp(join(lab.dir, 'lego-'));
  const { acme, resolver, servers, tsig } = lab;
  const env = {
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
  const issue = (name: string): Promise<unknown> =>
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
    return {};
  });
  await rm(folder, { recursive: true });
  return round;
}
