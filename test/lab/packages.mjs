// The lab's servers as unpacked Debian packages in a cache folder: downloaded with an apt state of
// our own, so that nothing is installed, no daemon starts, and an ordinary user can do it. Apt
// checks Debian's signatures as always.

import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const packages = [
  'acl',
  'attr',
  'bind9',
  'bind9-dnsutils',
  'bind9-utils',
  'caddy',
  'dovecot-imapd',
  'dovecot-lmtpd',
  'dovecot-managesieved',
  'dovecot-pop3d',
  'fish',
  'inn2',
  'gnutls-bin',
  'iproute2',
  'knot',
  'ldnsutils',
  'libidn12',
  'libnss-wrapper',
  'libuid-wrapper',
  'lintian',
  'nginx-light',
  'nsd',
  'openssh-client',
  'openssh-server',
  'openssl',
  'pdns-backend-sqlite3',
  'pdns-server',
  'postfix',
  'postgresql',
  'prosody',
  'slapd',
  'sqlite3',
  'systemd',
  'unbound',
  'util-linux',
  'vsftpd',
  'zsh',
];

// Exim declares that it cannot be installed beside Postfix; unpacked it can. What it links to is in
// the closure of the others.
// lego is one static Go program, which the bench is measured against.
// mmdebstrap is a script, and runs with the Perl and the apt of this machine.
const unpackedOnly = ['exim4-base', 'exim4-daemon-light', 'lego', 'mmdebstrap'];

// Pebble is one static Go program and runs on any suite: the newest has ARI and profiles, trixie's
// has ARI, older ones have neither.
const pebbleSuites = ['sid', 'trixie'];
const debianMirror = 'http://deb.debian.org/debian';
const debianKeyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * The unpacked tree: { root, pebble }, from the cache or fetched now. Throws with one sentence when
 * neither works.
 */
