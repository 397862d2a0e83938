// How an issuer has names proven.
import { expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';

const parsed = (text: string) => parseConfig(text, '/etc/holger/config.toml');
const OTHER = '[issuer.other]\ntype = "acme"\ndirectory = "https://ca.example/dir"\n';

it('is dns-01, unless another challenge is named', () => {
  expect(parsed('').acme.challenge).toBe('dns-01');
  expect(parsed('[acme]\nchallenge = "dns-account-01"').acme.challenge).toBe('dns-account-01');
});

it.each(['[acme]\n', OTHER])('a draft has to be allowed: %s', (table) => {
  const text = `${table}challenge = "dns-persist-01"\n`;
  expect(() => parsed(text)).toThrow(/challenge: is still a draft: .*experimental = true/);
  expect(() => parsed(`${text}experimental = true\n`)).not.toThrow();
});

it('a challenge without DNS is refused', () => {
  expect(() => parsed('[acme]\nchallenge = "http-01"')).toThrow(/"dns-01"/);
});
