// Rules for certificates at [target.NAME]: what `name` may be depends on the type of the target.
import type { KeyPath } from './lines.ts';
import { KUBERNETES_NAME, SEGMENTS } from './options/other-targets.ts';
import { hasRequest } from './request-rules.ts';
import { tableAt } from './source-rules.ts';
import type { Problem, Table } from './source-rules.ts';
import { didYouMean } from './suggest.ts';

interface NameRule {
  readonly pattern: RegExp;
  /** What is wrong with another one. */
  readonly fault: string;
  /** Without it, the name of the certificate is used. */
  readonly isNeeded?: string;
}

/** By type of the target. */
const NAMES: Readonly<Record<string, NameRule>> = {
  ssh: {
    pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    fault: 'cannot name a section in receive.conf',
  },
  haproxy: {
    // A word of its command line. "*" in front stands for a transaction.
    pattern: /^(?!\*)(?:(?![;<>"'\\`])[!-~]){1,255}$/,
    fault: 'cannot name a certificate of HAProxy',
    isNeeded:
      'has no name: name the certificate as HAProxy lists it ("show ssl cert"), like name = "/etc/haproxy/certs/mx1.pem"',
  },
  webhook: {
    pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    fault: 'cannot be a name at a receiver',
  },
  vault: {
    pattern: SEGMENTS,
    fault: 'cannot be the path of a secret',
  },
  kubernetes: {
    pattern: KUBERNETES_NAME,
    fault: 'cannot be the name of a Secret',
  },
};

/** Those that take a certificate without its key. */
const WITHOUT_KEY: readonly unknown[] = ['webhook'];

/** Words that a rule for a target of this type reports; undefined: the name is possible. */
function nameFault(type: unknown, written: unknown, certificate: unknown): string | undefined {
  const rule = typeof type === 'string' && Object.hasOwn(NAMES, type) ? NAMES[type] : undefined;
  if (rule === undefined) return undefined;
  if (written === undefined && rule.isNeeded !== undefined) return rule.isNeeded;
  const name = written ?? certificate;
  // What is not a text is reported by the shape.
  if (typeof name !== 'string' || rule.pattern.test(name)) return undefined;
  return written === undefined ? `"${name}" ${rule.fault}: add name` : rule.fault;
}

/** One certificate at a target and a name there: each would undo what the other deploys. */
export function* targetRules(root: Table): Generator<Problem> {
  const targets = tableAt(root['target']);
  const known = Object.keys(targets);
  const taken = new Map<string, string>();
  const certificates = Array.isArray(root['certificate']) ? root['certificate'].entries() : [];
  for (const [index, it] of certificates) {
    const certificate = tableAt(it);
    const { quorum, deploy: written } = certificate;
    const deploy: readonly unknown[] = Array.isArray(written) ? written : [];
    if (typeof quorum === 'number' && quorum > deploy.length) {
      const message = `is more than it has targets (${deploy.length})`;
      yield { path: ['certificate', index, 'quorum'], message };
    }
    for (const [at, item] of deploy.entries()) {
      const place = tableAt(typeof item === 'string' ? { target: item } : item);
      const { target, name = certificate['name'] } = place;
      if (typeof target !== 'string') continue;
      const here: KeyPath = ['certificate', index, 'deploy', at];
      const path: KeyPath = [...here, 'target'];
      if (!known.includes(target)) {
        yield { path, message: `there is no [target.${target}]${didYouMean(target, known)}` };
      }
      const { type } = tableAt(targets[target]);
      const fault = nameFault(type, place['name'], certificate['name']);
      if (fault !== undefined) {
        yield { path: [...here, place['name'] === undefined ? 'target' : 'name'], message: fault };
      }
      if (hasRequest(certificate) && !WITHOUT_KEY.includes(type)) {
        const message = 'cannot be used with csr: the key would have to be on that machine';
        yield { path, message };
      }
      const key = JSON.stringify([target, name]);
      const other = taken.get(key);
      if (other === undefined) taken.set(key, `certificate[${index}].deploy[${at}]`);
      else yield { path, message: `${other} is deployed there under the same name` };
    }
  }
}
