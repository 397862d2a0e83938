import { beforeAll, describe, expect, it } from 'vitest';
import { tlsaFor } from '../../src/dane/association.ts';
import type { Chain } from '../../src/dane/chain.ts';
import { judgeRecord, matchedCombinations, matchRRset } from '../../src/dane/match.ts';
import type { MatchContext } from '../../src/dane/match.ts';
import type { Combination, TlsaRecord } from '../../src/dane/tlsa.ts';
import { anchorOf } from '../../src/x509/anchor.ts';
import { chainFromDer } from '../../src/x509/chain.ts';
import { family, issue, NOW } from '../support/ca.ts';
import type { Family, Party } from '../support/ca.ts';

const HOST = 'mail.example.com';
const DAY = 86_400;
const SMTP: MatchContext = { names: [HOST], smtpLike: true, at: NOW };

let ours: Family;
let full: Chain;
let other: Party;

function chainOf(...parties: readonly Party[]): Chain {
  return chainFromDer(parties.map((party) => party.der));
}

function record(party: Party, usage: number, selector: number, matchingType: number): TlsaRecord {
  const certificate = chainOf(party).certificates[0];
  if (certificate === undefined) throw new Error('unreachable');
  return tlsaFor(certificate, usage, selector, matchingType);
}

beforeAll(async () => {
  ours = await family([HOST]);
  full = chainOf(ours.leaf, ours.intermediate, ours.root);
  other = await issue({ dns: [HOST] });
});

describe('every combination', () => {
  for (const selector of [0, 1]) {
    for (const matchingType of [0, 1, 2]) {
      it(`3 ${selector} ${matchingType} matches the leaf and nothing above it`, () => {
        expect(judgeRecord(record(ours.leaf, 3, selector, matchingType), full, SMTP)).toMatchObject(
          {
            usable: true,
            matched: true,
            depth: 0,
            certificate: 0,
          },
        );
        const above = record(ours.intermediate, 3, selector, matchingType);
        expect(judgeRecord(above, full, SMTP)).toMatchObject({ usable: true, matched: false });
      });

      it(`2 ${selector} ${matchingType} matches each CA certificate at its depth`, () => {
        for (const [party, depth] of [
          [ours.intermediate, 1],
          [ours.root, 2],
        ] as const) {
          const verdict = judgeRecord(record(party, 2, selector, matchingType), full, SMTP);
          expect(verdict).toMatchObject({ matched: true, depth, certificate: depth });
        }
      });

      it(`0 and 1 ${selector} ${matchingType} have no effect with SMTP`, () => {
        for (const usage of [0, 1]) {
          const one = record(ours.leaf, usage, selector, matchingType);
          expect(judgeRecord(one, full, SMTP)).toMatchObject({
            usable: false,
            why: `usage ${usage} is not usable with SMTP (RFC 7672 §3.1.3)`,
          });
        }
      });
    }
  }
});

describe('usage 3', () => {
  it('ignores dates and names (RFC 7671 §5.1)', async () => {
    const odd = await issue({
      dns: ['other.example'],
      notBefore: NOW - 9 * DAY,
      notAfter: NOW - DAY,
    });
    expect(judgeRecord(record(odd, 3, 1, 1), chainOf(odd), SMTP).matched).toBe(true);
  });
});

