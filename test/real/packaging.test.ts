// The packages as an operator gets them, checked with Debian's and systemd's own tools.
import { access, chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { makePackages } from '../../packaging/build.mjs';
import { must, run } from '../lab/processes.ts';

const UNITS = path.resolve('packaging/systemd');
const NAMES = ['holger.service', 'holger.timer', 'holger-watch.service', 'holger-serve.service'];

let out: string;
let debian: string;

beforeAll(async () => {
  out = await mkdtemp(path.join(tmpdir(), 'holger-packages-'));
  const made = await makePackages(out);
  debian = made.find((file) => file.endsWith('.deb')) ?? '';
});
afterAll(() => rm(out, { recursive: true, force: true }));

async function folder(): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'holger-root-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

test('systemd reports nothing about the units, and their services are well confined', async () => {
  const place = await folder();
  for (const name of NAMES) {
    const text = await readFile(path.join(UNITS, name), 'utf8');
    await writeFile(path.join(place, name), text.replace('/usr/bin/holger', process.execPath));
  }
  const files = NAMES.map((name) => path.join(place, name));
  const verified = await run(['systemd-analyze', 'verify', '--man=no', ...files]);
  expect(verified.stderr + verified.stdout).toBe('');
  expect(verified.status).toBe(0);
  for (const name of NAMES.filter((one) => one.endsWith('.service'))) {
    const confined = await run([
      'systemd-analyze',
      'security',
      '--offline=true',
      '--threshold=25',
      path.join(UNITS, name),
    ]);
    expect(confined.status, confined.stdout).toBe(0);
  }
});

test('the manual pages are rendered without a warning', async () => {
  for (const name of ['holger.1', 'holger.toml.5']) {
    const page = path.join(out, name);
    const shown = await run(['man', '--warnings', '-E', 'UTF-8', '-l', page], {
      env: { LC_ALL: 'C.UTF-8', MANPAGER: 'cat', PATH: process.env['PATH'] ?? '' },
    });
    expect(shown.stderr).toBe('');
    expect(shown.stdout).toMatch(/^ *SEE ALSO$|^SEE ALSO/m);
  }
});

test('the checksums are those of the packages', async () => {
  const checked = await must(['sha256sum', '--check', 'SHA256SUMS'], { cwd: out });
  expect(checked).toContain(`${path.basename(debian)}: OK`);
});

test('lintian reports nothing about the package', async () => {
  const said = await run(['lintian', '--allow-root', '--fail-on', 'error,warning', debian], {
    timeoutMs: 200_000,
  });
  expect(said.stdout).toBe('');
  expect(said.status, said.stderr).toBe(0);
}, 200_000);

/**
 * The completion of zsh as a function: its offers are printed by a replacement of zsh's own
 * functions.
 */
const ZSH = `emulate -L zsh
file=$1; shift
_describe() { local list=$2; [[ $1 == -o ]] && list=$3; print -rl -- \${(P)list} }
compadd() { [[ $1 == -- ]] && shift; print -rl -- "$@" }
_files() { print files }
_message() { print message }
words=(holger "$@"); CURRENT=$#words; PREFIX=$words[-1]
offer() { source $file }
offer`;

test('zsh reads its completion, and gets commands, options and their values from it', async () => {
  const file = path.join(out, 'completions/_holger');
  expect(await run(['zsh', '-n', file])).toMatchObject({ status: 0, stderr: '' });
  const offered = async (...words: readonly string[]): Promise<readonly string[]> => {
    const said = await must(['zsh', '-f', '-c', ZSH, 'zsh', file, ...words]);
    return said.trimEnd().split('\n');
  };
  expect(await offered('tlsa', '')).toContainEqual(expect.stringMatching(/^create:/));
  expect(await offered('run', '--')).toContainEqual(expect.stringMatching(/^--dry-run:/));
  expect(await offered('--color', '')).toEqual(['auto', 'always', 'never']);
  expect(await offered('--config', '')).toEqual(['files']);
});

test('fish completes commands, commands below them, options and their values', async () => {
  const file = path.join(out, 'completions/holger.fish');
  const offered = async (line: string): Promise<readonly string[]> => {
    const script = `source ${file}; complete -C "${line}"`;
    const said = await must(['fish', '--no-config', '-c', script]);
    return said
      .trimEnd()
      .split('\n')
      .map((it) => it.split('\t')[0] ?? '');
  };
  expect(await offered('holger pro')).toEqual(['providers']);
  expect(await offered('holger tlsa ')).toEqual(expect.arrayContaining(['create', 'verify']));
  expect(await offered('holger run --dr')).toEqual(['--dry-run']);
  expect(await offered('holger --color a')).toEqual(['always', 'auto']);
});

/** A root of its own, where what the package depends on is recorded as installed. */
async function rootWith(...installed: readonly (readonly [string, string])[]): Promise<string> {
  const root = await folder();
  await chmod(root, 0o755);
  for (const name of ['info', 'updates', 'triggers']) {
    await mkdir(path.join(root, 'var/lib/dpkg', name), { recursive: true });
  }
  for (const [name] of installed) {
    await writeFile(path.join(root, 'var/lib/dpkg/info', `${name}.list`), '');
  }
  await mkdir(path.join(root, 'etc'));
  await writeFile(path.join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  await writeFile(path.join(root, 'etc/group'), 'root:x:0:\n');
  const entries = installed.map(
    ([name, version]) =>
      `Package: ${name}\nStatus: install ok installed\nArchitecture: all\n` +
      `Maintainer: none\nVersion: ${version}\nDescription: stands for it\n`,
  );
  await writeFile(path.join(root, 'var/lib/dpkg/status'), entries.join('\n'));
  return root;
}

const SYSTEMD = ['systemd', '257.7-1'] as const;
const NODE = ['nodejs', '20.19.2+dfsg-1'] as const;

const dpkg = (root: string, ...args: readonly string[]): ReturnType<typeof run> =>
  run(['dpkg', `--root=${root}`, '--force-script-chrootless', `--log=${root}/dpkg.log`, ...args]);

async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

test('the Debian package is installed, upgraded, removed and purged in a root of its own', async () => {
  const root = await rootWith(NODE, SYSTEMD);
  const at = (name: string): string => path.join(root, name);
  const first = await dpkg(root, '--install', debian);
  expect(first.status, first.stderr).toBe(0);

  const user = /^holger:x:(\d+):(\d+):.*:\/var\/lib\/holger:/m.exec(
    await readFile(at('etc/passwd'), 'utf8'),
  );
  const [uid, gid] = [Number(user?.[1]), Number(user?.[2])];
  const modes = {
    'etc/holger': [0o750, 0, gid],
    'var/lib/holger': [0o700, uid, gid],
    'usr/lib/holger/holger.mjs': [0o755, 0, 0],
    'usr/lib/systemd/system/holger.service': [0o644, 0, 0],
    'usr/share/man/man5/holger.toml.5.gz': [0o644, 0, 0],
    'usr/share/bash-completion/completions/holger': [0o644, 0, 0],
    'usr/share/doc/holger/examples/config.toml': [0o644, 0, 0],
    'usr/share/doc/holger/copyright': [0o644, 0, 0],
  };
  for (const [name, wanted] of Object.entries(modes)) {
    const { mode, uid: owner, gid: group } = await stat(at(name));
    expect([mode & 0o7777, owner, group], name).toEqual(wanted);
  }
  // The files are as they were packed: dpkg compares them with md5sums.
  expect((await dpkg(root, '--verify', 'holger')).stdout).toBe('');
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
  expect(await must([process.execPath, at('usr/bin/holger'), '--version'])).toBe(`${version}\n`);

  await writeFile(at('etc/holger/config.toml'), '# ours\n');
  await mkdir(at('var/lib/holger/certificates'));
  const next = await repacked(`${version}-2`);
  const second = await dpkg(root, '--install', next);
  expect(second.status, second.stderr).toBe(0);
  expect(await readFile(at('etc/holger/config.toml'), 'utf8')).toBe('# ours\n');
  expect((await dpkg(root, '--status', 'holger')).stdout).toContain(`Version: ${version}-2\n`);

  expect((await dpkg(root, '--remove', 'holger')).status).toBe(0);
  expect(await isThere(at('usr/lib/holger'))).toBe(false);
  expect(await isThere(at('etc/holger/config.toml'))).toBe(true);

  // Keys whose hashes may still be in DNS stay after the package is removed.
  const purged = await dpkg(root, '--purge', 'holger');
  expect(purged.status, purged.stderr).toBe(0);
  expect(purged.stderr).toContain('var/lib/holger: its keys belong to TLSA records');
  expect(await isThere(at('etc/holger'))).toBe(false);
  expect(await isThere(at('var/lib/holger/certificates'))).toBe(true);
});

test('a purge leaves nothing where no certificate was ever stored', async () => {
  const root = await rootWith(NODE, SYSTEMD);
  expect((await dpkg(root, '--install', debian)).status).toBe(0);
  const purged = await dpkg(root, '--purge', 'holger');
  expect(purged.status, purged.stderr).toBe(0);
  expect(purged.stderr).not.toContain('kept');
  expect(await isThere(path.join(root, 'etc/holger'))).toBe(false);
  expect(await isThere(path.join(root, 'var/lib/holger'))).toBe(false);
});

test('the package is not configured beside a Node that is too old', async () => {
  const root = await rootWith(['nodejs', '18.19.0+dfsg-6'], SYSTEMD);
  const refused = await dpkg(root, '--install', debian);
  expect(refused.status).not.toBe(0);
  expect(refused.stderr).toContain('holger depends on nodejs (>= 20.19)');
});

/** The same package as another version. */
async function repacked(version: string): Promise<string> {
  const tree = await folder();
  await must(['dpkg-deb', '--raw-extract', debian, tree]);
  const control = path.join(tree, 'DEBIAN/control');
  const text = await readFile(control, 'utf8');
  await writeFile(control, text.replace(/^Version: .*/m, `Version: ${version}`));
  const file = path.join(await folder(), 'holger.deb');
  await must(['dpkg-deb', '--root-owner-group', '-Znone', '--build', tree, file]);
  return file;
}
