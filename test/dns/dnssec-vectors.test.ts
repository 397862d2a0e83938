// Keys, digests and signatures that the RFCs print.
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { dnskeyOf, dsMatches, dsOf, type Dnskey } from '../../src/dns/dnskey.ts';
import { keyObjectOf } from '../../src/dns/dnssec-algorithm.ts';
import { authenticateKeys } from '../../src/dns/key-set.ts';
import { fqdn, type Fqdn } from '../../src/dns/name.ts';
import { verifySet } from '../../src/dns/signature.ts';
import { signedSetIn, type SignedSet } from '../../src/dns/signed-set.ts';
import { numberOf, recordsOf } from './zone-text.ts';

interface Vector {
  readonly section: string;
  readonly zone: string;
  readonly owner: string;
  readonly type: 'A' | 'MX';
  readonly tag: number;
  readonly records: string;
}

const VECTORS: readonly Vector[] = [
  {
    section: 'RFC 5702 §6.1, RSASHA256',
    zone: 'example.net.',
    owner: 'www.example.net.',
    type: 'A',
    tag: 9033,
    records: `
      example.net. 3600 DNSKEY 256 3 8 AwEAAcFcGsaxxdgiuuGmCkVImy4h99CqT7jwY3pexPGcnUFtR2Fh36BponcwtkZ4cAgtvd4Qs8PkxUdp6p/DlUmObdk=
      www.example.net. 3600 A 192.0.2.91
      www.example.net. 3600 RRSIG A 8 3 3600 20300101000000 20000101000000 9033 example.net. kRCOH6u7l0QGy9qpC9l1sLncJcOKFLJ7GhiUOibu4teYp5VE9RncriShZNz85mwlMgNEacFYK/lPtPiVYP4bwg==`,
  },
  {
    section: 'RFC 5702 §6.2, RSASHA512',
    zone: 'example.net.',
    owner: 'www.example.net.',
    type: 'A',
    tag: 3740,
    records: `
      example.net. 3600 DNSKEY 256 3 10 AwEAAdHoNTOW+et86KuJOWRDp1pndvwb6Y83nSVXXyLA3DLroROUkN6X0O6pnWnjJQujX/AyhqFDxj13tOnD9u/1kTg7cV6rklMrZDtJCQ5PCl/D7QNPsgVsMu1J2Q8gpMpztNFLpPBz1bWXjDtaR7ZQBlZ3PFY12ZTSncorffcGmhOL
      www.example.net. 3600 A 192.0.2.91
      www.example.net. 3600 RRSIG A 10 3 3600 20300101000000 20000101000000 3740 example.net. tsb4wnjRUDnB1BUi+t6TMTXThjVnG+eCkWqjvvjhzQL1d0YRoOe0CbxrVDYd0xDtsuJRaeUw1ep94PzEWzr0iGYgZBWm/zpq+9fOuagYJRfDqfReKBzMweOLDiNa8iP5g9vMhpuv6OPlvpXwm9Sa9ZXIbNl1MBGk0fthPgxdDLw=`,
  },
  {
    section: 'RFC 6605 §6.1, ECDSAP256SHA256',
    zone: 'example.net.',
    owner: 'www.example.net.',
    type: 'A',
    tag: 55648,
    records: `
      example.net. 3600 DNSKEY 257 3 13 GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==
      example.net. 3600 DS 55648 13 2 b4c8c1fe2e7477127b27115656ad6256f424625bf5c1e2770ce6d6e37df61d17
      www.example.net. 3600 A 192.0.2.1
      www.example.net. 3600 RRSIG A 13 3 3600 20100909100439 20100812100439 55648 example.net. qx6wLYqmh+l9oCKTN6qIc+bw6ya+KJ8oMz0YP107epXAyGmt+3SNruPFKG7tZoLBLlUzGGus7ZwmwWep666VCw==`,
  },
  {
    section: 'RFC 6605 §6.2, ECDSAP384SHA384',
    zone: 'example.net.',
    owner: 'www.example.net.',
    type: 'A',
    tag: 10771,
    records: `
      example.net. 3600 DNSKEY 257 3 14 xKYaNhWdGOfJ+nPrL8/arkwf2EY3MDJ+SErKivBVSum1w/egsXvSADtNJhyem5RCOpgQ6K8X1DRSEkrbYQ+OB+v8/uX45NBwY8rp65F6Glur8I/mlVNgF6W/qTI37m40
      example.net. 3600 DS 10771 14 4 72d7b62976ce06438e9c0bf319013cf801f09ecc84b8d7e9495f27e305c6a9b0563a9b5f4d288405c3008a946df983d6
      www.example.net. 3600 A 192.0.2.1
      www.example.net. 3600 RRSIG A 14 3 3600 20100909102025 20100812102025 10771 example.net. /L5hDKIvGDyI1fcARX3z65qrmPsVz73QD1Mr5CEqOiLP95hxQouuroGCeZOvzFaxsT8Glr74hbavRKayJNuydCuzWTSSPdz7wnqXL5bdcJzusdnI0RSMROxxwGipWcJm`,
  },
  {
    section: 'RFC 8080 §6.1 with erratum 4935, ED25519, first key',
    zone: 'example.com.',
    owner: 'example.com.',
    type: 'MX',
    tag: 3613,
    records: `
      example.com. 3600 DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=
      example.com. 3600 DS 3613 15 2 3aa5ab37efce57f737fc1627013fee07bdf241bd10f3b1964ab55c78e79a304b
      example.com. 3600 MX 10 mail.example.com.
      example.com. 3600 RRSIG MX 15 2 3600 1440021600 1438207200 3613 example.com. oL9krJun7xfBOIWcGHi7mag5/hdZrKWw15jPGrHpjQeRAvTdszaPD+QLs3fx8A4M3e23mRZ9VrbpMngwcrqNAg==`,
  },
  {
    section: 'RFC 8080 §6.1 with erratum 4935, ED25519, second key',
    zone: 'example.com.',
    owner: 'example.com.',
    type: 'MX',
    tag: 35217,
    records: `
      example.com. 3600 DNSKEY 257 3 15 zPnZ/QwEe7S8C5SPz2OfS5RR40ATk2/rYnE9xHIEijs=
      example.com. 3600 DS 35217 15 2 401781b934e392de492ec77ae2e15d70f6575a1c0bc59c5275c04ebe80c6614c
      example.com. 3600 MX 10 mail.example.com.
      example.com. 3600 RRSIG MX 15 2 3600 1440021600 1438207200 35217 example.com. zXQ0bkYgQTEFyfLyi9QoiY6D8ZdYo4wyUhVioYZXFdT410QPRITQSqJSnzQoSm5poJ7gD7AQR0O7KuI5k2pcBg==`,
  },
  {
    section: 'RFC 8080 §6.2 with erratum 4935, ED448',
    zone: 'example.com.',
    owner: 'example.com.',
    type: 'MX',
    tag: 9713,
    records: `
      example.com. 3600 DNSKEY 257 3 16 3kgROaDjrh0H2iuixWBrc8g2EpBBLCdGzHmn+G2MpTPhpj/OiBVHHSfPodx1FYYUcJKm1MDpJtIA
      example.com. 3600 DS 9713 16 2 6ccf18d5bc5d7fc2fceb1d59d17321402f2aa8d368048db93dd811f5cb2b19c7
      example.com. 3600 MX 10 mail.example.com.
      example.com. 3600 RRSIG MX 16 2 3600 1440021600 1438207200 9713 example.com. 3cPAHkmlnxcDHMyg7vFC34l0blBhuG1qpwLmjInI8w1CMB29FkEAIJUA0amxWndkmnBZ6SKiwZSAxGILn/NBtOXft0+Gj7FSvOKxE/07+4RQvE581N3Aj/JtIyaiYVdnYtyMWbSNyGEY2213WKsJlwEA`,
  },
];

