// What `holger check` keeps of a target once its row is written: one run over N mail hosts and one
// over eight times as many, each host with a name, an address and records of its own. Memory may
// grow by the rows, from which the exit status, Nagios and Prometheus output are made, and by
// nothing else. Live memory is what is left after a collection; the peak of the resident set, which
// may grow while the collector has time, is printed beside it.

import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLab, type Lab } from '../test/lab/lab.ts';
import { keyRecordOf } from '../test/lab/observe.ts';
import { selfSigned } from './certificate.ts';
import { withCommand } from './command.ts';
import { startMailSink } from './mail-sink.ts';
import { node, say, type Figure } from './measure.ts';

const FEW = 500;
const MANY = 8 * FEW;
const STEP = 250;
/** From here on the caches of a run are full, and do not grow any more. */
const FILLED = 1500;
/**
 * Octets of live memory for each octet of a row. Measured 1.0 to 1.4, because compiled code grows
 * as well; 17 with a leak of one signal for each handshake.
 */
const target = 2;

/** In each zone; zones so small are signed at once. */
const IN_ZONE = 250;

const hosts = Array.from({ length: MANY }, (_, index) => {
  const [zone, number] = [1 + Math.floor(index / IN_ZONE), 1 + (index % IN_ZONE)];
  return { zone: `m${zone}.test`, name: `h${number}`, address: `127.54.${zone}.${number}` };
});

