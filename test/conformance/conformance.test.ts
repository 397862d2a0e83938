// Every provider against the far side that its public description tells of. Those whose far side can be had run on it: test/real.
import { expect, it } from 'vitest';
import { PROVIDERS } from '../../providers/index.ts';
import { cloudflare } from './fakes/cloudflare.ts';
import { desec } from './fakes/desec.ts';
import { powerdns } from './fakes/powerdns.ts';
import { conforms } from './suite.ts';

const FAKES = [desec, cloudflare, powerdns];

/** They run on real servers. */
const REAL = ['rfc2136'];

it('leaves no provider out', () => {
  const tested = [...FAKES.map(({ type }) => type), ...REAL];
  expect([...tested].sort()).toEqual(PROVIDERS.map(({ type }) => type).sort());
});

for (const fake of FAKES) {
  const kind = PROVIDERS.find(({ type }) => type === fake.type);
  if (kind !== undefined) conforms(kind, fake);
}
