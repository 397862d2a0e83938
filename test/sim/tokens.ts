// Certificates without cryptography: a certificate is a JSON text, a key is a word. The signer is
// named, not proven.
import { createHash } from 'node:crypto';
import type { Instant } from '../../src/base/clock.ts';
import type { Chain, ChainCertificate } from '../../src/dane/chain.ts';
import type { Pki } from '../../src/engine/world.ts';

export interface Token {
  readonly serial: number;
  readonly key: string;
  /** The key that signed it. */
  readonly signer: string;
  readonly names: readonly string[];
  readonly from: Instant;
  readonly to: Instant;
  readonly ca: boolean;
}

export function hex(text: string): string {
  return Buffer.from(text, 'utf8').toString('hex');
}

/** The same few certificates are parsed again and again. */
function once<K extends string | WeakKey, V>(
  make: (key: K) => V,
  made: { get: (key: K) => V | undefined; set: (key: K, value: V) => unknown },
): (key: K) => V {
  return (key) => {
    const before = made.get(key);
    if (before !== undefined) return before;
    const value = make(key);
    made.set(key, value);
    return value;
  };
}

/** Histories follow one another: what an earlier one made is of no use to a later one. */
class Recent<V> {
  readonly #made = new Map<string, V>();

  get(key: string): V | undefined {
    return this.#made.get(key);
  }

  set(key: string, value: V): void {
    if (this.#made.size > 5_000) this.#made.clear();
    this.#made.set(key, value);
  }
}

export const derOf = once(
  (token: Token) => hex(JSON.stringify(token)),
  new WeakMap<Token, string>(),
);

export function keyOf(token: Token): string {
  return hex(token.key);
}

export const tokenOf = once(
  (derHex: string) => JSON.parse(Buffer.from(derHex, 'hex').toString('utf8')) as Token,
  new Recent<Token>(),
);

export function pemOf(tokens: readonly Token[]): string {
  return tokens
    .map((token) => `-----BEGIN CERTIFICATE-----\n${derOf(token)}\n-----END CERTIFICATE-----\n`)
    .join('');
}

export const tokensOf = once(
  (pem: string): readonly Token[] =>
    [...pem.matchAll(/CERTIFICATE-----\n([0-9a-f]+)\n/g)].map(([, der]) => tokenOf(der ?? '')),
  new Recent<readonly Token[]>(),
);

const chainOfPem = once((pem: string) => chainOf(tokensOf(pem)), new Recent<Chain>());

export function chainOf(tokens: readonly Token[]): Chain {
  const certificates = tokens.map((token): ChainCertificate => ({
    der: derOf(token),
    spki: keyOf(token),
    notBefore: token.from,
    notAfter: token.to,
    names: token.names,
    canSign: token.ca,
    signedBy: tokens.flatMap((other, at) =>
      other !== token && other.ca && other.key === token.signer ? [at] : [],
    ),
  }));
  const all = createHash('sha256');
  for (const { der } of certificates) all.update(der);
  return { id: all.digest('hex'), certificates };
}

/** A CA whose certificate is in the PKIX store. */
function rootOf(key: string): ChainCertificate[] {
  const dates = { from: 0, to: 2 ** 40 };
  return [
    ...chainOf([{ serial: 0, key, signer: key, names: [], ca: true, ...dates }]).certificates,
  ];
}

/**
 * `word`: the prefix of the key names of this installation. `roots`: the keys of the CAs in its
 * PKIX store. `named`: the CA has renewal information.
 */
export function createPki(word = 'key', roots: readonly string[] = [], named = false): Pki {
  let keys = 0;
  return {
    createKey: () => Promise.resolve(`${word}-${(keys += 1)}`),
    spkiOf: (key) => hex(key),
    createCsr: (key, domains) =>
      Promise.resolve(new TextEncoder().encode(JSON.stringify({ key, domains }))),
    readPem: chainOfPem,
    readDer: (certificates) =>
      chainOfPem(pemOf(certificates.map((der) => tokenOf(Buffer.from(der).toString('hex'))))),
    keyFits: (key, chain) => chain.certificates[0]?.spki === hex(key),
    certId: ({ certificates }) => (named ? certificates[0]?.der : undefined),
    trusted: (chains) => {
      const signed = chains
        .flatMap(({ certificates }) => certificates)
        .filter(({ der }) => roots.includes(tokenOf(der).signer));
      return Promise.resolve(
        Object.fromEntries(signed.map(({ der }) => [der, rootOf(tokenOf(der).signer)])),
      );
    },
  };
}
