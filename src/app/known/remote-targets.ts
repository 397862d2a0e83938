// [target.NAME] in the form of the engine.
import type { TargetConfig } from '../../config/schema.ts';
import { createHaproxyTarget } from '../../deploy/haproxy.ts';
import { createSshTarget } from '../../deploy/ssh.ts';
import type { DeployTarget } from '../../ports/target.ts';

/** `target`: its name; `name`: what a certificate is called there. */
export function remoteTargetOf(options: TargetConfig, target: string, name: string): DeployTarget {
  switch (options.type) {
    case 'ssh':
      return createSshTarget({ ...options, target, name });
    case 'haproxy':
      return createHaproxyTarget({ ...options, target, name });
  }
}