export async function packageTree(say) {
  const codename = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  if (codename === undefined || !existsSync('/usr/bin/apt-get')) {
    throw new Error('this machine has no apt to fetch packages with');
  }
  const key = createHash('sha256')
    .update([...packages, ...unpackedOnly, ...pebbleSuites, 'layout 1'].join())
    .digest('hex')
    .slice(0, 12);
  const cache = await cacheFolder();
  const final = join(cache, `${codename}-${key}`);
  if (!existsSync(join(final, 'tree.json'))) {
    const temporary = await mkdtemp(join(cache, 'unpacking-'));
    try {
      say(`fetching the lab's servers as Debian packages (about 130 MB, once) into ${final}`);
      await fill(temporary, codename);
      // A second process may have been quicker; its tree is as good as ours.
      await rename(temporary, final).catch((error) => {
        if (!existsSync(join(final, 'tree.json'))) throw error;
      });
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  }
  return {
    root: join(final, 'root'),
    ...JSON.parse(await readFile(join(final, 'tree.json'), 'utf8')),
  };
}

/** Other ACME clients and what they need, beside the tree, which most tests have no use for. */
const otherClients = ['certbot', 'dehydrated', 'lego'];

/** Their tree, with the Python of certbot: from the cache or fetched now. */
export function otherClientsTree(say) {
  const what = 'other ACME clients as Debian packages (about 50 MB, once)';
  return treeOf('other-clients', { closure: otherClients }, what, say);
}

/** Shells and their checker for holger-receive, with the libraries that Debian 12 may lack. */
const shells = ['busybox-static', 'shellcheck', 'libffi8', 'libgmp10'];

/** Their tree, `bin/busybox` and `bin/shellcheck` below `usr`: from the cache or fetched now. */
export function shellsTree(say) {
  const what = 'busybox and shellcheck as Debian packages (about 4 MB, once)';
  return treeOf('shells', { alone: shells }, what, say);
}

/** With the libraries that a small Debian lacks. */
const haproxy = ['haproxy', 'liblua5.3-0', 'libopentracing-c-wrapper0', 'libopentracing1'];

/** Its tree, `usr/sbin/haproxy` in it: from the cache or fetched now. */
export function haproxyTree(say) {
  const what = 'haproxy as Debian packages (about 3 MB, once)';
  return treeOf('haproxy', { alone: haproxy }, what, say);
}

/** Of packages that few tests need, beside the tree of the lab. */
async function treeOf(name, wanted, what, say) {
  const codename = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  const cache = await cacheFolder();
  const final = join(cache, `${name}-${codename}-1`);
  if (existsSync(final)) return final;
  say(`fetching ${what} into ${final}`);
  const work = await mkdtemp(join(cache, 'unpacking-'));
  try {
    const root = join(work, 'root');
    await fetchInto(join(work, 'apt'), machineSources(codename), wanted, root);
    await mergeUsr(root);
    // A second process may have been quicker; its tree is as good as ours.
    await rename(root, final).catch((error) => {
      if (!existsSync(final)) throw error;
    });
    return final;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Where the lab keeps what it has downloaded. */
export async function cacheFolder() {
  const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'holger-lab');
  await mkdir(folder, { recursive: true });
  return folder;
}

async function fill(folder, codename) {
  const root = join(folder, 'root');
  await mkdir(join(root, 'usr'), { recursive: true });
  const pebbleJob = fetchPebble(folder);
  pebbleJob.catch(() => {}); // awaited below; a failure of the first job must not leave it unhandled
  const all = { closure: packages, alone: unpackedOnly };
  await fetchInto(join(folder, 'apt'), machineSources(codename), all, root);
  const pebble = await pebbleJob;
  await cp(join(folder, 'pebble-root', 'usr'), join(root, 'usr'), {
    recursive: true,
    verbatimSymlinks: true,
  });
  await mergeUsr(root);
  for (const name of await readdir(folder)) {
    if (name !== 'root') await rm(join(folder, name), { recursive: true });
  }
  await writeFile(join(folder, 'tree.json'), JSON.stringify({ pebble }));
}

async function fetchPebble(folder) {
  const problems = [];
  for (const suite of pebbleSuites) {
    const source = `deb [signed-by=${debianKeyring}] ${debianMirror} ${suite} main\n`;
    const root = join(folder, 'pebble-root');
    try {
      // Alone: Go programs need no library of that suite, and its libc must not come into the tree.
      const files = await fetchInto(
        join(folder, `apt-${suite}`),
        source,
        { alone: ['pebble'] },
        root,
      );
      return { suite, version: /^pebble_([^_]+)_/.exec(files[0])[1] };
    } catch (error) {
      problems.push(`${suite}: ${error.stderr || error.message}`);
    }
  }
  throw new Error(`pebble could not be fetched\n${problems.join('\n')}`);
}

/**
 * Fetches and unpacks packages with their whole dependency closure, or alone. Returns the names of
 * the .deb files.
 */
async function fetchInto(state, sources, { closure = [], alone = [] }, root) {
  const archives = join(state, 'cache', 'archives');
  for (const name of ['lists/partial', 'cache/archives/partial']) {
    await mkdir(join(state, name), { recursive: true });
  }
  await mkdir(root, { recursive: true });
  await writeFile(join(state, 'sources.list'), sources);
  await writeFile(join(state, 'status'), '');
  await writeFile(join(state, 'apt.conf'), await privateConfiguration(state));
  const env = {
    ...process.env,
    APT_CONFIG: join(state, 'apt.conf'),
    DEBIAN_FRONTEND: 'noninteractive',
    LC_ALL: 'C',
  };
  const apt = (...args) =>
    run('apt-get', ['-q', ...args], { env, cwd: archives, maxBuffer: 2 ** 26 });
  await apt('update', '--error-on=any');
  // An empty dpkg status makes apt count nothing as installed: the closure comes whole, whatever
  // this machine has.
  if (closure.length > 0) {
    await apt('install', '-y', '--no-install-recommends', '--download-only', ...closure);
  }
  if (alone.length > 0) await apt('download', ...alone);
  const files = (await readdir(archives)).filter((name) => name.endsWith('.deb')).sort();
  // LLVM is large, and only the just-in-time compiler of PostgreSQL needs it.
  for (const file of files.filter((name) => !name.startsWith('libllvm'))) {
    await run('dpkg-deb', ['-x', join(archives, file), root]);
  }
  return files;
}

async function privateConfiguration(state) {
  // The machine's own hooks (docker-clean removes files after every update) must not run; its
  // proxies are wanted.
  const { stdout } = await run('apt-config', ['dump']);
  const kept = stdout
    .split('\n')
    .filter((line) => /^Acquire::(https?|Check|Force|Retries)[\w:.-]* "/.test(line));
  return [
    'Dir::Etc::main "/dev/null";',
    'Dir::Etc::parts "/nonexistent";',
    'Dir::Etc::sourceparts "/dev/null";',
    `Dir::Etc::sourcelist "${state}/sources.list";`,
    `Dir::State::lists "${state}/lists";`,
    `Dir::State::status "${state}/status";`,
    `Dir::State::extended_states "${state}/extended";`,
    `Dir::Cache "${state}/cache";`,
    'Dir::Log "/dev/null";',
    'Debug::NoLocking "true";',
    'APT::Sandbox::User "";',
    'Acquire::Languages "none";',
    ...kept,
  ].join('\n');
}

/**
 * The machine's own mirror and suites, in either of apt's two notations; other vendors' sources are
 * left out.
 */
function machineSources(codename) {
  const folder = '/etc/apt/sources.list.d';
  const names = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  const lines = [];
  for (const file of ['/etc/apt/sources.list', ...names].filter((name) => existsSync(name))) {
    const text = readFileSync(file, 'utf8');
    if (file.endsWith('.list')) {
      lines.push(...text.split('\n').filter((line) => /^deb\s/.test(line)));
    }
    if (file.endsWith('.sources')) lines.push(...text.split(/\n\s*\n/).flatMap(stanzaLines));
  }
  const own = lines.filter((line) =>
    new RegExp(`\\s${codename}(-(updates|security))?\\s`).test(line),
  );
  if (own.length > 0) return `${own.join('\n')}\n`;
  return `deb [signed-by=${debianKeyring}] ${debianMirror} ${codename} main\n`;
}

function stanzaLines(stanza) {
  const field = (name) => new RegExp(`^${name}:\\s*(.+)$`, 'mi').exec(stanza)?.[1]?.trim();
  if (!field('Types')?.split(/\s+/).includes('deb') || field('Enabled') === 'no') return [];
  const signed = field('Signed-By');
  const option = signed?.startsWith('/') ? `[signed-by=${signed}] ` : '';
  const suites = (field('Suites') ?? '').split(/\s+/);
  const uris = (field('URIs') ?? '').split(/\s+/);
  return uris.flatMap((uri) =>
    suites.map((suite) => `deb ${option}${uri} ${suite} ${field('Components') ?? 'main'}`),
  );
}

/**
 * Debian 12 packages still ship /lib, /bin and /sbin, which are links into /usr on the machine that
 * the tree is laid over.
 */
async function mergeUsr(root) {
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    const from = join(root, name);
    if (!existsSync(from)) continue;
    await cp(from, join(root, 'usr', name), { recursive: true, verbatimSymlinks: true });
    await rm(from, { recursive: true });
  }
}

const tools =
  'named nsd knotd unbound pebble nginx posttls-finger danetool ldns-dane dnssec-keygen nsupdate dig openssl ip setpriv ' +
  'dovecot pdns_server slapd prosody sqlite3 vsftpd pg_ctlcluster';
const searchPath = `${process.env.PATH ?? ''}:/usr/sbin:/usr/bin:/sbin:/bin`;

/** Names of programs which the lab needs and this machine has not. */
export function toolsMissing() {
  const folders = searchPath.split(':').filter((folder) => folder !== '');
  return tools
    .split(' ')
    .filter((tool) => !folders.some((folder) => existsSync(join(folder, tool))));
}

/**
 * The last resort, only after the operator agreed: apt-get on this machine, as root, without
 * starting a daemon.
 */
export function installPackages() {
  if (process.getuid?.() !== 0) return false;
  const policy = '/usr/sbin/policy-rc.d';
  const isOurs = !existsSync(policy);
  if (isOurs) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const apt = (...args) =>
      spawnSync('apt-get', args, { env, stdio: ['ignore', 2, 2] }).status === 0;
    apt('update');
    return (
      apt('install', '-y', '--no-install-recommends', ...packages, 'pebble') &&
      toolsMissing().length === 0
    );
  } finally {
    if (isOurs) rmSync(policy, { force: true });
  }
}