describe('usage 2', () => {
  const why = (chain: Chain, one: TlsaRecord, context = SMTP): string | undefined =>
    judgeRecord(one, chain, context).why;

  it('needs the anchor in the chain as it was sent', () => {
    expect(why(chainOf(ours.leaf), record(ours.intermediate, 2, 1, 1))).toBe(
      'its trust anchor is not in the chain: only the leaf was sent',
    );
    expect(why(chainOf(ours.leaf, ours.intermediate), record(ours.root, 2, 1, 1))).toBe(
      'its trust anchor is not in the chain that was sent',
    );
  });

  it('accepts the anchor at any place in the chain', () => {
    const chain = chainOf(ours.leaf, ours.root, other, ours.intermediate);
    expect(judgeRecord(record(ours.root, 2, 0, 1), chain, SMTP)).toMatchObject({
      depth: 2,
      certificate: 1,
    });
  });

  it('takes a full anchor certificate from the record where the caller allows it', async () => {
    const context = { ...SMTP, anchorOf };
    const short = chainOf(ours.leaf);
    expect(judgeRecord(record(ours.intermediate, 2, 0, 0), short, context)).toMatchObject({
      matched: true,
      depth: 1,
    });
    expect(judgeRecord(record(ours.intermediate, 2, 1, 0), short, context).matched).toBe(true);
    expect(judgeRecord(record(ours.intermediate, 2, 0, 0), short, SMTP).matched).toBe(false);
    expect(why(short, record(ours.root, 2, 0, 0), context)).toBe(
      'no certificate of the chain is signed by the one in the record',
    );
    const late = await issue({
      name: 'Test Intermediate',
      ca: true,
      keysOf: ours.intermediate,
      issuer: ours.root,
      notAfter: NOW - 1,
      notBefore: NOW - 2,
    });
    expect(why(short, record(late, 2, 0, 0), context)).toBe(
      'the certificate in the record is not valid after 2026-11-21T11:59:59Z',
    );
  });

  it('refuses an expired leaf, and one that expires before the caches do', async () => {
    const leaf = await issue({ dns: [HOST], issuer: ours.intermediate, notAfter: NOW + DAY });
    const chain = chainOf(leaf, ours.intermediate);
    const one = record(ours.intermediate, 2, 1, 1);
    expect(judgeRecord(one, chain, SMTP).matched).toBe(true);
    expect(why(chain, one, { ...SMTP, at: NOW + 2 * DAY })).toContain(
      'certificate 0 is not valid after 2026-11-22',
    );
    expect(why(chain, one, { ...SMTP, validUntil: NOW + 2 * DAY })).toContain('is not valid after');
    expect(why(chain, one, { ...SMTP, at: NOW - 2 * DAY })).toContain('is not valid before');
  });

  it('refuses a leaf for another name and reports for which', async () => {
    const leaf = await issue({ dns: ['sub.mail.example.com'], issuer: ours.intermediate });
    const chain = chainOf(leaf, ours.intermediate);
    expect(why(chain, record(ours.intermediate, 2, 1, 1))).toBe(
      'the leaf is for sub.mail.example.com, not for mail.example.com',
    );
    const both = { ...SMTP, names: [HOST, 'sub.mail.example.com'] };
    expect(judgeRecord(record(ours.intermediate, 2, 1, 1), chain, both).matched).toBe(true);
  });

  it('does not match a self-signed leaf with the CA stapled beside it', () => {
    const chain = chainOf(other, ours.intermediate, ours.root);
    expect(why(chain, record(ours.intermediate, 2, 1, 1))).toBe(
      'it names certificate 1 of the chain, but certificate 1 did not sign the certificates below it',
    );
  });

  it('does not match an issuer of the same name with another key', async () => {
    const twin = await issue({ name: 'Test Intermediate', ca: true, issuer: ours.root });
    const leaf = await issue({ dns: [HOST], issuer: twin });
    const chain = chainOf(leaf, ours.intermediate, ours.root);
    expect(judgeRecord(record(ours.root, 2, 1, 1), chain, SMTP).matched).toBe(false);
  });

  it('does not accept a self-signed leaf as its own anchor, not even when it is sent twice', async () => {
    const self = await issue({ dns: [HOST], ca: true });
    expect(why(chainOf(self), record(self, 2, 1, 1))).toBe(
      'it names the leaf, which cannot be its own trust anchor',
    );
    expect(judgeRecord(record(self, 2, 1, 1), chainOf(self, self), SMTP).matched).toBe(false);
    for (const selector of [0, 1]) {
      const whole = record(self, 2, selector, 0);
      expect(judgeRecord(whole, chainOf(self), { ...SMTP, anchorOf }).matched).toBe(false);
    }
  });

  it('requires issuers to be CAs within their path length', async () => {
    const plain = await issue({ name: 'No CA', issuer: ours.root });
    const below = await issue({ dns: [HOST], issuer: plain });
    expect(why(chainOf(below, plain, ours.root), record(ours.root, 2, 1, 1))).toContain(
      'certificate 1 is not a CA certificate',
    );
    const deeper = await issue({ name: 'Too Deep', ca: true, issuer: ours.intermediate });
    const leaf = await issue({ dns: [HOST], issuer: deeper });
    const chain = chainOf(leaf, deeper, ours.intermediate, ours.root);
    expect(why(chain, record(ours.root, 2, 1, 1))).toContain(
      'certificate 2 allows 0 intermediate certificates, not 1',
    );
    expect(judgeRecord(record(deeper, 2, 1, 1), chain, SMTP)).toMatchObject({ depth: 1 });
    // The bare key of a certificate that was sent is still bound by that certificate's constraints.
    const bare = record(ours.intermediate, 2, 1, 0);
    expect(judgeRecord(bare, chain, { ...SMTP, anchorOf }).matched).toBe(false);
  });

  it('refuses a leaf that is not for TLS servers', async () => {
    const leaf = await issue({
      dns: [HOST],
      issuer: ours.intermediate,
      purposes: ['1.3.6.1.5.5.7.3.2'],
    });
    expect(why(chainOf(leaf, ours.intermediate), record(ours.intermediate, 2, 1, 1))).toContain(
      'certificate 0 is not for TLS servers',
    );
  });

  it('accepts the same key in a renewed CA certificate for 2 1 1 and not for 2 0 1', async () => {
    const again = await issue({
      name: 'Test Intermediate',
      ca: true,
      keysOf: ours.intermediate,
      issuer: ours.root,
    });
    const chain = chainOf(ours.leaf, again);
    expect(judgeRecord(record(ours.intermediate, 2, 1, 1), chain, SMTP).matched).toBe(true);
    expect(judgeRecord(record(ours.intermediate, 2, 0, 1), chain, SMTP).matched).toBe(false);
  });

  it('works with RSA issuers and EC leaves', async () => {
    const issuer = await issue({ name: 'RSA CA', ca: true, algorithm: 'rsa' });
    const leaf = await issue({ dns: [HOST], issuer });
    expect(judgeRecord(record(issuer, 2, 1, 1), chainOf(leaf, issuer), SMTP).matched).toBe(true);
  });
});

