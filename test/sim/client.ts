// A DANE client that shares no code with holger: chain tokens against records, each set of
// supported combinations by itself.
import { createHash } from 'node:crypto';
import type { Token } from './tokens.ts';
import { derOf, keyOf } from './tokens.ts';

/** Everything that any party of the simulation ever publishes. */
const POOL = ['3 1 1', '2 1 1', '3 0 1', '3 1 2', '2 0 1'];
/** What clients other than mail servers may use besides. */
const WITH_PKIX = [...POOL, '1 1 1'];
/** Each client supports some of them; 0 supports none and still insists on TLS (RFC 7672 §2.2). */
const supports = (pool: readonly string[]): readonly number[] =>
  Array.from({ length: 2 ** pool.length }, (_, support) => support);
const CLIENTS = supports(POOL);
const CLIENTS_WITH_PKIX = supports(WITH_PKIX);

/** What an endpoint presents: a chain as sent, or no TLS. */
export type Served = readonly Token[] | 'no-tls';

interface Masks {
  readonly present: number;
  readonly matched: number;
}

function digest(hexText: string, type: number): string {
  if (type === 0) return hexText;
  return createHash(type === 1 ? 'sha256' : 'sha512')
    .update(hexText, 'hex')
    .digest('hex');
}

function says(rdata: string, certificate: Token): boolean {
  const selected = rdata.slice(2, 4) === '00' ? derOf(certificate) : keyOf(certificate);
  return rdata.slice(6) === digest(selected, Number(rdata.slice(4, 6)));
}

/** The certificates above the leaf that form its chain. */
function authorities(chain: readonly Token[], now: number): Token[] {
  const path: Token[] = [];
  let below = chain[0];
  while (below !== undefined && now >= below.from && now < below.to) {
    const { signer } = below;
    const above = chain.slice(1).find((token) => token.ca && token.key === signer);
    if (above === undefined || path.includes(above)) break;
    if (now >= above.from && now < above.to) path.push(above);
    below = above;
  }
  return path;
}

const known = new Map<string, Masks>();

function masksOf(
  chain: readonly Token[],
  rrset: readonly string[],
  host: string,
  now: number,
  roots: readonly string[],
): Masks {
  const valid = authorities(chain, now);
  const names = chain.map(({ serial, key, signer, to }) => `${serial} ${key} ${signer} ${to}`);
  const key = [...names, valid.length, host, ...roots, ...rrset].join('|');
  const before = known.get(key);
  if (before !== undefined) return before;
  let present = 0;
  let matched = 0;
  for (const rdata of rrset) {
    const name = [0, 2, 4].map((at) => String(Number(rdata.slice(at, at + 2)))).join(' ');
    const bit = 1 << WITH_PKIX.indexOf(name);
    present |= bit;
    const [leaf] = chain;
    const named = [host, host.replace(/^[^.]+/, '*')].some((name) => leaf?.names.includes(name));
    const path = leaf === undefined ? [] : [leaf, ...valid];
    const ofLeaf = leaf !== undefined && says(rdata, leaf);
    const hit = name.startsWith('3')
      ? ofLeaf
      : name.startsWith('1')
        ? named && ofLeaf && path.some(({ signer }) => roots.includes(signer))
        : named && valid.some((token) => says(rdata, token));
    if (hit) matched |= bit;
  }
  const masks = { present, matched };
  if (known.size > 200_000) known.clear();
  known.set(key, masks);
  return masks;
}

/**
 * The clients that refuse this service when they hold this RRset. `roots`: the CAs that they trust;
 * none: they are mail servers.
 */
export function refusing(
  served: Served,
  rrset: readonly string[],
  host: string,
  now: number,
  roots: readonly string[] = [],
): readonly number[] {
  // Without a certificate of this kind no client gets one.
  if (rrset.length === 0 || served.length === 0) return [];
  const clients = roots.length > 0 ? CLIENTS_WITH_PKIX : CLIENTS;
  if (served === 'no-tls') return clients;
  const { present, matched } = masksOf(served, rrset, host, now, roots);
  return clients.filter((support) => (support & present) !== 0 && (support & matched) === 0);
}

/** What a client supports, in words. */
export function clientText(support: number): string {
  const names = WITH_PKIX.filter((_, bit) => (support & (1 << bit)) !== 0);
  return names.length === 0 ? 'TLS alone' : names.join(' + ');
}

/** A record by itself, made without holger's help. */
export function recordOf(
  usage: number,
  selector: number,
  type: number,
  certificate: Token,
): string {
  const selected = selector === 0 ? derOf(certificate) : keyOf(certificate);
  return `0${usage}0${selector}0${type}${digest(selected, type)}`;
}