export async function memory(): Promise<Figure> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => process.exit(130));
  const folder = await mkdtemp(join(tmpdir(), 'holger-bench-'));
  try {
    const pair = await selfSigned(folder);
    const record = keyRecordOf(new X509Certificate(pair.cert));
    const handMade = [...new Set(hosts.map(({ zone }) => zone))].map((zone) => ({
      name: zone,
      records: hosts
        .filter((host) => host.zone === zone)
        .flatMap(({ name, address }) => [
          `${name} IN A ${address}`,
          `_25._tcp.${name} IN TLSA ${record}`,
        ]),
    }));
    const parts = ['parent', 'primary', 'nsd', 'knot', 'resolver'] as const;
    const lab = await startLab({ index: 97, ttl: 3600, parts, handMade });
    const sink = await startMailSink(pair, 25, '0.0.0.0');
    try {
      return await withCommand((command) => measure(lab, command, folder));
    } finally {
      sink.close();
      await lab.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(lab: Lab, command: string, folder: string): Promise<Figure> {
  const run = runner(lab, command, folder);
  const ratios: number[] = [];
  for (const servers of [false, true]) {
    const about = servers ? 'asking each name server' : '--no-servers';
    const few = await run(FEW, servers);
    const many = await run(MANY, servers);
    const { live, output, peak } = await run(MANY, servers, STEP);
    const each = (few: number, many: number): string =>
      `${((many - few) / (MANY - FEW)).toFixed(0)} octets a target`;
    say(`${about}: peak of ${FEW} and ${MANY} targets ${mb(few.peak)} and ${mb(many.peak)},`);
    say(
      `  ${each(few.peak, many.peak)}; ${many.seconds.toFixed(0)} s; ${mb(peak)} with a collection every ${STEP} targets`,
    );
    // Towards the end less is in progress.
    const full = live.filter(([rows]) => rows >= FILLED && rows < MANY);
    const grown = slopeOf(full);
    const row = await rowWeight(folder, output);
    say(`  live after ${live.map(([rows, octets]) => `${rows}: ${mb(octets)}`).join(', ')}`);
    say(`  from ${FILLED} on ${grown.toFixed(0)} octets a target; a row weighs ${row.toFixed(0)}`);
    ratios.push(grown / row);
  }
  const worst = Math.max(...ratios);
  const all = ratios.map((ratio) => ratio.toFixed(2)).join(' and ');
  const text = `live memory grows by ${all} octets for each octet of a row, without and with name servers (target ${target})`;
  return { text, ok: worst <= target };
}

interface Run {
  /** Of the resident set, in octets. */
  readonly peak: number;
  readonly seconds: number;
  /** Rows written, and octets that are in use then. */
  readonly live: readonly (readonly [number, number])[];
  readonly output: string;
}

/** `step`: after how many rows live memory is measured; Infinity: the run is not disturbed. */
function runner(
  lab: Lab,
  command: string,
  folder: string,
): (count: number, servers: boolean, step?: number) => Promise<Run> {
  const told = join(folder, 'told.json');
  const watcher = join(folder, 'watcher.mjs');
  return async (count, servers, step = Infinity) => {
    const list = join(folder, 'hosts');
    const lines = hosts.slice(0, count).map(({ name, zone }) => `${name}.${zone}:25\n`);
    await writeFile(list, lines.join(''));
    await writeFile(watcher, watcherProgram(told, step));
    const began = performance.now();
    const { status, stdout, stderr } = await lab.run(
      [
        ...[process.execPath, '--expose-gc', '--import', watcher, command, '--json', 'check'],
        ...[...(servers ? [] : ['--no-servers']), '--resolver', lab.resolver.v4, '--file', list],
      ],
      { timeoutMs: 600_000 },
    );
    const seconds = (performance.now() - began) / 1000;
    const { targets } = JSON.parse(stdout) as Document;
    const secure = targets.filter(({ endpoints }) => endpoints[0]?.outcome === 'secure').length;
    if (secure !== count)
      throw new Error(`${secure} of ${count} hosts are secure, status ${status}: ${stderr}`);
    const measured = JSON.parse(await readFile(told, 'utf8')) as Pick<Run, 'peak' | 'live'>;
    return { ...measured, seconds, output: stdout };
  };
}

interface Document {
  readonly targets: readonly {
    readonly target: string;
    readonly severity: string;
    readonly endpoints: readonly { readonly outcome: string }[];
    readonly findings: readonly Readonly<
      Record<'rule' | 'severity' | 'about' | 'because', string>
    >[];
  }[];
}

/**
 * Loaded before the command: counts the rows that it writes, and measures what is in use after some
 * of them.
 */
const watcherProgram = (told: string, step: number): string => `
import { writeFileSync } from 'node:fs';
const live = [];
let rows = 0;
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = (text, ...rest) => {
  if (/^,?\\n  \\{/.test(text) && ++rows % ${step} === 0) {
    gc();
    const { heapUsed, external } = process.memoryUsage();
    live.push([rows, heapUsed + external]);
  }
  return write(text, ...rest);
};
process.on('exit', () => {
  const peak = process.resourceUsage().maxRSS * 1024;
  writeFileSync(${JSON.stringify(told)}, JSON.stringify({ peak, live }));
});
`;

/** What the tallies of these rows weigh, and nothing else: the reference. */
async function rowWeight(folder: string, output: string): Promise<number> {
  const { targets } = JSON.parse(output) as Document;
  const rows = targets.map(({ target, severity, findings }) => ({
    target,
    severity,
    findings: findings.map(({ rule, severity, about, because }) => ({
      ...{ rule, severity, about, because },
    })),
    services: [{ service: target, endpoints: countOf, notAfter: 1.5 }],
  }));
  const lines = join(folder, 'rows.ndjson');
  await writeFile(lines, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const program = `
    import { createReadStream } from 'node:fs';
    import { createInterface } from 'node:readline';
    const rows = [];
    gc();
    const before = process.memoryUsage().heapUsed;
    for await (const line of createInterface({ input: createReadStream(${JSON.stringify(lines)}) }))
      rows.push(JSON.parse(line));
    gc();
    console.log((process.memoryUsage().heapUsed - before) / rows.length);`;
  return Number(node('--expose-gc', '--input-type=module', '-e', program));
}

/** As many numbers as the tally of a service has. */
const countOf = Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`outcome${i}`, i]));

/** Of the straight line that fits best. */
function slopeOf(points: readonly (readonly [number, number])[]): number {
  const mean = (of: 0 | 1): number =>
    points.reduce((sum, point) => sum + point[of], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const over = points.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0);
  return over / points.reduce((sum, [a]) => sum + (a - x) ** 2, 0);
}

const mb = (octets: number): string => `${(octets / 1e6).toFixed(1)} MB`;