interface Read {
  readonly key: Dnskey;
  readonly zone: Fqdn;
  readonly set: SignedSet;
  readonly now: number;
}

function read({ zone, owner, type, records }: Vector): Read {
  const all = recordsOf(records);
  const key = all.find((record) => record.type === numberOf('DNSKEY'));
  const set = signedSetIn(all, fqdn(owner), type);
  if (key === undefined || set === undefined) throw new Error('the vector is not complete');
  const inception = parseInt(set.signatures[0]?.slice(24, 32) ?? '', 16);
  return { key: dnskeyOf(key.rdata), zone: fqdn(zone), set, now: inception + 3600 };
}

describe.each(VECTORS)('$section', (vector) => {
  const { key, zone, set, now } = read(vector);
  const by = { zone, keys: [key] };

  it('has the key tag', () => {
    expect(key).toMatchObject({ keyTag: vector.tag, isZoneKey: true, isRevoked: false });
    expect(keyObjectOf(key)).toBeDefined();
  });

  it('has the digest', () => {
    const ds = recordsOf(vector.records).filter(({ type }) => type === numberOf('DS'));
    for (const { rdata } of ds) {
      expect(dsMatches(dsOf(rdata), zone, key)).toBe(true);
      expect(dsMatches(dsOf(rdata), fqdn('other.example'), key)).toBe(false);
    }
  });

  it('is signed', () => {
    const { tag: keyTag } = vector;
    expect(verifySet(set, by, now)).toMatchObject({ status: 'valid', keyTag, ttl: 3600 });
  });

  it('is not, when any bit of it is changed', () => {
    const [rdata = ''] = set.rdata;
    const [rrsig = ''] = set.signatures;
    for (const changed of flips(rdata)) expectFault({ ...set, rdata: [changed] });
    // Type covered (0 to 15) chooses the set and is not part of the check; letters of the signer
    // may change their case.
    for (const changed of flips(rrsig.slice(4))) {
      const signatures = [rrsig.slice(0, 4) + changed];
      try {
        expectFault({ ...set, signatures });
      } catch (error) {
        if (!(error instanceof Error && error.message.includes('malformed'))) throw error;
      }
    }
    expectFault({ ...set, owner: `x${set.owner}` as Fqdn });
    expectFault({ ...set, rdata: [rdata, rdata.replace(/..$/, 'ee')] });
  });

  function expectFault(changed: SignedSet): void {
    expect(verifySet(changed, by, now).status).not.toBe('valid');
  }
});

