import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { tlsaFromText } from '../../src/dane/tlsa-text.ts';
import { tlsaToRdata } from '../../src/dane/tlsa.ts';
import { issue } from '../support/ca.ts';
import { makeParties } from './parties.ts';
import { rule } from './rule.ts';
import { mailHost, record, serviceOn, V4, V6 } from './scene.ts';
import type { Scene } from './scene.ts';

const all = await makeParties();
const { root, leaf, middle, next, old, rsa, otherLeaf, otherMiddle } = all;
const dns = ['mx1.example.org'];
const older = await issue({ dns, issuer: middle });
const oldest = await issue({ dns, issuer: middle });
const CHAIN = [leaf, middle];
const RSA = [rsa, middle];
const leafKey = record('3 1 1', leaf);
const issuerKey = record('2 1 1', middle);

const shown = (...records: readonly string[]): Scene => mailHost(records, { ecdsa: CHAIN });
const digestOf = (data: Uint8Array | string): string =>
  createHash('sha256').update(data).digest('hex');
const expecting = (scene: Scene, ...records: readonly string[]): Scene => ({
  ...scene,
  options: {
    expectedAt: () => new Set(records.map((text) => tlsaToRdata(tlsaFromText(text)))),
  },
});
/** As a web server's: usages 0 and 1 count. */
const web = (records: readonly string[], trusted = true): Scene => ({
  zone: { 'www.example.org A': [V4], '_443._tcp.www.example.org TLSA': records },
  shows: { [V4]: { ecdsa: [all.wrongName, middle] } },
  target: 'https://www.example.org',
  roots: trusted ? [root] : [],
});
const webKey = record('1 1 1', all.wrongName);

const sound: Readonly<Record<string, () => Scene>> = {
  'leaf and issuer': () => shown(leafKey, issuerKey),
  'current and next key': () => shown(leafKey, record('3 1 1', next)),
  'a backup issuer': () => shown(leafKey, issuerKey, record('2 1 1', otherMiddle)),
  'RSA beside ECDSA': () =>
    mailHost([leafKey, record('3 1 1', rsa), issuerKey], { ecdsa: CHAIN, rsa: RSA }),
  'both kinds with their next keys': () =>
    mailHost([leafKey, record('3 1 1', rsa), record('3 1 1', next), record('3 1 1', old)], {
      ecdsa: CHAIN,
      rsa: RSA,
    }),
  'a rollover under way': () =>
    expecting(
      shown(
        leafKey,
        issuerKey,
        record('3 1 1', next),
        record('2 1 1', otherMiddle),
        record('3 1 1', old),
      ),
      record('3 1 1', next),
      record('2 1 1', otherMiddle),
    ),
};

