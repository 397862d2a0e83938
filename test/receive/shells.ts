// The shells that holger-receive runs under: those of this machine, and busybox from Debian where
// it is not installed.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { shellsTree } from '../lab/packages.mjs';

export interface Shell {
  readonly name: string;
  /** The executable and what precedes the script. */
  readonly command: readonly [string, ...string[]];
  /** The value of `path` in receive.conf; absent: the tools of this machine. */
  readonly tools?: string;
}

const FOLDERS = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/bin', '/usr/sbin'];

export function found(program: string): string | undefined {
  return FOLDERS.map((folder) => join(folder, program)).find((file) => existsSync(file));
}

const tree = await shellsTree((text) => process.stderr.write(`${text}\n`)).catch(() => undefined);
const inTree = (name: string): string | undefined => {
  const file = tree === undefined ? undefined : join(tree, 'usr/bin', name);
  return file !== undefined && existsSync(file) ? file : undefined;
};
const busybox = found('busybox') ?? inTree('busybox');

/** A folder with the applets of busybox, and OpenSSL, which has none there. For any user. */
function applets(file: string, without: readonly string[] = []): string {
  const { mtimeMs, size } = statSync(file);
  const uid = process.getuid?.() ?? 0;
  const kept = join(tmpdir(), `holger-applets-${uid}-${mtimeMs}-${size}-${without.join('-')}`);
  if (existsSync(kept) && lstatSync(kept).uid === uid) return kept;
  const folder = mkdtempSync(join(tmpdir(), 'holger-applets-'));
  chmodSync(folder, 0o755);
  copyFileSync(file, join(folder, 'busybox'));
  chmodSync(join(folder, 'busybox'), 0o755);
  const names = execFileSync(file, ['--list'], { encoding: 'utf8' }).trim().split('\n');
  for (const name of names.filter((one) => ![...without, 'busybox'].includes(one))) {
    symlinkSync('busybox', join(folder, name));
  }
  const openssl = found('openssl');
  if (openssl !== undefined && !without.includes('openssl')) {
    symlinkSync(openssl, join(folder, 'openssl'));
  }
  try {
    renameSync(folder, kept);
  } catch {
    rmSync(folder, { recursive: true }); // another process was quicker
  }
  return kept;
}

function busyboxShell(file: string): Shell {
  // Without flock, which not every busybox has: the other lock is used.
  const tools = applets(file, ['flock']);
  const command = [join(tools, 'busybox'), 'ash'] as const;
  return { name: 'busybox ash with the tools of busybox', command, tools };
}

const dash = found('dash');
const bash = found('bash');

export const SHELLS: readonly Shell[] = [
  ...(dash === undefined ? [] : [{ name: 'dash', command: [dash] as const }]),
  ...(bash === undefined ? [] : [{ name: 'bash', command: [bash, '--posix'] as const }]),
  ...(busybox === undefined ? [] : [busyboxShell(busybox)]),
];

/** Part of a title of a test, so that a shell that was not there is seen. */
export const NOT_RUN = [
  ...(dash === undefined ? ['dash'] : []),
  ...(bash === undefined ? ['bash'] : []),
  ...(busybox === undefined ? ['busybox ash'] : []),
];

/** The tools of busybox without some of them, for hosts that lack them. */
export const toolsWithout = (...names: readonly string[]): string | undefined =>
  busybox === undefined ? undefined : applets(busybox, names);

/** The command with its libraries, or undefined where it can neither be found nor fetched. */
export function shellcheck(): { readonly file: string; readonly libraries: string } | undefined {
  const file = found('shellcheck') ?? inTree('shellcheck');
  if (file === undefined) return undefined;
  const libraries = tree === undefined ? '' : join(tree, 'usr/lib', `${machine()}-linux-gnu`);
  return { file, libraries };
}

const machine = (): string =>
  ({ x64: 'x86_64', arm64: 'aarch64' })[process.arch as string] ?? process.arch;
