// The order in which a zone is signed (RFC 4034 §6.1), and the position of a name in the tree.
import { nameToWire } from './name-wire.ts';
import { labelsOf, type Fqdn } from './name.ts';

/**
 * Negative if `a` comes before `b`: labels from the right, as octets in lower case; a name before
 * everything below it.
 */
export function compareNames(a: Fqdn, b: Fqdn): number {
  const left = wireLabels(a);
  const right = wireLabels(b);
  for (let depth = 1; depth <= Math.min(left.length, right.length); depth += 1) {
    const order = Buffer.compare(
      left[left.length - depth] ?? EMPTY,
      right[right.length - depth] ?? EMPTY,
    );
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

const EMPTY = new Uint8Array();

function wireLabels(name: Fqdn): readonly Uint8Array[] {
  const wire = nameToWire(name);
  const labels: Uint8Array[] = [];
  for (let at = 0; wire[at] !== 0; at += 1 + (wire[at] ?? 0)) {
    labels.push(wire.subarray(at + 1, at + 1 + (wire[at] ?? 0)));
  }
  return labels;
}

/** The lowest name that both are equal to, or below. */
export function commonAncestor(a: Fqdn, b: Fqdn): Fqdn {
  const left = labelsOf(a);
  const right = labelsOf(b);
  let depth = 0;
  while (depth < left.length && left.at(-1 - depth) === right.at(-1 - depth)) depth += 1;
  return lastLabels(left, depth);
}

/**
 * The name one label longer than `ancestor` on the way down to `name` (RFC 5155 §1.3: the next
 * closer name).
 */
export function nextCloser(name: Fqdn, ancestor: Fqdn): Fqdn {
  return lastLabels(labelsOf(name), labelsOf(ancestor).length + 1);
}

const lastLabels = (labels: readonly string[], count: number): Fqdn =>
  (count === 0 ? '.' : `${labels.slice(Math.max(0, labels.length - count)).join('.')}.`) as Fqdn;
