import { describe, expect, it } from 'vitest';
import { nameCovers } from '../../src/dane/names.ts';
import { SCHEMES, parseService, serviceText, tlsaOwner } from '../../src/dane/owner.ts';
import {
  formatRecords,
  parseTlsaText,
  tlsaFromText,
  tlsaGenericText,
} from '../../src/dane/tlsa-text.ts';
import { fqdn } from '../../src/dns/name.ts';

const DIGEST = 'ab'.repeat(32);
const RECORD = { usage: 3, selector: 1, matchingType: 1, data: DIGEST };

describe('host names in certificates', () => {
  it.each([
    ['mx.example.org', 'mx.example.org', true],
    ['mx.example.org', 'a.mx.example.org', false],
    ['*.example.org', 'mx.example.org', true],
    ['*.example.org', 'a.mx.example.org', false],
    ['*.example.org', 'example.org', false],
    ['m*.example.org', 'mx.example.org', false],
    ['*.*.example.org', 'a.b.example.org', false],
    ['a.*.example.org', 'a.b.example.org', false],
    ['*.org', 'example.org', false],
    ['*', 'org', false],
    ['', '', false],
  ])('%s covers %s: %s', (pattern, host, covers) => {
    expect(nameCovers(pattern, host)).toBe(covers);
  });
});

describe('TLSA text', () => {
  it.each([
    [`3 1 1 ${DIGEST}`],
    [`3 1 1 ${DIGEST.toUpperCase()}`],
    [`3 1 1 ( ${DIGEST.slice(0, 20)} ${DIGEST.slice(20)} )`],
    [`DANE-EE SPKI SHA2-256 ${DIGEST}`],
    [`\\# 35 030101${DIGEST}`],
    [`\\# 35 0301 01${DIGEST}`],
  ])('%s is read', (text) => {
    expect(tlsaFromText(text)).toEqual(RECORD);
  });

  it.each([
    ['', 'has too few fields'],
    ['3 1 1', 'has too few fields'],
    ['256 1 1 ab', 'has "256" as certificate usage, which is not a number up to 255'],
    [
      'constructor 1 1 ab',
      'has "constructor" as certificate usage, which is not a number up to 255',
    ],
    ['3 1 1 abc', 'has data that is not complete hexadecimal'],
    ['\\# 4 030101', 'says 4 octets but has 3'],
    ['\\# 3 030101', 'is too short for a record'],
  ])('%s is refused', (text, reason) => {
    expect(() => tlsaFromText(text)).toThrow(`TLSA record "${text}" ${reason}`);
  });

  it('is found in zone files and the output of dig', () => {
    const text = [
      '; a comment with TLSA 3 1 1 00',
      '$ORIGIN example.org.',
      'example.org. 3600 IN SOA ns. host. 1 2 3 4 5',
      `_25._tcp.mx.example.org. 3600 IN TLSA 3 1 1 (`,
      `   ${DIGEST.slice(0, 32)} ; half`,
      `   ${DIGEST.slice(32)} )`,
      `_25._tcp.mx.example.org. IN 300 TYPE52 \\# 35 030101${DIGEST}`,
      `   IN TLSA 2 0 1 ${DIGEST}`,
      `3 1 1 ${DIGEST}\r`,
    ].join('\n');
    expect(parseTlsaText(text)).toEqual([
      { owner: '_25._tcp.mx.example.org.', ttl: 3600, record: RECORD },
      { owner: '_25._tcp.mx.example.org.', ttl: 300, record: RECORD },
      { owner: undefined, ttl: undefined, record: { ...RECORD, usage: 2, selector: 0 } },
      { owner: undefined, ttl: undefined, record: RECORD },
    ]);
  });

  it('is printed for other tools', () => {
    const publication = { owner: fqdn('_25._tcp.mx.example.org'), ttl: 3600, records: [RECORD] };
    const start = '_25._tcp.mx.example.org. 3600 IN';
    expect(formatRecords(publication, 'zone')).toBe(`${start} TLSA 3 1 1 ${DIGEST}\n`);
    expect(formatRecords(publication, 'generic')).toBe(`${start} TYPE52 \\# 35 030101${DIGEST}\n`);
    expect(formatRecords(publication, 'nsupdate')).toBe(
      `update add ${start} TLSA 3 1 1 ${DIGEST}\nsend\n`,
    );
    expect(JSON.parse(formatRecords(publication, 'json'))).toMatchObject({
      schema: 1,
      ttl: 3600,
      records: [RECORD],
    });
    expect(tlsaFromText(tlsaGenericText(RECORD))).toEqual(RECORD);
  });
});

describe('services', () => {
  it.each([
    ['smtp://mx1.example.org', 'smtp://mx1.example.org:25', 'smtp', true],
    ['SMTP://MX1.example.org:2525/', 'smtp://mx1.example.org:2525', 'smtp', true],
    ['imaps://mail.example.org', 'imaps://mail.example.org:993', 'imaps', false],
    ['submission://mail.example.org', 'submission://mail.example.org:587', 'submission', false],
    ['https://bücher.example', 'https://xn--bcher-kva.example:443', 'tls', false],
    ['tls://x.example:853', 'tls://x.example:853', 'tls', false],
  ])('%s is %s', (text, printed, start, smtpLike) => {
    const service = parseService(text);
    expect(serviceText(service)).toBe(printed);
    expect(service).toMatchObject({ start, smtpLike, transport: 'tcp' });
  });

  it('have the ports of the IANA registry and of XEP-0368', () => {
    const ports = Object.entries(SCHEMES).map(([scheme, { port }]) => `${scheme} ${port}`);
    expect(ports.sort()).toEqual([
      ...['ftp 21', 'ftps 990', 'https 443', 'imap 143', 'imaps 993', 'ldap 389', 'ldaps 636'],
      ...[
        'lmtp 24',
        'nntp 119',
        'nntps 563',
        'pop3 110',
        'pop3s 995',
        'postgres 5432',
        'sieve 4190',
      ],
      ...['smtp 25', 'smtps 465', 'submission 587', 'submissions 465', 'tls undefined'],
      ...['xmpp-client 5222', 'xmpp-server 5269', 'xmpps-client 5223', 'xmpps-server 5270'],
    ]);
  });

  it.each([
    ['mx1.example.org:25', 'is not a URL'],
    ['gopher://x.example', 'has an unknown scheme "gopher"'],
    ['tls://x.example', 'needs a port'],
    ['smtp://x.example:65536', 'has port 65536'],
    ['smtp://192.0.2.1:25', 'names an address'],
    ['smtp://user@x.example', 'is not a URL'],
    ['smtp://x..example', 'has an empty label'],
    ['toString://x.example', 'has an unknown scheme'],
  ])('%s is refused', (text, reason) => {
    expect(() => parseService(text)).toThrow(reason);
  });

  it('have their records at the owner of RFC 6698 §3', () => {
    expect(tlsaOwner(fqdn('mx.example.org'), 25)).toBe('_25._tcp.mx.example.org.');
  });
});
