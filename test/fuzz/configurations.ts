// Configurations made by changing the example: `config check` and `run` refuse the same ones, and
// neither of them crashes. Runs in a namespace of its own: some of them name servers of other
// people.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCaaAs } from '../../src/app/use-cases/caa.ts';
import { openCheckerAs } from '../../src/app/use-cases/check.ts';
import { openWatcherAs } from '../../src/app/use-cases/watch.ts';
import { openAppAs } from '../../src/app/wire.ts';
import { AppError } from '../../src/base/errors.ts';
import type { ExitStatus } from '../../src/base/errors.ts';
import { runCli } from '../../src/cli/program.ts';
import { parseConfig } from '../../src/config/load.ts';

export interface Fuzzed {
  readonly outcomes: Readonly<Record<string, number>>;
  readonly broken: readonly string[];
}

/** Mulberry32: a seed makes the same configurations again. */
function chanceOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Values of every type, and typical mistakes and attacks. */
const VALUES = [
  ...[
    '""',
    '" "',
    '"x"',
    '"mx1.example.org"',
    '"*.example.org"',
    '"MX1.Example.ORG."',
    '"bücher.example"',
  ],
  ...['"constructor"', '"__proto__"', '"toString"', '"-"', '"."', '".."', '"../../etc"', '"a..b"'],
  ...['"/dev/null"', '"/dev/zero"', '"/"', '"/etc/passwd"', '"/proc/self/mem"', '"/nonexistent/x"'],
  ...['"192.0.2.53.4"', '"192.0.2.53@53"', '"[::1]:53"', '"127.0.0.1:99999"', '"fe80::1%lo"'],
  ...[
    '"https://ca.example/dir"',
    '"http://ca.example/dir"',
    '"https://user:pw@ca.example/"',
    '"file:///etc"',
  ],
  ...[
    '"0s"',
    '"-1h"',
    '"1e9d"',
    '"99999999d"',
    '"1h 1h"',
    '"h"',
    '"3 1 1"',
    '"2 1 1"',
    '"3 0 0"',
    '"9 9 9"',
  ],
  ...[
    '0',
    '-1',
    '1.5',
    'nan',
    'inf',
    '1e308',
    '9007199254740993',
    'true',
    'false',
    '2026-11-29T00:00:00Z',
  ],
  ...[
    '[]',
    '[""]',
    '[[]]',
    '[{}]',
    '{}',
    '{ file = "x" }',
    '{ env = "HOME" }',
    '{ command = ["false"] }',
  ],
  ...[
    '{ credential = "../x" }',
    '{ file = "tsig.key", env = "X" }',
    '["3 1 1", "3 1 1"]',
    '["nobody"]',
  ],
  ...[
    '"nobody"',
    '"root"',
    '"0777"',
    '"0640"',
    '"8888"',
    '"staged"',
    '"reuse-key"',
    '"ec-p256"',
    '"none"',
  ],
  `"${'a'.repeat(64)}.example"`,
  `"${'a'.repeat(300)}"`,
  `"${'a.'.repeat(120)}example"`,
  '"\\u0000"',
  '"\\u001b[31m"',
  '"\\u202e"',
];

