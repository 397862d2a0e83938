// What HAProxy loads when it starts: its memory, which a target of type haproxy changes, is gone
// then, and an old file would bring back a certificate whose TLSA records are withdrawn.
import { pathsOf } from '../deploy/files.ts';
import type { CertificateConfig, Config } from './schema.ts';

/** Not an error: another program may write the file. */
export function restartWarnings({
  certificates,
  target: targets,
}: Pick<Config, 'certificates' | 'target'>): string[] {
  return certificates.flatMap((it) =>
    it.deploy.flatMap((one) => {
      const options = one.type === 'target' ? targets[one.target] : undefined;
      if (one.type !== 'target' || options?.type !== 'haproxy') return [];
      const { name = it.name, target } = one;
      const { deploy } = it;
      const isKept = 'path' in options.socket ? isWritten(name, deploy) : isSent(deploy, targets);
      if (isKept || isWritten(name, deploy)) return [];
      return (
        `certificate "${it.name}": HAProxy loads ${name} when it starts, and no other target ` +
        'writes it, so the old certificate comes back then: add ' +
        `{ type = "files", combined = "${name}" } before { target = "${target}" }`
      );
    }),
  );
}

type Deploy = CertificateConfig['deploy'];

/** `name` may be below crt-base. */
function isWritten(name: string, deploy: Deploy): boolean {
  return deploy.some(
    (one) =>
      one.type === 'files' &&
      pathsOf(one).some((path) => path === name || path.endsWith(`/${name}`)),
  );
}

/** A machine behind a tunnel has its file from holger-receive. */
function isSent(deploy: Deploy, targets: Config['target']): boolean {
  return deploy.some((one) => one.type === 'target' && targets[one.target]?.type === 'ssh');
}
