// Hosts with correct SMTP and STARTTLS, and what their records mean for the certificates that they
// present.
import {
  digest,
  former,
  formerIssuer,
  full,
  issuer,
  leafFor,
  next,
  older,
  ordinary,
  record,
  root,
  spkiOf,
} from './authority.ts';
import { BY_OPENSSL, differ, type ServiceCase } from './case.ts';

const served = [[full(ordinary)]];
const key = record('3 1 1', ordinary);
const ofIssuer = record('2 1 1', issuer);

const replaced = await leafFor('*.dane.test');
const nameless = await leafFor('somebody.example');
const ecdsa = await leafFor('*.dane.test');
const rsa = await leafFor('*.dane.test', { algorithm: 'rsa' });

const takesEcdsa = 'uses the ECDSA certificate where it can';
const both = [full(ecdsa), full(rsa)];

/** Records of keys that no server has. */
export const strangers = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => `3 1 1 ${digest('1', `stranger ${at}`)}`);

const good: readonly ServiceCase[] = [
  {
    name: '3 1 1 of the served key',
    ...{ host: 'good', presents: served, tlsa: [key] },
    ...{ severity: 'ok', outcome: 'secure', finds: ['no-reserve'] },
  },
  {
    name: '3 1 1 and 2 1 1',
    ...{ host: 'leaf-issuer', presents: served, tlsa: [key, ofIssuer] },
    more: ['alias CNAME leaf-issuer.dane.test.'],
    ...{ severity: 'ok', outcome: 'secure', finds: [] },
  },
  {
    name: '3 1 1 of the served key and of the next',
    ...{ host: 'current-next', presents: served, tlsa: [key, record('3 1 1', next)] },
    ...{ severity: 'ok', outcome: 'secure', finds: [] },
  },
  {
    name: 'RSA and ECDSA, both with 3 1 1',
    ...{ host: 'two-keys', presents: [both] },
    tlsa: [record('3 1 1', ecdsa), record('3 1 1', rsa)],
    ...{ severity: 'ok', outcome: ['secure', 'secure'], finds: [] },
  },
  {
    name: 'the certificate of another host under 3 1 1',
    ...{ host: 'name-leaf', presents: [[full(nameless)]], tlsa: [record('3 1 1', nameless)] },
    ...{ severity: 'ok', outcome: 'secure', finds: ['no-reserve'] },
    differs: differ(['ldns-dane'], 'refused', 'compares names with usage 3, too (RFC 7671 §5.1)'),
  },
  {
    name: 'an issuer that may come next beside the one that is sent',
    ...{ host: 'issuers', presents: served, tlsa: [ofIssuer, record('2 1 1', formerIssuer)] },
    ...{ severity: 'ok', outcome: 'secure', finds: [] },
  },
];

const postfix: readonly ServiceCase[] = [
  {
    name: 'Postfix with RSA and ECDSA, and a record of the ECDSA key alone',
    ...{ host: 'mail', by: 'mail', presents: [both, both], tlsa: [record('3 1 1', ecdsa)] },
    ...{ severity: 'critical', outcome: ['secure', 'mismatch', 'secure', 'mismatch'] },
    finds: ['algorithm-neglected', 'no-reserve'],
    differs: differ(['posttls-finger'], 'verified', takesEcdsa),
  },
  {
    name: 'Postfix with 3 1 1 and 2 1 1',
    ...{ host: 'relay', by: 'relay', presents: [...served, ...served], tlsa: [key, ofIssuer] },
    ...{ severity: 'ok', outcome: ['secure', 'secure'], finds: [] },
  },
];