/** The example with every option written out, and with files that exist. */
async function example(dir: string): Promise<readonly string[]> {
  const text = await readFile(join(import.meta.dirname, '../../config.example.toml'), 'utf8').catch(
    () => readFile(join(process.cwd(), 'config.example.toml'), 'utf8'),
  );
  await writeFile(join(dir, 'tsig.key'), '2WSr16tyo3UKRmInUkAS7Avg1/+pJOYpb5LFCbYUYv0=\n', {
    mode: 0o600,
  });
  await mkdir(join(dir, 'tls'), { mode: 0o755 });
  return text
    .replaceAll('/etc/holger/', `${dir}/`)
    .replaceAll('/etc/postfix/tls/', `${dir}/tls/`)
    .replaceAll('/etc/nginx/tls/example.org', `${dir}/tls`)
    .replaceAll(/\["(systemctl|\/usr\/local\/sbin\/[a-z-]+)"/g, '["true"')
    .replaceAll(/owner = "root", group = "postfix", /g, '')
    .split('\n')
    .filter((line) => line !== '' && !/^# /.test(line) && line !== '#');
}

const OPTION = /^(#?)([a-z_]+) = (.*)$/;

/** Each is one change; most configurations get one or two, so that many stay valid. */
const CHANGES: readonly ((lines: string[], at: number, chance: () => number) => void)[] = [
  (lines, at) => void lines.splice(at, 1),
  (lines, at) => void lines.splice(at, 0, lines[at] ?? ''),
  (lines, at) => void (lines[at] = (lines[at] ?? '').replace(/^#/, '')),
  (lines, at) => void (lines[at] = (lines[at] ?? '').replace(/^#/, '')),
  (lines, at, chance) => {
    const [, , key] = OPTION.exec(lines[at] ?? '') ?? [];
    const value = VALUES[Math.floor(chance() * VALUES.length)] ?? '';
    if (key !== undefined) lines[at] = `${key} = ${value}`;
  },
  (lines, at, chance) => {
    const value = VALUES[Math.floor(chance() * VALUES.length)] ?? '';
    // One value within a line: of a table, or of a list.
    const spots = [...(lines[at] ?? '').matchAll(/"[^"]*"/g)];
    const spot = spots[Math.floor(chance() * spots.length)];
    if (spot === undefined) return;
    const line = lines[at] ?? '';
    lines[at] = line.slice(0, spot.index) + value + line.slice(spot.index + spot[0].length);
  },
  (lines, at, chance) => {
    const line = lines[at] ?? '';
    const cut = Math.floor(chance() * line.length);
    lines[at] = line.slice(0, cut) + line.slice(cut + 1);
  },
  (lines, at, chance) => {
    const other = Math.floor(chance() * lines.length);
    [lines[at], lines[other]] = [lines[other] ?? '', lines[at] ?? ''];
  },
  (lines, at) => void (lines[at] = (lines[at] ?? '').replace(/^(#?)([a-z_]+) =/, '$1$2x =')),
];

function changed(base: readonly string[], chance: () => number): string {
  const lines = [...base];
  const count = Math.floor(chance() * 4);
  for (let done = 0; done < count && lines.length > 0; done += 1) {
    const change = CHANGES[Math.floor(chance() * CHANGES.length)];
    change?.(lines, Math.floor(chance() * lines.length), chance);
  }
  return `${lines.join('\n')}\n`;
}

interface Ran {
  readonly exit: ExitStatus;
  readonly said: string;
}

async function holger(args: readonly string[]): Promise<Ran> {
  let said = '';
  const say = (text: string): void => void (said += text);
  const exit = await runCli(
    args,
    {
      version: '0',
      openApp: openAppAs('0'),
      openChecker: (context) => Promise.resolve(openCheckerAs('0')(context)),
      openWatcher: (context) => Promise.resolve(openWatcherAs('0')(context)),
      openServer: () => Promise.reject(new Error('no server here')),
      openCaa: openCaaAs('0'),
      openNotifiers: () => Promise.resolve([]),
      openOthers: () => Promise.reject(new Error('no other client here')),
    },
    {
      ...{ out: say, err: say, drained: () => Promise.resolve(), terminal: false },
      ...{ now: () => Date.now() / 1000, signal: new AbortController().signal },
    },
  );
  return { exit, said };
}

/** Whether it can be read at all; what it names is checked elsewhere. */
function isReadable(text: string, file: string): boolean | undefined {
  try {
    parseConfig(text, file);
    return true;
  } catch (error) {
    // Any other error of the parser is a bug of it: it is not a list of all that is wrong.
    return error instanceof AppError && error.code === 'CONFIG_INVALID' ? false : undefined;
  }
}

function faultOf(check: Ran, run: Ran, readable: boolean | undefined): string | undefined {
  if (readable === undefined) return 'the parser breaks';
  if (check.exit === 70 || run.exit === 70) return 'a bug';
  if (check.exit !== 0 && check.exit !== 2) return `config check ended with ${check.exit}`;
  if (check.exit === 0 && run.exit === 2) return 'config check accepts it, run refuses it';
  if (!readable && (check.exit !== 2 || run.exit !== 2)) return 'it cannot be read, and was taken';
  return undefined;
}

export async function fuzzConfigurations(seed: number, count: number): Promise<Fuzzed> {
  const dir = await mkdtemp(join(tmpdir(), 'holger-fuzz-'));
  const outcomes: Record<string, number> = {};
  const broken: string[] = [];
  try {
    const base = await example(dir);
    const file = join(dir, 'config.toml');
    for (let number = 0; number < count; number += 1) {
      const text = changed(base, chanceOf(seed * 1_000_003 + number));
      await writeFile(file, text, { mode: 0o600 });
      const global = ['--config', file, '--state', join(dir, 'state')];
      const check = await holger([...global, 'config', 'check']);
      const run = await holger([...global, 'run', '--dry-run']);
      const key = `check ${check.exit} run ${run.exit}`;
      outcomes[key] = (outcomes[key] ?? 0) + 1;
      const fault = faultOf(check, run, isReadable(text, file));
      if (fault === undefined) continue;
      broken.push(`${number}: ${fault}\n${check.said.slice(-600)}\n${run.said.slice(-600)}`);
    }
    return { outcomes, broken };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
