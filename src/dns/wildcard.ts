// Recognises names that a wildcard answers for, from the answers at names that certainly do not
// exist (RFC 4592 §3.3).
import { isWithin, labelsOf, parentOf, type Fqdn } from './name.ts';

/**
 * A label that is not in use. Always the same one, so that an operator who finds it in a query log
 * can look it up.
 */
const NOWHERE = 'no-such-name';
const MAX_OCTETS = 255;

/** A name below another one; undefined if it would be too long. */
function below(labels: string, name: Fqdn): Fqdn | undefined {
  const made = name === '.' ? `${labels}.` : `${labels}.${name}`;
  return made.length + 1 > MAX_OCTETS ? undefined : (made as Fqdn);
}

/** Whether a name's own label shows that it is neither a host nor a zone (RFC 8552 §1). */
export function isUnderscored(name: Fqdn): boolean {
  return labelsOf(name)[0]?.startsWith('_') === true;
}

/** The closest name above that a host or a zone may have. */
export function hostAbove(name: Fqdn): Fqdn {
  let at = parentOf(name) ?? name;
  while (isUnderscored(at) || labelsOf(at)[0] === '*') at = parentOf(at) ?? at;
  return at;
}

/**
 * Names at which a wildcard above `name` answers exactly if `name` does not exist: one below it,
 * and one below its own asterisk, where a wildcard of its own does not answer (RFC 4592 §3.3.1);
 * and one beside it, for servers that treat an asterisk as every label.
 */
export function probesOf(name: Fqdn, beside: Fqdn = parentOf(name) ?? name): readonly Fqdn[] {
  return [below(NOWHERE, name), below(`${NOWHERE}.*`, name), below(NOWHERE, beside)].flatMap(
    (probe) => probe ?? [],
  );
}

/**
 * The names that the first record at `owner` may create, topmost first: the apex of a zone always
 * exists.
 */
export function namesMade(owner: Fqdn, zone: Fqdn): readonly Fqdn[] {
  const names: Fqdn[] = [];
  for (let at: Fqdn | undefined = owner; at !== undefined && at !== zone; at = parentOf(at)) {
    if (!isWithin(at, zone)) break;
    names.unshift(at);
  }
  return names;
}

/**
 * The wildcard that answers for `name`, or undefined: the name has records of its own. Below an
 * existing name no wildcard above it answers, and below an existing asterisk only another one would
 * (RFC 4592 §3.3.1).
 */
export async function wildcardBehind(
  name: Fqdn,
  zone: Fqdn,
  answersAt: (probe: Fqdn) => Promise<boolean>,
): Promise<Fqdn | undefined> {
  const isAnswered = async (probe: Fqdn | undefined): Promise<boolean> =>
    probe !== undefined && (await answersAt(probe));
  if (!(await isAnswered(below(NOWHERE, name)))) return undefined;
  if (!(await isAnswered(below(`${NOWHERE}.*`, name)))) return undefined;
  for (let at = parentOf(name); at !== undefined && isWithin(at, zone); at = parentOf(at)) {
    if (!(await isAnswered(below(`${NOWHERE}.*`, at)))) return below('*', at);
  }
  return undefined;
}
