import { describe, expect, it } from 'vitest';
import type { Handshake } from '../../src/ports/probe.ts';
import { makeParties } from './parties.ts';
import { rule } from './rule.ts';
import { mailHost, raised, record, serviceOn, V4, V6 } from './scene.ts';

const { leaf, middle, next, rsa, otherLeaf, otherMiddle } = await makeParties();
const CHAIN = [leaf, middle];
const RSA = [rsa, middle];
const OWN = [record('3 1 1', leaf)];

type Failed = Exclude<Handshake, { readonly status: 'presented' }>;
const failed = (status: Failed['status']): Failed => ({ status, detail: `it was ${status}` });

const good = () => mailHost(OWN, { ecdsa: CHAIN });
const rollover = () => mailHost([...OWN, record('3 1 1', next)], { ecdsa: CHAIN });
const both = () => mailHost([...OWN, record('3 1 1', rsa)], { ecdsa: CHAIN, rsa: RSA });
const byIssuer = () => mailHost([record('2 1 1', middle)], { ecdsa: CHAIN, rsa: RSA });

rule(
  'mismatch',
  'critical',
  {
    'the record of another key': () => mailHost([record('3 1 1', next)], { ecdsa: CHAIN }),
    'both kinds of certificate': () =>
      mailHost([record('3 1 1', next)], { ecdsa: CHAIN, rsa: RSA }),
    'one handshake of three': () => ({
      ...mailHost(OWN, { ecdsa: [CHAIN, [next, middle], CHAIN] }),
      options: { repeat: 3 },
    }),
    'one address of two': () => ({
      ...mailHost(OWN, {}, {}, [V4, V6]),
      shows: { [V4]: { ecdsa: CHAIN }, [V6]: { ecdsa: [next, middle] } },
    }),
  },
  {
    'current and next key': rollover,
    'RSA and ECDSA': both,
    'both by their issuer': byIssuer,
    'nothing is signed': () =>
      mailHost(
        [],
        { ecdsa: CHAIN },
        {
          '_25._tcp.mx1.example.org TLSA': { data: [record('3 1 1', next)], unsigned: true },
        },
      ),
  },
);

rule(
  'algorithm-neglected',
  'critical',
  { 'only the RSA key': () => mailHost([record('3 1 1', rsa)], { ecdsa: CHAIN, rsa: RSA }) },
  {
    'both have records': both,
    'one certificate': good,
    'neither matches': () => mailHost([record('3 1 1', next)], { ecdsa: CHAIN, rsa: RSA }),
  },
);

rule(
  'no-starttls',
  'critical',
  {
    'records make TLS mandatory': () =>
      mailHost(OWN, { ecdsa: failed('no-tls'), rsa: failed('no-tls') }),
  },
  {
    'it is offered': good,
    'now and then': () => mailHost(OWN, { ecdsa: CHAIN, rsa: failed('no-tls') }),
  },
);
rule(
  'no-starttls',
  'warning',
  {
    'no record requires TLS': () =>
      mailHost([], { ecdsa: failed('no-tls'), rsa: failed('no-tls') }),
  },
  {},
);

rule(
  'starttls-sometimes',
  'critical',
  {
    'one handshake of two': () => ({
      ...mailHost(OWN, { ecdsa: [CHAIN, failed('no-tls')] }),
      options: { repeat: 2 },
    }),
    'one kind of client': () => mailHost(OWN, { ecdsa: CHAIN, rsa: failed('no-tls') }),
  },
  {
    never: () => mailHost(OWN, { ecdsa: failed('no-tls'), rsa: failed('no-tls') }),
    'the other handshake failed': () =>
      mailHost(OWN, { ecdsa: failed('no-tls'), rsa: failed('timeout') }),
    always: good,
  },
);

rule(
  'tls-fails',
  'critical',
  {
    'an alert': () => mailHost(OWN, { ecdsa: failed('tls-failed') }),
    'no certificate of any kind': () => mailHost(OWN, {}),
  },
  { 'only one kind of certificate': good },
);
rule(
  'tls-fails',
  'warning',
  { 'no record requires TLS': () => mailHost([], { ecdsa: failed('tls-failed') }) },
  {},
);

rule(
  'no-connection',
  'unknown',
  { refused: () => mailHost(OWN, { ecdsa: failed('refused'), rsa: failed('refused') }) },
  { 'it answers': good, 'no route from here': () => mailHost(OWN, { ecdsa: failed('no-route') }) },
);

rule(
  'chain-too-long',
  'warning',
  {
    'K24: more certificates than are looked at': () =>
      mailHost(OWN, { ecdsa: [leaf, ...Array.from({ length: 16 }, () => middle)] }),
  },
  {
    sixteen: () => mailHost(OWN, { ecdsa: [leaf, ...Array.from({ length: 15 }, () => middle)] }),
    'it answers': good,
  },
);
rule(
  'turned-away',
  'unknown',
  {
    'K18: a service that refuses our name has no property': () =>
      mailHost(OWN, { ecdsa: failed('turned-away') }),
  },
  { 'it answers': good, refused: () => mailHost(OWN, { ecdsa: failed('refused') }) },
);
rule(
  'no-resources',
  'unknown',
  {
    'K18: what this machine lacks is not a failure of the service': () =>
      mailHost(OWN, { ecdsa: failed('out-of-resources') }),
  },
  { 'it answers': good, refused: () => mailHost(OWN, { ecdsa: failed('refused') }) },
);

const unrouted = { ecdsa: failed('no-route'), rsa: failed('no-route') };
rule(
  'not-asked',
  'ok',
  {
    'no IPv6 here': () => ({
      ...mailHost(OWN, {}, {}, [V4, V6]),
      shows: { [V4]: { ecdsa: CHAIN }, [V6]: unrouted },
    }),
  },
  { 'all were asked': good },
);
rule(
  'not-checked',
  'unknown',
  { 'no route at all': () => mailHost(OWN, unrouted) },
  {
    'the other address answers': () => ({
      ...mailHost(OWN, {}, {}, [V4, V6]),
      shows: { [V4]: { ecdsa: CHAIN }, [V6]: unrouted },
    }),
  },
);

describe('what is reported of an address', () => {
  it('is one line for both kinds of certificate', async () => {
    const scene = mailHost([record('3 1 1', next)], { ecdsa: CHAIN, rsa: RSA });
    const { findings } = await serviceOn(scene);
    expect(findings.filter(({ rule: name }) => name === 'mismatch')).toMatchObject([
      { about: V4, because: 'no record matches its ECDSA and RSA certificates' },
    ]);
  });

  it('counts the handshakes', async () => {
    const shows = { ecdsa: [CHAIN, [next, middle], CHAIN] };
    const scene = { ...mailHost(OWN, shows), options: { repeat: 3 } };
    const { findings } = await serviceOn(scene);
    expect(findings[0]?.because).toBe(
      'no record matches its ECDSA certificate in 1 of 3 handshakes',
    );
  });

  it('has no finding where all is well', async () => {
    const reserve = record('2 1 1', middle);
    expect(await raised(mailHost([...OWN, reserve], { ecdsa: CHAIN }))).toEqual([]);
    expect(await raised(both())).toEqual([]);
    expect(await raised(rollover())).toEqual([]);
    const backup = record('2 1 1', otherMiddle);
    expect(await raised(mailHost([...OWN, reserve, backup], { ecdsa: CHAIN }))).toEqual([]);
    expect(otherLeaf.subject).toBe(leaf.subject);
  });
});