function* flips(hex: string): Generator<string> {
  const bytes = fromHex(hex);
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const changed = bytes.slice();
    changed[bit >>> 3] = (changed[bit >>> 3] ?? 0) ^ (0x80 >> (bit & 7));
    yield toHex(changed);
  }
}

// RFC 4034 §5.4 and RFC 4509 §2.3.
const DSKEY =
  'dskey.example.com. 86400 DNSKEY 256 3 5 AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUSdjMmmAphXdvxegXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw==';

it.each([
  ['SHA-1', 'DS 60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118', true],
  [
    'SHA-256',
    'DS 60485 5 2 D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A',
    true,
  ],
  ['another tag', 'DS 60486 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118', false],
  ['another algorithm', 'DS 60485 8 1 2BB183AF5F22588179A53B0A98631FAD1A292118', false],
  ['an unknown digest type', 'DS 60485 5 3 2BB183AF5F22588179A53B0A98631FAD1A292118', false],
])('a DS of RFC 4034 and RFC 4509 matches its key: %s', (_, text, expected) => {
  const [key, ds] = recordsOf(`${DSKEY}\ndskey.example.com. 86400 ${text}`);
  const zone = fqdn('dskey.example.com');
  expect(dnskeyOf(key?.rdata ?? '').keyTag).toBe(60485);
  expect(dsMatches(dsOf(ds?.rdata ?? ''), zone, dnskeyOf(key?.rdata ?? ''))).toBe(expected);
});

it('a zone with only RSASHA1 has no DS that counts (RFC 9905 §2)', () => {
  const [key, ds] = recordsOf(
    `${DSKEY}\ndskey.example.com. 86400 DS 60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118`,
  );
  const set: SignedSet = {
    owner: fqdn('dskey.example.com'),
    type: numberOf('DNSKEY'),
    ttl: 86400,
    rdata: [key?.rdata ?? ''],
    signatures: [],
  };
  expect(authenticateKeys(set, [dsOf(ds?.rdata ?? '')], 0).status).toBe('no-usable-ds');
});