describe('usages 0 and 1 outside of mail', () => {
  const https: MatchContext = { names: [HOST], smtpLike: false, at: NOW };
  const store: MatchContext = { ...https, pkix: () => full.certificates };

  it('are unusable without a trust store', () => {
    expect(judgeRecord(record(ours.leaf, 1, 1, 1), full, https)).toMatchObject({
      usable: false,
      why: 'usage 1 needs a PKIX trust store',
    });
  });

  it('match on the validated path, even a root that was not sent', () => {
    const sent = chainOf(ours.leaf, ours.intermediate);
    expect(judgeRecord(record(ours.leaf, 1, 1, 1), sent, store)).toMatchObject({ depth: 0 });
    expect(judgeRecord(record(ours.leaf, 0, 1, 1), sent, store).matched).toBe(false);
    const root = judgeRecord(record(ours.root, 0, 1, 1), sent, store);
    expect(root).toMatchObject({ matched: true, depth: 2 });
    expect(root.certificate).toBeUndefined();
    const untrusted = { ...https, pkix: () => undefined };
    expect(judgeRecord(record(ours.root, 0, 1, 1), full, untrusted).why).toBe(
      'the chain leads to no trusted CA',
    );
  });
});

describe('records that no client can use', () => {
  const good = (): TlsaRecord => record(ours.leaf, 3, 1, 1);

  it.each([
    ['certificate usage 10 is not assigned', { usage: 10 }],
    ['selector 2 is not assigned', { selector: 2 }],
    ['matching type 3 is not assigned', { matchingType: 3 }],
    ['its digest has 31 octets, but matching type 1 has 32', { data: 'ab'.repeat(31) }],
    ['it contains no association data', { data: '' }],
    ['its full data is not a public key in DER', { matchingType: 0, data: 'ab'.repeat(32) }],
  ])('%s', (why, change) => {
    expect(judgeRecord({ ...good(), ...change }, full, SMTP)).toEqual({
      record: { ...good(), ...change },
      usable: false,
      matched: false,
      why,
    });
  });

  it('truncated full data is unusable', () => {
    const whole = record(ours.intermediate, 2, 0, 0);
    const cut = { ...whole, data: whole.data.slice(2) };
    expect(judgeRecord(cut, full, SMTP).usable).toBe(false);
    const broken = { ...whole, data: whole.data.replace(/^(.{8}).{8}/, '$100000000') };
    expect(judgeRecord(broken, full, { ...SMTP, anchorOf }).why).toBe(
      'its full data cannot be parsed',
    );
  });
});

