// Certificates of a CA that the scenes share.
import { family, issue, NOW } from '../support/ca.ts';
import type { Party } from '../support/ca.ts';

const DAY = 86_400;

export interface Parties {
  readonly root: Party;
  readonly middle: Party;
  readonly leaf: Party;
  /** The same names and issuer, another key. */
  readonly next: Party;
  readonly old: Party;
  readonly rsa: Party;
  /** Of an issuer that is not sent. */
  readonly otherMiddle: Party;
  readonly otherLeaf: Party;
  readonly wrongName: Party;
  readonly expired: Party;
  readonly ending: Party;
  readonly unborn: Party;
  readonly yearly: Party;
  readonly endingMiddle: Party;
  readonly leafOfEnding: Party;
}

let made: Promise<Parties> | undefined;

/** The same for every test of a process: no test changes them. */
export const makeParties = (): Promise<Parties> => (made ??= make());

async function make(): Promise<Parties> {
  const dns = ['mx1.example.org'];
  const { root, intermediate: middle, leaf } = await family(dns);
  const below = (more: object = {}): Promise<Party> => issue({ dns, issuer: middle, ...more });
  const other = await family(dns);
  const endingMiddle = await issue({
    name: 'Ending',
    ca: true,
    issuer: root,
    notAfter: NOW + 10 * DAY,
  });
  return {
    ...{ root, middle, leaf, endingMiddle },
    otherMiddle: other.intermediate,
    otherLeaf: other.leaf,
    next: await below(),
    old: await below(),
    rsa: await below({ algorithm: 'rsa' }),
    wrongName: await issue({ dns: ['www.example.org'], issuer: middle }),
    expired: await below({ notBefore: NOW - 90 * DAY, notAfter: NOW - DAY }),
    ending: await below({ notBefore: NOW - 80 * DAY, notAfter: NOW + 10 * DAY }),
    unborn: await below({ notBefore: NOW + DAY, notAfter: NOW + 90 * DAY }),
    yearly: await below({ notAfter: NOW + 365 * DAY }),
    leafOfEnding: await issue({ dns, issuer: endingMiddle, notAfter: NOW + 60 * DAY }),
  };
}
