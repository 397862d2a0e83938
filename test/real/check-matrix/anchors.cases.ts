// Records of usage 2: the certificate that they name has to be sent, to be valid, and to have
// signed a certificate for the host.
import {
  expired,
  falseIssuer,
  full,
  issuer,
  lapsedIssuer,
  lapsedRoot,
  leafFor,
  noIssuer,
  ordinary,
  record,
  root,
  selfSignedFor,
} from './authority.ts';
import { BY_OPENSSL, differ, type ServiceCase } from './case.ts';

const served = [[full(ordinary)]];
const leafAlone = [[{ leaf: ordinary, above: [] }]];
const ofIssuer = record('2 1 1', issuer);

const lapsed = await leafFor('*.dane.test', expired);
const nameless = await leafFor('somebody.example');
const ofLapsed = await leafFor('*.dane.test', { issuer: lapsedIssuer });
const ofLapsedRoot = await leafFor('*.dane.test', { issuer: lapsedRoot });
const ofNoIssuer = await leafFor('*.dane.test', { issuer: noIssuer });
const selfSigned = await selfSignedFor('*.dane.test');

const anchorInRecord = 'uses no anchor from a record; clients may (RFC 7671 §5.2.2)';

export const anchorCases: readonly ServiceCase[] = [
  {
    name: '2 1 1, and only the leaf is sent',
    ...{ host: 'leaf-only', presents: leafAlone, tlsa: [ofIssuer] },
    ...{ severity: 'critical', outcome: 'mismatch', finds: ['mismatch', 'anchor-not-sent'] },
  },
  {
    name: '2 1 1 of the root, which is not sent',
    ...{ host: 'root-named', presents: served, tlsa: [record('2 1 1', root)] },
    ...{ severity: 'critical', outcome: 'mismatch', finds: ['mismatch', 'anchor-not-sent'] },
  },
  {
    name: '2 1 1 of the root, which is sent',
    host: 'root-sent',
    presents: [[{ leaf: ordinary, above: [issuer, root] }]],
    tlsa: [record('2 1 1', root)],
    ...{ severity: 'ok', outcome: 'secure', finds: ['no-reserve'] },
  },
  {
    name: '2 0 0 with an issuer that is not sent',
    host: 'in-record',
    presents: leafAlone,
    tlsa: [record('2 0 0', issuer)],
    ...{ severity: 'warning', outcome: 'secure' },
    finds: ['full-data', 'issuer-certificate-digest', 'no-reserve'],
    differs: differ(['danetool', 'ldns-dane'], 'refused', anchorInRecord),
  },
  {
    name: '2 1 0 with the key of an issuer that is not sent',
    host: 'key-in-record',
    presents: leafAlone,
    tlsa: [record('2 1 0', issuer)],
    ...{ severity: 'warning', outcome: 'secure', finds: ['full-data', 'no-reserve'] },
    differs: differ(['danetool'], 'refused', anchorInRecord),
  },
  {
    name: 'the root before the issuer in the chain',
    host: 'disordered',
    presents: [[{ leaf: ordinary, above: [root, issuer] }]],
    tlsa: [record('2 1 1', root)],
    ...{ severity: 'ok', outcome: 'secure', finds: ['no-reserve'] },
  },
  {
    name: '2 0 1 of the issuer',
    ...{ host: 'issuer-whole', presents: served, tlsa: [record('2 0 1', issuer)] },
    ...{ severity: 'ok', outcome: 'secure' },
    finds: ['issuer-certificate-digest', 'no-reserve'],
  },
  {
    name: 'an expired certificate under 2 1 1',
    ...{ host: 'expired-issuer', presents: [[full(lapsed)]], tlsa: [ofIssuer] },
    ...{ severity: 'critical', outcome: 'mismatch' },
    finds: ['mismatch', 'anchor-path', 'certificate-ends'],
  },
  {
    name: 'an expired certificate under 3 1 1',
    ...{ host: 'expired-leaf', presents: [[full(lapsed)]], tlsa: [record('3 1 1', lapsed)] },
    ...{ severity: 'warning', outcome: 'secure', finds: ['certificate-ends', 'no-reserve'] },
  },
  {
    name: 'an expired issuer under 2 1 1',
    host: 'expired-ca',
    presents: [[{ leaf: ofLapsed, above: [lapsedIssuer] }]],
    tlsa: [record('2 1 1', lapsedIssuer)],
    ...{ severity: 'critical', outcome: 'mismatch', finds: ['mismatch', 'anchor-path'] },
    differs: differ(
      BY_OPENSSL,
      'verified',
      'ignores the dates of an anchor that is not a root; GnuTLS does not',
    ),
  },
  {
    name: 'an expired root under 2 1 1',
    host: 'expired-root',
    presents: [[{ leaf: ofLapsedRoot, above: [lapsedRoot] }]],
    tlsa: [record('2 1 1', lapsedRoot)],
    ...{ severity: 'critical', outcome: 'mismatch', finds: ['mismatch', 'anchor-path'] },
  },
  {
    name: 'an issuer that is not a CA below the root of 2 1 1',
    host: 'no-ca',
    presents: [[{ leaf: ofNoIssuer, above: [noIssuer, root] }]],
    tlsa: [record('2 1 1', root)],
    ...{ severity: 'critical', outcome: 'mismatch', finds: ['mismatch', 'anchor-path'] },
  },
  {
    name: 'an expired issuer below the root of 2 1 1',
    host: 'expired-between',
    presents: [[{ leaf: ofLapsed, above: [lapsedIssuer, root] }]],
    tlsa: [record('2 1 1', root)],
    ...{ severity: 'critical', outcome: 'mismatch', finds: ['mismatch', 'anchor-path'] },
  },
  {
    name: 'the certificate of another host under 2 1 1',
    ...{ host: 'name-issuer', presents: [[full(nameless)]], tlsa: [ofIssuer] },
    ...{ severity: 'critical', outcome: 'mismatch', finds: ['mismatch', 'anchor-name'] },
    differs: differ(['danetool'], 'verified', 'compares no names (RFC 7671 §5.2)'),
  },
  {
    name: 'a self-signed certificate under 2 1 1 of itself',
    host: 'own-anchor',
    presents: [[{ leaf: selfSigned, above: [] }]],
    tlsa: [record('2 1 1', selfSigned)],
    ...{ severity: 'critical', outcome: 'mismatch', finds: ['mismatch', 'anchor-is-leaf'] },
  },
  {
    name: 'another certificate with the name of the issuer is sent',
    host: 'false-issuer',
    presents: [[{ leaf: ordinary, above: [falseIssuer] }]],
    tlsa: [ofIssuer],
    ...{ severity: 'critical', outcome: 'mismatch', finds: ['mismatch', 'anchor-not-sent'] },
  },
  {
    name: 'the anchor is sent, and has signed nothing',
    host: 'stapled',
    presents: [[{ leaf: selfSigned, above: [issuer] }]],
    tlsa: [ofIssuer],
    ...{ severity: 'critical', outcome: 'mismatch', finds: ['mismatch', 'anchor-path'] },
  },
];