const wrong: readonly ServiceCase[] = [
  {
    name: 'the digest of another key',
    ...{ host: 'bad-hash', presents: served, tlsa: [record('3 1 1', former)] },
    ...{ severity: 'critical', outcome: 'mismatch', finds: ['mismatch'] },
  },
  {
    name: 'the digest of the certificate with the selector of the key',
    host: 'selector-one',
    ...{ presents: served, tlsa: [`3 1 1 ${digest('1', ordinary.der)}`] },
    ...{ severity: 'critical', outcome: 'mismatch', finds: ['mismatch', 'wrong-object'] },
  },
  {
    name: 'the digest of the key with the selector of the certificate',
    host: 'selector-zero',
    ...{ presents: served, tlsa: [`3 0 1 ${digest('1', spkiOf(ordinary))}`] },
    ...{ severity: 'critical', outcome: 'mismatch', finds: ['mismatch', 'wrong-object'] },
  },
  {
    name: 'the digest of the PEM file',
    ...{ host: 'pem-text', presents: served, tlsa: [`3 1 1 ${digest('1', ordinary.pem)}`] },
    ...{ severity: 'critical', outcome: 'mismatch', finds: ['mismatch', 'wrong-object'] },
  },
  {
    name: 'the digest of nothing',
    ...{ host: 'empty-input', presents: served, tlsa: [`3 1 1 ${digest('1', '')}`] },
    ...{ severity: 'critical', outcome: 'mismatch', finds: ['mismatch', 'wrong-object'] },
  },
  {
    name: 'the digest of the issuer with the usage of the leaf',
    ...{ host: 'issuer-as-leaf', presents: served, tlsa: [record('3 1 1', issuer)] },
    ...{ severity: 'critical', outcome: 'mismatch', finds: ['mismatch', 'wrong-object'] },
  },
  {
    name: 'the digest of the leaf with the usage of the issuer',
    ...{ host: 'leaf-as-issuer', presents: served, tlsa: [record('2 1 1', ordinary)] },
    ...{ severity: 'critical', outcome: 'mismatch', finds: ['mismatch', 'anchor-is-leaf'] },
  },
  {
    name: 'a SHA-1 digest as SHA2-256',
    ...{ host: 'short', presents: served, tlsa: [`3 1 1 ${'ab'.repeat(20)}`] },
    ...{ severity: 'warning', outcome: 'unusable', finds: ['unusable', 'wrong-length'] },
    differs: differ(['danetool'], 'refused', 'does not treat records as unusable (RFC 7671 §4.1)'),
  },
  {
    name: 'a digest that is too short beside a good record',
    ...{ host: 'short-beside', presents: served, tlsa: [key, `3 1 1 ${'ab'.repeat(20)}`] },
    ...{ severity: 'warning', outcome: 'secure', finds: ['wrong-length', 'no-reserve'] },
  },
  {
    name: 'usages 0 and 1 alone',
    ...{ host: 'pkix', presents: served, tlsa: [record('1 1 1', ordinary), record('0 1 1', root)] },
    ...{ severity: 'warning', outcome: 'unusable', finds: ['unusable', 'pkix-usage'] },
    differs: {
      ...differ(['danetool'], 'verified', 'applies usage 1 to mail servers (RFC 7672 §3.1.3)'),
      ...differ(['ldns-dane'], 'refused', 'uses public CAs with mail servers (RFC 7672 §3.1.3)'),
    },
  },
  {
    name: 'usage 1 of another key beside a good record',
    ...{ host: 'pkix-beside', presents: served, tlsa: [key, record('1 1 1', former)] },
    ...{ severity: 'warning', outcome: 'secure', finds: ['pkix-usage', 'no-reserve'] },
  },
  {
    name: 'a usage that is not assigned',
    ...{ host: 'unassigned', presents: served, tlsa: [record('4 1 1', ordinary)] },
    ...{ severity: 'warning', outcome: 'unusable', finds: ['unusable', 'unassigned'] },
    differs: differ(['danetool'], 'refused', 'does not treat records as unusable (RFC 7671 §4.1)'),
  },
  {
    name: '3 1 2 alone',
    ...{ host: 'sha512', presents: served, tlsa: [record('3 1 2', ordinary)] },
    ...{ severity: 'warning', outcome: 'secure', finds: ['sha512-alone', 'no-reserve'] },
  },
  {
    name: 'a wrong 3 1 2 beside a good 3 1 1',
    ...{ host: 'agility', presents: served, tlsa: [key, record('3 1 2', former)] },
    ...{ severity: 'critical', outcome: 'secure', finds: ['stronger-digest'] },
    differs: differ(BY_OPENSSL, 'refused', 'uses the strongest digest alone; the finding says it'),
  },
  {
    name: '3 0 1 of a certificate for 90 days',
    ...{ host: 'whole', presents: served, tlsa: [record('3 0 1', ordinary)] },
    ...{ severity: 'warning', outcome: 'secure', finds: ['certificate-digest', 'no-reserve'] },
  },
  {
    name: 'the key whole, 3 1 0',
    ...{ host: 'full-key', presents: served, tlsa: [record('3 1 0', ordinary)] },
    ...{ severity: 'warning', outcome: 'secure', finds: ['full-data', 'no-reserve'] },
  },
  {
    name: 'records that the last rollovers left',
    host: 'left-over',
    ...{ presents: served, tlsa: [key, record('3 1 1', former), record('3 1 1', older)] },
    ...{ severity: 'warning', outcome: 'secure', finds: ['left-over'] },
  },
  {
    name: 'an answer larger than 1232 octets',
    ...{ host: 'large', presents: served, tlsa: [key, ...strangers(40)] },
    ...{
      severity: 'warning',
      outcome: 'secure',
      finds: ['answer-too-large', 'left-over', 'too-many'],
    },
  },
];

const half: readonly ServiceCase[] = [
  {
    name: '2 1 1 of the former issuer beside a good 3 1 1',
    ...{ host: 'lame-issuer', presents: served, tlsa: [key, record('2 1 1', formerIssuer)] },
    ...{ severity: 'warning', outcome: 'secure', finds: ['one-leg', 'anchor-not-sent'] },
  },
  {
    name: '3 1 1 of the former key beside a good 2 1 1',
    ...{ host: 'lame-leaf', presents: served, tlsa: [record('3 1 1', former), ofIssuer] },
    ...{ severity: 'warning', outcome: 'secure', finds: ['one-leg'] },
  },
  {
    name: 'RSA and ECDSA, and a record of the ECDSA key alone',
    ...{ host: 'rsa-neglected', presents: [both], tlsa: [record('3 1 1', ecdsa)] },
    ...{ severity: 'critical', outcome: ['secure', 'mismatch'] },
    finds: ['algorithm-neglected', 'no-reserve'],
    differs: differ(['posttls-finger'], 'verified', takesEcdsa),
  },
  {
    name: 'one of two addresses presents the former certificate',
    ...{ host: 'one-address', presents: [[full(ordinary)], [full(replaced)]], tlsa: [key] },
    ...{ severity: 'critical', outcome: ['secure', 'mismatch'] },
    finds: ['mismatch', 'no-reserve'],
    differs: differ(['posttls-finger', 'danetool'], 'silent', 'uses one of the addresses'),
  },
];

export const recordCases: readonly ServiceCase[] = [...good, ...postfix, ...wrong, ...half];
