// A PKIX store of real certificates, and the paths that lead to it.
import { beforeAll, describe, expect, it } from 'vitest';
import type { Chain } from '../../src/dane/chain.ts';
import { pkixPath } from '../../src/dane/pkix.ts';
import { chainFromDer } from '../../src/x509/chain.ts';
import { trustStore } from '../../src/x509/trust-store.ts';
import { family, issue, NOW } from '../support/ca.ts';
import type { Family, Party } from '../support/ca.ts';

const HOST = 'www.example.org';
const DAY = 86_400;
let ours: Family;
let elsewhere: Family;

beforeAll(async () => {
  [ours, elsewhere] = await Promise.all([family([HOST]), family([HOST])]);
});

function sent(...parties: readonly Party[]): Chain {
  return chainFromDer(parties.map(({ der }) => der));
}

/** How many certificates a path has; 0: there is none. */
function steps(chain: Chain, roots: readonly Party[], until = NOW): number {
  const trusted = trustStore(roots.map(({ der }) => der)).issuersOf([chain]);
  const path = pkixPath(chain, trusted, { at: NOW, until });
  return path?.length ?? 0;
}

describe('a path to the store', () => {
  it('leads over certificates that are sent to a root that is not', () => {
    const { leaf, intermediate, root } = ours;
    expect(steps(sent(leaf, intermediate), [root])).toBe(3);
    expect(steps(sent(leaf, intermediate, root), [root])).toBe(3);
    expect(steps(sent(leaf, intermediate, root), [elsewhere.root])).toBe(0);
    expect(steps(sent(leaf), [root])).toBe(0);
  });
  it('ends at the first certificate of the store, whether or not it is sent too', () => {
    const { leaf, intermediate, root } = ours;
    expect(steps(sent(leaf), [intermediate])).toBe(2);
    expect(steps(sent(leaf, intermediate), [intermediate, root])).toBe(2);
  });
  it('is valid for a chain, also when few of its certificates are sent', () => {
    const { leaf, intermediate, root } = ours;
    const whole = sent(leaf, intermediate);
    const trusted = trustStore([root.der]).issuersOf([whole]);
    const bare = { id: 'cut', certificates: whole.certificates.slice(0, 1) };
    expect(pkixPath(whole, trusted, { at: NOW, until: NOW })).toBeDefined();
    expect(pkixPath(bare, trusted, { at: NOW, until: NOW })).toBeUndefined();
  });
  it('does not lead to a root that only has the name of its issuer', async () => {
    const fake = await issue({ name: 'Test Root', ca: true });
    expect(steps(sent(ours.leaf, ours.intermediate), [fake])).toBe(0);
  });
  it('lasts until its first certificate expires, and another one is used where there is one', async () => {
    const [short, long] = await Promise.all(
      [2, 20].map((days) =>
        issue({ name: 'Root', ca: true, notAfter: NOW + days * DAY, keysOf: ours.root }),
      ),
    );
    if (short === undefined || long === undefined) throw new Error('not issued');
    const leaf = await issue({ dns: [HOST], issuer: long });
    expect(steps(sent(leaf), [short], NOW + DAY)).toBe(2);
    expect(steps(sent(leaf), [short], NOW + 3 * DAY)).toBe(0);
    expect(steps(sent(leaf), [short, long], NOW + 3 * DAY)).toBe(2);
  });
  it('leads over no certificate that OpenSSL cannot read', () => {
    const chain = chainFromDer([ours.leaf.der, new Uint8Array([0x30, 0])]);
    const trusted = trustStore([new Uint8Array([1, 2, 3]), ours.intermediate.der]);
    expect(Object.keys(trusted.issuersOf([chain]))).toHaveLength(1);
  });
});
