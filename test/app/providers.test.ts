// Which provider writes a zone, by the configuration alone.
import { expect, it } from 'vitest';
import { providersOf, purposeOf } from '../../src/app/world/providers.ts';
import type { Config } from '../../src/config/schema.ts';
import { fqdn } from '../../src/dns/name.ts';
import { toolsFor } from '../conformance/tools.ts';

const ZONE = fqdn('example.org');
const config = (options: object): Config =>
  ({
    path: 'config.toml',
    zones: [],
    providers: [{ name: 'mine', type: 'exec', options: { command: ['/bin/true'], ...options } }],
  }) as unknown as Config;

it('a command called as Alnitak does has no TXT records, and that is known before it is called', () => {
  const alnitak = providersOf(config({ compatible: 'alnitak' }), toolsFor().tools);
  expect(alnitak(ZONE, 'tlsa').traits.types).toEqual(['TLSA']);
  expect(() => alnitak(ZONE, 'acme')).toThrow('provider "mine" does not support TXT records');
  expect(providersOf(config({}), toolsFor().tools)(ZONE, 'acme').traits.types).toContain('TXT');
});

it('K48: a provider without TXT records is tried with TLSA records', () => {
  expect(purposeOf('mine', config({ compatible: 'alnitak' }))).toBe('tlsa');
  expect(purposeOf('mine', config({}))).toBe('acme');
});
