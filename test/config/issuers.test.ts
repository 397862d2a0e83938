import { expect, it } from 'vitest';
import { issuersFor, issuersOf } from '../../src/config/issuers.ts';
import { parseConfig } from '../../src/config/load.ts';

const config = parseConfig(
  `[acme]
directory = "https://one.example/directory"
[issuer.other]
type = "acme"
directory = "https://two.example/directory"
[issuer.again]
type = "acme"
directory = "https://one.example/directory"
`,
  '/etc/holger/config.toml',
);

it('two issuers at one CA have two ids: state and account of each are its own', () => {
  expect(issuersOf(config).map(({ name, id }) => [name, id])).toEqual([
    ['acme', 'https://one.example/directory'],
    ['other', 'https://two.example/directory'],
    ['again', 'https://one.example/directory#again'],
  ]);
});

it('a certificate has those that it names, in its order', () => {
  const names = issuersFor({ issuer: ['again', 'acme'] }, config).map(({ name }) => name);
  expect(names).toEqual(['again', 'acme']);
});

it('one that was removed, with an issuer that was removed too, has that of [acme]', () => {
  expect(issuersFor({ issuer: ['gone'] }, config).map(({ name }) => name)).toEqual(['acme']);
  expect(issuersFor({}, config).map(({ name }) => name)).toEqual(['acme']);
});
