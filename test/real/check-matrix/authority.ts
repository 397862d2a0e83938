// A CA for the matrix, in the machine's own time: clients other than holger use the clock of the
// machine.
import { createHash, X509Certificate } from 'node:crypto';
import { issue, type Party, type Wish } from '../../support/ca.ts';
import type { Chain } from './case.ts';

const now = Math.floor(Date.now() / 1000);
const DAY = 86_400;

const years = { notBefore: now - 400 * DAY, notAfter: now + 1000 * DAY };

export const root = await issue({ name: 'Matrix Root', ca: true, ...years });
export const issuer = await issue({ name: 'Matrix Issuer', ca: true, issuer: root, ...years });
/** Another issuer of the same CA: the former one, or the next. */
export const formerIssuer = await issue({
  ...{ name: 'Matrix Former Issuer', ca: true, issuer: root, ...years },
});
/** The issuer's name and not its key. */
export const falseIssuer = await issue({ name: 'Matrix Issuer', ca: true, issuer: root, ...years });
export const lapsedIssuer = await issue({
  ...{ name: 'Matrix Lapsed Issuer', ca: true, issuer: root },
  ...{ notBefore: now - 400 * DAY, notAfter: now - 2 * DAY },
});

export const lapsedRoot = await issue({
  ...{ name: 'Matrix Lapsed Root', ca: true },
  ...{ notBefore: now - 400 * DAY, notAfter: now - 2 * DAY },
});
/** Its certificate says that it is not a CA. */
export const noIssuer = await issue({ name: 'Matrix Host', ca: false, issuer: root, ...years });

/** Keys that no server presents. */
export const [next, former, older] = await Promise.all([
  issue({ name: 'next' }),
  issue({ name: 'former' }),
  issue({ name: 'older' }),
]);

/** As ACME issues them: for 90 days, 30 of which are over. */
export const leafFor = (host: string, wish: Wish = {}): Promise<Party> =>
  issue({
    ...{ dns: [host], issuer },
    ...{ notBefore: now - 30 * DAY, notAfter: now + 60 * DAY },
    ...wish,
  });

export const selfSignedFor = (host: string): Promise<Party> =>
  issue({ dns: [host], notBefore: now - 30 * DAY, notAfter: now + 60 * DAY });

export const expired = { notBefore: now - 100 * DAY, notAfter: now - 10 * DAY };

/** Leaf and issuer, as fullchain.pem has them. */
export const full = (leaf: Party): Chain => ({ leaf, above: [issuer] });

/** The lab's own arithmetic: a test must not use holger's own. */
export function record(head: string, { der, pem }: Pick<Party, 'der' | 'pem'>): string {
  const [, selector, matchingType] = head.split(' ');
  return `${head} ${digest(matchingType ?? '', selector === '0' ? der : spkiOf({ pem }))}`;
}

export const spkiOf = ({ pem }: Pick<Party, 'pem'>): Buffer =>
  new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' });

/** Digest, or with matching type 0 the data itself, in hexadecimal. */
export function digest(matchingType: string, data: Uint8Array | string): string {
  if (matchingType === '0') return Buffer.from(data).toString('hex');
  return createHash(matchingType === '2' ? 'sha512' : 'sha256')
    .update(data)
    .digest('hex');
}

/** What most hosts present. */
export const ordinary = await leafFor('*.dane.test');
