// `holger check` over 500 mail hosts, compared with what people use today: a shell loop over
// posttls-finger. First behind a path with a round trip of 20 ms, for the throughput in handshakes;
// then on plain loopback, for the processor time of each.

import { X509Certificate } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLab, type Lab } from '../test/lab/lab.ts';
import { keyRecordOf } from '../test/lab/observe.ts';
import { selfSigned } from './certificate.ts';
import { withCommand } from './command.ts';
import { relayDns, relayTcp, type Path } from './delay.ts';
import { startMailSink } from './mail-sink.ts';
import { median, ms, say, type Figure } from './measure.ts';

const HOSTS = 500;
/** A shell loop is slow: this number is enough to measure it. */
const LOOPED = 25;
const ROUNDS = 3;
const DELAY_MS = 10;
const SINK_PORT = 2525;
const target = { throughput: 20, cpu: 1 };

const hosts = Array.from({ length: HOSTS }, (_, index) => ({
  name: `h${index}`,
  address: `127.54.${1 + Math.floor(index / 250)}.${1 + (index % 250)}`,
}));

export async function check(): Promise<Figure> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => process.exit(130));
  const folder = await mkdtemp(join(tmpdir(), 'holger-bench-'));
  try {
    const pair = await selfSigned(folder);
    const record = keyRecordOf(new X509Certificate(pair.cert));
    const records = hosts.flatMap(({ name, address }) => [
      `${name} IN A ${address}`,
      `_25._tcp.${name} IN TLSA ${record}`,
    ]);
    const parts = ['parent', 'primary', 'nsd', 'knot', 'resolver'] as const;
    const lab = await startLab({ index: 51, ttl: 3600, parts, records });
    try {
      return await withCommand((command) => measure(lab, command, pair, folder));
    } finally {
      await lab.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Cost {
  readonly handshakes: number;
  readonly seconds: number;
  readonly cpuMs: number;
}

async function measure(
  lab: Lab,
  command: string,
  pair: { readonly key: string; readonly cert: string },
  folder: string,
): Promise<Figure> {
  const path: Path = { delayMs: 0 };
  const resolver = '127.54.0.1';
  const sink = await startMailSink(pair, SINK_PORT);
  const open = [
    sink,
    ...(await relayTcp(
      hosts.map(({ address }) => address),
      25,
      { host: '127.0.0.1', port: SINK_PORT },
      path,
    )),
    await relayDns(resolver, lab.resolver.v4, path),
  ];
  const list = join(folder, 'hosts');
  await writeFile(list, hosts.map(({ name }) => `${name}.${lab.zone}:25\n`).join(''));
  const slow = join(folder, 'slow');
  await mkdir(slow);
  await writeFile(join(slow, 'resolv.conf'), `nameserver ${resolver}\noptions trust-ad edns0\n`);
  const withResolver = [...lab.withResolver.slice(0, -1), slow];
  const ours = (): Promise<Cost> =>
    timed(
      lab,
      [
        process.execPath,
        command,
        '--json',
        'check',
        '--no-servers',
        '--resolver',
        resolver,
        '--file',
        list,
      ],
      [],
      countLooks,
    );
  const theirs = (): Promise<Cost> =>
    timed(
      lab,
      [
        'sh',
        '-c',
        `for i in $(seq ${LOOPED}); do posttls-finger -c -l dane "[h$i.${lab.zone}]"; done`,
      ],
      withResolver,
      (output) => output.match(/Verified TLS connection established/g)?.length ?? 0,
    );
  try {
    // What both programs query is in the resolver's cache from here on.
    await ours();
    await theirs();
    path.delayMs = DELAY_MS;
    const delayed = await compare('round trip of 20 ms', ours, theirs);
    path.delayMs = 0;
    const plain = await compare('plain loopback', ours, theirs);
    const throughput = delayed.map(({ our, their }) => pace(our) / pace(their));
    const cpu = plain.map(({ our, their }) => each(our) / each(their));
    const ratios = { throughput: median(throughput), cpu: median(cpu) };
    const text = `${ratios.throughput.toFixed(0)} x the throughput (target ${target.throughput}), ${ratios.cpu.toFixed(2)} x the processor time (target ${target.cpu})`;
    return { text, ok: ratios.throughput >= target.throughput && ratios.cpu <= target.cpu };
  } finally {
    for (const server of open) server.close();
  }
}

const pace = ({ handshakes, seconds }: Cost): number => handshakes / seconds;
const each = ({ handshakes, cpuMs }: Cost): number => cpuMs / handshakes;

async function compare(
  about: string,
  ours: () => Promise<Cost>,
  theirs: () => Promise<Cost>,
): Promise<{ readonly our: Cost; readonly their: Cost }[]> {
  const rounds: { our: Cost; their: Cost }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const [our, their] = [await ours(), await theirs()];
    const tell = (cost: Cost): string =>
      `${pace(cost).toFixed(1)}/s, ${ms(each(cost))} of processor each`;
    say(`${about}: check ${tell(our)}; posttls-finger ${tell(their)}`);
    rounds.push({ our, their });
  }
  return rounds;
}

/** Runs a command to its end and counts what it cost, with its children. */
async function timed(
  lab: Lab,
  argv: readonly string[],
  before: readonly string[],
  count: (output: string) => number,
): Promise<Cost> {
  const begun = performance.now();
  // times: the accumulated times of the shell and of what it ran, in two lines.
  const script = ['bash', '-c', '"$@"; echo; times', 'timed', ...argv];
  const { stdout, stderr } = await lab.run([...before, ...script], { timeoutMs: 300_000 });
  const seconds = (performance.now() - begun) / 1000;
  const handshakes = count(stdout);
  const used = [
    ...stdout
      .trimEnd()
      .split('\n')
      .slice(-1)
      .join('')
      .matchAll(/(\d+)m([\d.]+)s/g),
  ];
  const cpuMs = used.reduce(
    (sum, [, minutes, rest]) => sum + Number(minutes) * 60_000 + Number(rest) * 1000,
    0,
  );
  if (handshakes === 0) throw new Error(`no handshake was made: ${stdout.slice(0, 500)}${stderr}`);
  return { handshakes, seconds, cpuMs };
}

/** Handshakes of either kind: the one for which the host has no certificate counts as well. */
function countLooks(output: string): number {
  const document = JSON.parse(output.slice(0, output.lastIndexOf('}') + 1)) as {
    readonly severity: string;
    readonly targets: readonly { readonly endpoints: readonly { readonly outcome: string }[] }[];
  };
  const looks = document.targets.flatMap(({ endpoints }) => endpoints);
  const secure = looks.filter(({ outcome }) => outcome === 'secure').length;
  if (secure !== HOSTS) throw new Error(`${secure} of ${HOSTS} hosts are secure`);
  return looks.length;
}
