// The identity of a target: everything that the configuration says of it. A digest, because a
// command line may contain a token, and the state directory must not.
import { createHash } from 'node:crypto';

export function targetId(options: object): string {
  const known = Object.entries(options).filter(([, value]) => value !== undefined);
  const text = JSON.stringify(known.sort(([a], [b]) => (a < b ? -1 : 1)));
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
