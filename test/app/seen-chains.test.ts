// Which chains of the state say from what a CA issues.
import { expect, it } from 'vitest';
import type { OwnState } from '../../src/app/known/own-state.ts';
import { seenChains } from '../../src/app/known/seen-chains.ts';
import { parseConfig } from '../../src/config/load.ts';
import { newLineage } from '../../src/rollover/model.ts';
import type { Generation } from '../../src/rollover/model.ts';
import { CA, chain, generation } from '../rollover/world.ts';

const config = (more = '') =>
  parseConfig(
    `[acme]
directory = "${CA}"
[issuer.second]
type = "acme"
directory = "${CA}"
preferred_chain = "Root"
[provider.main]
type = "rfc2136"
server = "192.0.2.53"
tsig = { name = "holger.", secret = { env = "NOT_READ_HERE" } }
[[certificate]]
name = "mx1"
domains = ["mx1.example.org"]
${more}
`,
    '/nowhere/config.toml',
  );

const A = chain('A');
const orderUrl = 'https://ca.example/order/1';

function seen(changes: Partial<Generation>, more = '') {
  const read = config(more);
  const generations = [generation(1, 'retired', A, changes)];
  const lineages: OwnState['lineages'] = new Map([['mx1', { ...newLineage('mx1'), generations }]]);
  return seenChains({ certificates: read.certificates, lineages }, read);
}

it('a chain that was ordered here says what the CA of its directory sends', () => {
  const told = { ca: 'ca.example', chain: A, algorithm: 'ecdsa', isDefault: true };
  expect(seen({ orderUrl })).toMatchObject([told]);
  const rsa = seen({ orderUrl, keyType: 'rsa-2048' });
  expect(rsa).toMatchObject([{ algorithm: 'rsa' }]);
});

it('two accounts at one CA are one CA', () => {
  const [first] = seen({ orderUrl });
  const [second] = seen({ orderUrl, directory: `${CA}#second` });
  expect(second?.directory).toBe(first?.directory);
});

it('a chain that was chosen, or that may have been, is not what the CA sends by default', () => {
  const others: readonly [Partial<Generation>, string][] = [
    [{}, 'preferred_chain = "Root"'],
    [{ directory: `${CA}#second` }, ''],
    [{ directory: 'https://former.example/directory' }, ''],
  ];
  for (const [changes, more] of others) {
    expect(seen({ orderUrl, ...changes }, more)).toMatchObject([{ isDefault: false }]);
  }
});

it('what was not ordered here, or with a request, says nothing of the CA', () => {
  expect(seen({})).toEqual([]);
  expect(seen({ orderUrl, request: true })).toEqual([]);
  expect(seen({ orderUrl, directory: 'files:certbot', chain: A }).length).toBe(0);
});
