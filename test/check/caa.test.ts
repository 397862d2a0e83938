import { expect, it } from 'vitest';
import type { NamesTarget } from '../../src/check/gather/facts.ts';
import { rule } from './rule.ts';
import { raised, reportOn } from './scene.ts';
import type { Answer, Scene, Zone } from './scene.ts';

const ACCOUNT = 'https://ca.example/acct/1';
const target = (more: Partial<NamesTarget> = {}): NamesTarget => ({
  kind: 'names',
  certificate: 'mx1',
  domains: ['mx1.example.org'],
  issuers: ['ca.example'],
  account: ACCOUNT,
  trustsIssuer: false,
  ...more,
});
const caa = (zone: Zone, more: Partial<NamesTarget> = {}): Scene => ({
  zone,
  targets: [target(more)],
});
const at = (answer: Answer, more: Partial<NamesTarget> = {}): Scene =>
  caa({ 'mx1.example.org CAA': answer }, more);
const WILD = { domains: ['*.example.org'] };
const OPEN = { trustsIssuer: true };
const BOUND = `0 issue ca.example; validationmethods=dns-01; accounturi=${ACCOUNT}`;

rule(
  'caa-forbids',
  'warning',
  {
    'another CA': () => at(['0 issue other.example']),
    nobody: () => at(['0 issue ;']),
    'at the name above': () => caa({ 'example.org CAA': ['0 issue other.example'] }),
    'another account': () => at(['0 issue ca.example; accounturi=https://ca.example/acct/2']),
    'two accounts, which allows no account': () =>
      at([`0 issue ca.example; accounturi=${ACCOUNT}; accounturi=https://ca.example/acct/2`]),
    'what cannot be read': () => at(['0 issue ca.example accounturi']),
    'another method': () => at(['0 issue ca.example; validationmethods=http-01,tls-alpn-01']),
    'an unknown critical property': () => at(['128 future x', '0 issue ca.example']),
    'a wildcard': () => caa({ 'example.org CAA': ['0 issue ca.example', '0 issuewild ;'] }, WILD),
    'a wildcard by issue alone': () => caa({ 'example.org CAA': ['0 issue other.example'] }, WILD),
  },
  {
    'no records': () => caa({}),
    'this CA': () => at(['0 issue CA.example']),
    'this CA beside another': () => at(['0 issue other.example', '0 issue ca.example']),
    'account and method': () => at([BOUND]),
    'spaces and an empty parameter': () => at([`0 issue  ca.example ;; accounturi = ${ACCOUNT} `]),
    'only a contact': () => at(['0 iodef mailto:hostmaster@example.org']),
    'the name itself comes first': () =>
      caa({ 'mx1.example.org CAA': [BOUND], 'example.org CAA': ['0 issue ;'] }),
    'wildcards of other CAs do not matter': () => at(['0 issue ca.example', '0 issuewild ;']),
    'the wildcard allows it': () =>
      caa({ 'example.org CAA': ['0 issue ;', '0 issuewild ca.example'] }, WILD),
    'the account is not known': () => {
      const { account: _, ...rest } = target();
      return { zone: { 'mx1.example.org CAA': [BOUND] }, targets: [rest] };
    },
    'a CA of which no name is known': () => at(['0 issue other.example'], { issuers: [] }),
  },
);
rule(
  'caa-fails',
  'warning',
  {
    SERVFAIL: () => at({ fails: 'servfail' }),
    above: () => caa({ 'example.org CAA': { fails: 'bogus' } }),
  },
  {
    'no records': () => caa({}),
    'it is not asked so far up': () =>
      caa({ 'mx1.example.org CAA': [BOUND], 'example.org CAA': { fails: 'bogus' } }),
  },
);
rule('caa-fails', 'unknown', { 'no answer': () => at({ fails: 'timeout' }) }, {});
rule(
  'caa-open',
  'ok',
  {
    'no records': () => caa({}, OPEN),
    'only the CA': () => at(['0 issue ca.example'], OPEN),
    'one of two is open': () => at([BOUND, '0 issue ca.example'], OPEN),
  },
  {
    bound: () => at([BOUND], OPEN),
    'by its method': () => at(['0 issue ca.example; validationmethods=dns-01'], OPEN),
    'no record names the issuer': () => caa({}),
    'it is forbidden anyway': () => at(['0 issue ;'], OPEN),
  },
);

it('names the owner of the records and whom they allow', async () => {
  const { findings } = await reportOn(caa({ 'example.org CAA': ['0 issue other.example'] }));
  expect(findings).toMatchObject([
    {
      about: 'mx1.example.org',
      because: 'CAA records at example.org: they allow other.example, not ca.example',
    },
  ]);
  expect(await raised(caa({}))).toEqual([]);
});
