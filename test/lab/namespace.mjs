// A network and mount namespace of our own: port 53 and any address on lo for every user, nothing
// seen from outside, and nothing left behind, because all of it disappears with the last process in
// it.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Runs as root of the namespace. The tree is laid over /usr, so that every compiled-in path fits;
// where the kernel refuses overlays, PATH and LD_LIBRARY_PATH (from `childEnvironment`) have to do.
const setUp = `
set -e
dir=$1; shift
if [ -n "$LAB_ROOT" ]; then
  mount -t overlay overlay -o "lowerdir=$LAB_ROOT/usr:/usr" /usr 2>"$dir/overlay.log" ||
    { echo "no overlay on /usr: $(cat "$dir/overlay.log")" >&2
      export PATH="$LAB_ROOT/usr/sbin:$LAB_ROOT/usr/bin:$PATH" LD_LIBRARY_PATH="$LAB_LIBRARIES"; }
fi
echo 0 2>/dev/null >/proc/sys/net/ipv6/conf/lo/disable_ipv6 || true
ip link set lo up
mount --bind "$dir/resolv.conf" "$LAB_RESOLV_CONF"
mount --bind "$dir/passwd" /etc/passwd
mount --bind "$dir/group" /etc/group
exec "$@"
`;

/**
 * { command, args, env, remove } which runs `argv` inside; `remove` afterwards takes the small
 * folder away.
 */
export function inNamespace(argv, tree) {
  const dir = mkdtempSync(join(tmpdir(), 'holger-ns-'));
  // No server answers here unless a lab with index 0 is up: better a refusal than a lookup that
  // leaves the machine.
  writeFileSync(
    join(dir, 'resolv.conf'),
    'nameserver 127.53.0.4\noptions trust-ad edns0 timeout:2 attempts:2\n',
  );
  writeFileSync(
    join(dir, 'passwd'),
    withLines(readFileSync('/etc/passwd', 'utf8'), [
      'postfix:x:65533:65533::/nonexistent:/bin/false',
      // Exim does not start without it.
      'Debian-exim:x:65533:65533::/nonexistent:/bin/false',
      'sshd:x:65531:65534::/run/sshd:/usr/sbin/nologin',
    ]),
  );
  writeFileSync(
    join(dir, 'group'),
    withLines(readFileSync('/etc/group', 'utf8'), [
      'postfix:x:65533:',
      'postdrop:x:65532:',
      'Debian-exim:x:65533:',
    ]),
  );
  const env = {
    ...process.env,
    PATH: `${process.env.PATH ?? ''}:/usr/sbin:/usr/bin:/sbin:/bin`,
    LAB_ROOT: tree?.root ?? '',
    LAB_PEBBLE: tree?.pebble.version ?? '',
    LAB_LIBRARIES: tree === undefined ? '' : libraries(tree.root),
    LAB_RESOLV_CONF: realpathSync('/etc/resolv.conf'),
    LAB_UNPRIVILEGED: isRoot() ? '' : '1',
  };
  return {
    command: 'unshare',
    args: [...flags(), 'sh', '-c', setUp, 'sh', dir, ...argv],
    env,
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

/** Undefined when namespaces can be used, else the kernel's error. */
export function namespaceProblem() {
  const result = spawnSync('unshare', [...flags(), 'true'], { encoding: 'utf8' });
  if (result.status === 0) return undefined;
  return result.error?.message ?? result.stderr.trim();
}

const isRoot = () => process.getuid?.() === 0;
const flags = () => [isRoot() ? '-nm' : '-Urnm', '--propagation', 'private'];

/**
 * The file with these lines in place of its own for the same names: a machine that has Postfix has
 * other numbers for it.
 */
export function withLines(text, lines) {
  const nameOf = (line) => line.split(':')[0];
  const names = lines.map(nameOf);
  const others = text.split('\n').filter((line) => line !== '' && !names.includes(nameOf(line)));
  return [...others, ...lines, ''].join('\n');
}

function libraries(root) {
  const triplet =
    { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[process.arch] ?? process.arch;
  return [`usr/lib/${triplet}`, 'usr/lib', 'usr/lib/postfix']
    .map((folder) => join(root, folder))
    .join(':');
}
