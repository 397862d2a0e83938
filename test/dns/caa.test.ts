// What CAA properties allow to one account at one CA.
import { describe, expect, it } from 'vitest';
import type { CaaParty, CaaProperty } from '../../src/dns/caa.ts';
import { judgeCaa } from '../../src/dns/caa.ts';

const ACCOUNT = 'https://ca.example/acct/1';
const OLD = 'https://ca.example/acct/0';
const PARTY: CaaParty = {
  issuers: ['ca.example', 'ca-two.example'],
  account: ACCOUNT,
  method: 'dns-01',
};
const BOUND = `0 issue ca.example; accounturi=${ACCOUNT}; validationmethods=dns-01`;

function propertyOf(text: string): CaaProperty {
  const [, flags = '', tag = '', value = ''] = /^(\d+) (\S+) ?(.*)$/.exec(text) ?? [];
  return { critical: (Number(flags) & 0x80) !== 0, tag, value };
}

const judged = (texts: readonly string[], party: CaaParty = PARTY, domain = 'mx1.example.org') =>
  judgeCaa(domain, texts.map(propertyOf), party);

describe('K41: CAA lets only this account issue', () => {
  it.each([
    ['the account and the method', [BOUND]],
    ['the other order of parameters', [BOUND.replace(/; (.*); (.*)$/, '; $2; $1')]],
    ['another name of the same CA', [BOUND.replace('ca.example;', 'ca-two.example;')]],
    ['upper case in the name and in the tags', [BOUND.replace('ca.example;', 'CA.Example.;')]],
    ['a parameter that is not known', [`${BOUND}; future=1`]],
    ['a contact beside it', [BOUND, '0 iodef mailto:hostmaster@example.org']],
    ['a critical property that CAs know', [BOUND, '128 iodef mailto:hostmaster@example.org']],
    ['no CA beside it', [BOUND, '0 issue ;']],
    ['a value that cannot be read beside it', [BOUND, '0 issue other.example accounturi']],
    ['wildcards of others, for a name that is not one', [BOUND, '0 issuewild other.example']],
  ])('with %s', (_, texts) => {
    expect(judged(texts)).toEqual({ allowed: true, others: [] });
  });

  it('with issuewild alone for a wildcard, whatever issue says', () => {
    const texts = ['0 issue other.example', BOUND.replace('issue ', 'issuewild ')];
    expect(judged(texts, PARTY, '*.example.org')).toEqual({ allowed: true, others: [] });
  });
});

describe('K41: CAA lets this account issue, and others', () => {
  it.each([
    ['no property for issuing', [], [{ who: 'everybody' }]],
    ['issuewild alone', ['0 issuewild other.example'], [{ who: 'everybody' }]],
    [
      'another CA',
      [BOUND, '0 issue other.example'],
      [{ who: 'other-ca', issuer: 'other.example' }],
    ],
    ['any account', ['0 issue ca.example; validationmethods=dns-01'], [{ who: 'any-account' }]],
    [
      'any method',
      [`0 issue ca.example; accounturi=${ACCOUNT}`],
      [{ who: 'other-method', methods: [] }],
    ],
    [
      'another method',
      [BOUND.replace('dns-01', 'http-01,dns-01')],
      [{ who: 'other-method', methods: ['http-01'] }],
    ],
    [
      'the account before',
      [BOUND, BOUND.replace(ACCOUNT, OLD)],
      [{ who: 'other-account', account: OLD }],
    ],
  ])('with %s', (_, texts, others) => {
    expect(judged(texts)).toEqual({ allowed: true, others });
  });
});

describe('K41: CAA does not let this account issue', () => {
  it.each([
    ['nobody', ['0 issue ;'], 'nobody'],
    ['an empty value', ['0 issue '], 'nobody'],
    ['what cannot be read', ['0 issue ca.example accounturi'], 'nobody'],
    ['another CA', ['0 issue other.example'], 'other-ca'],
    ['a name below that of the CA', ['0 issue acme.ca.example'], 'other-ca'],
    ['another account', [`0 issue ca.example; accounturi=${OLD}`], 'other-account'],
    ['an account in other letters', [BOUND.replace('acct/1', 'Acct/1')], 'other-account'],
    ['an empty account', ['0 issue ca.example; accounturi='], 'other-account'],
    ['two accounts', [`${BOUND}; accounturi=${OLD}`], 'twice'],
    ['the methods twice', [`${BOUND}; validationmethods=dns-01`], 'twice'],
    ['another method', ['0 issue ca.example; validationmethods=http-01'], 'other-method'],
    ['no method', ['0 issue ca.example; validationmethods='], 'other-method'],
    ['a longer method', ['0 issue ca.example; validationmethods=dns-011'], 'other-method'],
    ['an unknown critical property', [BOUND, '128 future x'], 'critical'],
  ])('with %s', (_, texts, why) => {
    expect(judged(texts)).toMatchObject({ allowed: false, refusal: { why } });
  });

  it('where the wildcard is forbidden, though the name is allowed', () => {
    const texts = [BOUND, '0 issuewild ;'];
    expect(judged(texts, PARTY, '*.example.org')).toMatchObject({ allowed: false });
  });

  it('where it names an account and there is none yet, but it may allow it where ours is not known', () => {
    expect(judged([BOUND], { ...PARTY, account: null })).toMatchObject({
      refusal: { why: 'other-account' },
    });
    expect(judged([BOUND], { ...PARTY, account: undefined })).toMatchObject({ allowed: true });
  });
});