describe('an RRset', () => {
  it('that is empty accepts any chain', () => {
    expect(matchRRset([], full, SMTP)).toMatchObject({ accepted: true, mode: 'no-records' });
  });

  it('with nothing usable accepts any chain', () => {
    const unusable = [record(ours.leaf, 0, 1, 1), { ...record(ours.leaf, 3, 1, 1), usage: 9 }];
    expect(matchRRset(unusable, full, SMTP)).toMatchObject({
      accepted: true,
      mode: 'all-unusable',
    });
  });

  it('with one usable record that does not match refuses', () => {
    const records = [record(ours.leaf, 0, 1, 1), record(other, 3, 1, 1)];
    const verdict = matchRRset(records, full, SMTP);
    expect(verdict).toMatchObject({ accepted: false, mode: 'mismatch' });
    expect(verdict.records.map((one) => one.why)).toEqual([
      'usage 0 is not usable with SMTP (RFC 7672 §3.1.3)',
      'it names another leaf',
    ]);
  });

  it('names the DANE-EE match before the DANE-TA match', () => {
    const records = [record(ours.root, 2, 1, 1), record(ours.leaf, 3, 1, 1)];
    expect(matchRRset(records, full, SMTP).matched).toMatchObject({ depth: 0, certificate: 0 });
  });

  it('is judged by the strongest digest alone with agility (RFC 7671 §9)', () => {
    const records = [record(ours.leaf, 3, 1, 1), record(other, 3, 1, 2)];
    expect(matchRRset(records, full, SMTP).accepted).toBe(true);
    const agile = matchRRset(records, full, { ...SMTP, agility: true });
    expect(agile.accepted).toBe(false);
    expect(agile.records[0]?.why).toContain('a stronger digest');
    const otherSelector = [record(ours.leaf, 3, 0, 1), record(other, 3, 1, 2)];
    expect(matchRRset(otherSelector, full, { ...SMTP, agility: true }).accepted).toBe(true);
    const withFull = [record(ours.leaf, 3, 1, 0), record(other, 3, 1, 2)];
    expect(matchRRset(withFull, full, { ...SMTP, agility: true }).accepted).toBe(true);
    const unusableStrong = [record(ours.leaf, 3, 1, 1), { ...record(other, 3, 1, 2), data: 'ab' }];
    expect(matchRRset(unusableStrong, full, { ...SMTP, agility: true }).accepted).toBe(true);
  });

  it('returns to the laws its combinations', () => {
    const records = [
      record(ours.leaf, 3, 1, 1),
      record(other, 3, 1, 1),
      record(other, 3, 0, 1),
      record(ours.root, 2, 1, 1),
      record(ours.leaf, 1, 1, 1),
    ];
    const { present, matched } = matchedCombinations(records, full, SMTP);
    const texts = (all: ReadonlySet<Combination>) => [...all].map(({ text }) => text).sort();
    expect(texts(present)).toEqual(['2 1 1', '3 0 1', '3 1 1']);
    expect(texts(matched)).toEqual(['2 1 1', '3 1 1']);
  });

  it('refuses when no certificate was sent', () => {
    expect(matchRRset([record(ours.leaf, 3, 1, 1)], chainOf(), SMTP).accepted).toBe(false);
  });
});