rule(
  'unusable',
  'warning',
  { 'only usage 1': () => shown(record('1 1 1', leaf)) },
  { ...sound, 'usage 1 of a web server': () => web([webKey]) },
);
rule(
  'one-leg',
  'warning',
  {
    'the issuer record is of another one': () => shown(leafKey, record('2 1 1', otherMiddle)),
    'the leaf record is old': () => shown(record('3 1 1', old), issuerKey),
    'another one at each address': () => ({
      ...mailHost([leafKey, record('2 1 1', otherMiddle)], {}, {}, [V4, V6]),
      shows: { [V4]: { ecdsa: CHAIN }, [V6]: { ecdsa: [otherLeaf, otherMiddle] } },
    }),
    'only of one kind of certificate': () =>
      mailHost([leafKey, record('3 1 1', otherLeaf), issuerKey], {
        ecdsa: CHAIN,
        rsa: [otherLeaf, otherMiddle],
      }),
  },
  {
    ...sound,
    'nothing matches at all': () => shown(record('3 1 1', old), record('2 1 1', otherMiddle)),
    'a digest, which is worse and reported by itself': () => shown(leafKey, record('3 1 2', old)),
  },
);
rule(
  'no-reserve',
  'ok',
  { 'one record': () => shown(leafKey) },
  { ...sound, 'one that does not match': () => shown(record('3 1 1', old)) },
);
rule(
  'left-over',
  'warning',
  {
    'two old keys': () => shown(leafKey, record('3 1 1', old), record('3 1 1', older)),
    'two old keys beside the next one': () =>
      expecting(
        shown(leafKey, record('3 1 1', next), record('3 1 1', old), record('3 1 1', older)),
        record('3 1 1', next),
      ),
    'three beside two kinds': () =>
      mailHost([leafKey, ...[rsa, old, older, oldest].map((one) => record('3 1 1', one))], {
        ecdsa: CHAIN,
        rsa: RSA,
      }),
  },
  sound,
);
const shared = {
  'mx1.example.org A': [V4],
  '_25._tcp.mx1.example.org TLSA': { alias: '_dane.example.org' },
};
rule(
  'left-over',
  'ok',
  {
    'behind an alias that others may use': () => ({
      zone: {
        ...shared,
        '_dane.example.org TLSA': [leafKey, record('3 1 1', old), record('3 1 1', older)],
      },
      shows: { [V4]: { ecdsa: CHAIN } },
    }),
  },
  {},
);
rule(
  'too-many',
  'warning',
  {
    thirteen: () =>
      shown(leafKey, ...Array.from({ length: 12 }, (_, at) => `3 1 1 ${digestOf(`${at}`)}`)),
  },
  sound,
);
rule(
  'pkix-usage',
  'warning',
  {
    'usage 1': () => shown(leafKey, record('1 1 1', leaf)),
    'usage 0': () => shown(leafKey, record('0 1 1', middle)),
  },
  {
    ...sound,
    'full data that is not a certificate': () => shown(leafKey, '1 0 0 31023030'),
    'a web server': () => web([webKey]),
  },
);
rule(
  'wrong-length',
  'warning',
  {
    'a cut digest': () => shown(leafKey, leafKey.slice(0, -2)),
    'SHA2-512 of the length of SHA2-256': () => shown(leafKey, `3 1 2 ${digestOf('x')}`),
  },
  { ...sound, 'SHA2-512': () => shown(leafKey, record('3 1 2', leaf)) },
);
rule(
  'unassigned',
  'warning',
  {
    usage: () => shown(leafKey, `4 1 1 ${digestOf('x')}`),
    selector: () => shown(leafKey, `3 2 1 ${digestOf('x')}`),
    'matching type': () => shown(leafKey, `3 1 3 ${digestOf('x')}`),
  },
  sound,
);
rule(
  'wrong-object',
  'warning',
  {
    'the PEM text': () => shown(leafKey, `3 0 1 ${digestOf(leaf.pem)}`),
    nothing: () => shown(leafKey, `3 1 1 ${digestOf('')}`),
    'the other selector': () => shown(leafKey, record('3 0 1', leaf).replace('3 0 1', '3 1 1')),
    'the issuer under usage 3': () => shown(leafKey, record('3 1 1', middle)),
    'full data that is not a certificate': () => shown(leafKey, '3 0 0 31023030'),
  },
  sound,
);
rule(
  'anchor-not-sent',
  'warning',
  {
    'another issuer': () => shown(record('2 1 1', otherMiddle)),
    'only the leaf is sent': () => mailHost([issuerKey], { ecdsa: [leaf] }),
    'a root that is not sent': () => shown(record('2 1 1', root)),
  },
  sound,
);
rule(
  'anchor-is-leaf',
  'warning',
  { 'usage 2 of the leaf': () => shown(record('2 1 1', leaf)) },
  sound,
);
rule(
  'anchor-name',
  'warning',
  { 'a certificate for www': () => mailHost([issuerKey], { ecdsa: [all.wrongName, middle] }) },
  {
    ...sound,
    'usage 3 ignores names': () =>
      mailHost([record('3 1 1', all.wrongName)], { ecdsa: [all.wrongName, middle] }),
  },
);
rule(
  'anchor-path',
  'warning',
  {
    expired: () => mailHost([issuerKey], { ecdsa: [all.expired, middle] }),
    'a CA that did not sign': () =>
      mailHost([record('2 1 1', otherMiddle)], { ecdsa: [leaf, otherMiddle] }),
  },
  {
    ...sound,
    'usage 3 ignores dates': () =>
      mailHost([record('3 1 1', all.expired)], { ecdsa: [all.expired, middle] }),
  },
);
rule(
  'certificate-digest',
  'warning',
  { 'of sixty days': () => shown(record('3 0 1', leaf)) },
  {
    ...sound,
    'of a year': () => mailHost([record('3 0 1', all.yearly)], { ecdsa: [all.yearly, middle] }),
  },
);
rule('issuer-certificate-digest', 'ok', { '2 0 1': () => shown(record('2 0 1', middle)) }, sound);
rule(
  'stronger-digest',
  'critical',
  {
    'SHA2-512 of the key before': () => shown(leafKey, record('3 1 2', old)),
  },
  {
    ...sound,
    'both digests of the key': () => shown(leafKey, record('3 1 2', leaf)),
    'another record holds it up': () => shown(leafKey, record('3 1 2', old), issuerKey),
  },
);
rule(
  'sha512-alone',
  'warning',
  { '3 1 2': () => shown(record('3 1 2', leaf)) },
  { ...sound, 'beside 3 1 1': () => shown(leafKey, record('3 1 2', leaf)) },
);
rule(
  'full-data',
  'warning',
  { '3 1 0': () => shown(record('3 1 0', leaf)), '2 0 0': () => shown(record('2 0 0', root)) },
  sound,
);

it('reports which combination a record is that matches nothing yet', async () => {
  const scene = expecting(shown(leafKey, record('3 1 1', next)), record('3 1 1', next));
  expect((await serviceOn(scene)).findings).toEqual([]);
});
