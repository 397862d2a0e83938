// A bare Debian as an operator's new machine, and the operator's first steps on it: `holger init`,
// ten lines of the file edited, `holger run --dry-run` against the servers of a lab.
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { expect } from 'vitest';
import type { Lab } from './lab.ts';
import { must, run } from './processes.ts';
import type { RunResult } from './processes.ts';

/** Set by test/start.mjs; absent for an ordinary user, and without a network. */
const ROOTS = {
  'Debian 12': process.env['LAB_BARE_BOOKWORM'],
  'Debian 13': process.env['LAB_BARE_TRIXIE'],
};
type Release = keyof typeof ROOTS;

/** Without a root nothing can be tested; in CI, where skipped tests are not noticed, it fails. */
export const isMissing = (release: Release): boolean =>
  ROOTS[release] === undefined && process.env['CI'] !== 'true';

export interface BareDebian {
  /** The path from outside to a file inside. */
  file(name: string): string;
  /** Runs a command inside, as root. */
  run(...argv: readonly string[]): Promise<RunResult>;
  remove(): Promise<void>;
}

const CLEAN = ['env', '-i', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'];

export async function startBareDebian(release: Release): Promise<BareDebian> {
  const base = ROOTS[release];
  if (base === undefined)
    throw new Error(`there is no bare ${release}: the output of test/start.mjs has the reason`);
  const work = await mkdtemp(path.join(tmpdir(), 'holger-bare-'));
  const root = path.join(work, 'root');
  await layOver(base, root, work);
  await must(['mount', '--rbind', '/proc', path.join(root, 'proc')]);
  return {
    file: (name) => path.join(root, name),
    run: (...argv) =>
      run([...CLEAN, 'LC_ALL=C.UTF-8', 'DEBIAN_FRONTEND=noninteractive', 'chroot', root, ...argv], {
        timeoutMs: 200_000,
      }),
    remove: async () => {
      await must(['umount', '--recursive', path.join(root, 'proc')]);
      await run(['umount', root]);
      await rm(work, { recursive: true, force: true });
    },
  };
}

/** An overlay is ready at once; some file systems do not support one, and a copy takes seconds. */
async function layOver(base: string, root: string, work: string): Promise<void> {
  const [upper, scratch] = [path.join(work, 'upper'), path.join(work, 'scratch')];
  for (const folder of [upper, scratch, root]) await mkdir(folder);
  const options = `lowerdir=${base},upperdir=${upper},workdir=${scratch}`;
  const mounted = await run(['mount', '-t', 'overlay', 'overlay', '-o', options, root]);
  if (mounted.status === 0) return;
  await must(['cp', '-a', '--reflink=auto', `${base}/.`, root], { timeoutMs: 300_000 });
}

/** Edits what `init` wrote; the secret and the CA of the lab are beside it. */
export async function configure(debian: BareDebian, lab: Lab): Promise<void> {
  await cp(lab.acme.caFile, debian.file('etc/holger/ca.pem'));
  const file = debian.file('etc/holger/config.toml');
  const before = (await readFile(file, 'utf8')).split('\n');
  const after = edited(before, lab);
  expect(after.filter((line) => !before.includes(line))).toHaveLength(10);
  await writeFile(file, after.join('\n'));
}

function edited(lines: readonly string[], { acme, resolver, servers, services, tsig }: Lab) {
  const { mail } = services;
  const key = `name = "${tsig.name}.", algorithm = "${tsig.algorithm}"`;
  const edits: Readonly<Record<string, string>> = {
    directory: `directory = "${acme.directory}"\nca_file = "ca.pem"`,
    '#email': 'email = "hostmaster@dane.test"',
    resolver: `resolver = ["${resolver.v4}"]`,
    server: `server = "${servers.primary.v4}"`,
    tsig: `tsig = { ${key}, secret = { file = "tsig.key" } }`,
    '#[[certificate]]': '[[certificate]]',
    '#name': 'name = "mail"',
    '#domains': `domains = ["${mail.host}"]`,
    '#services': `services = ["${mail.protocol}://${mail.host}:${mail.port}"]`,
  };
  return lines.flatMap((line) => (edits[line.replace(/ = .*/, '')] ?? line).split('\n'));
}

/** The configuration is valid, and the dry run plans the first issuance of its certificate. */
export async function expectFirstPlan(
  holger: (...argv: readonly string[]) => Promise<RunResult>,
): Promise<void> {
  const checked = await holger('config', 'check');
  expect(checked.status, checked.stderr).toBe(0);
  const planned = await holger('--json', 'run', '--dry-run');
  expect(planned.status, planned.stderr).toBe(0);
  expect(planned.stdout).toContain('"event":"planned"');
  expect(planned.stdout).toContain('"certificate":"mail"');
}
