// Which key a renewal gets, when, and which records are published beforehand.
import { describe, expect, it } from 'vitest';
import type { RdataHex } from '../../src/dns/rrset.ts';
import { rdataSet } from '../../src/dns/rrset.ts';
import type { Facts } from '../../src/rollover/law/facts.ts';
import type { Generation, Intent } from '../../src/rollover/model.ts';
import { plan } from '../../src/rollover/plan/plan.ts';
import {
  A,
  B,
  CA,
  DAY,
  NOW,
  chain,
  factsOf,
  generation,
  intent,
  record,
  seen,
  swept,
} from './world.ts';

const live = generation(1, 'live', A);
const { chain: _none, issuedAt: _never, ...key } = generation(2, 'key', B);
const ahead: Generation = { ...key, ahead: true };

function scene(records: readonly RdataHex[], ...generations: Generation[]): Facts {
  const owner = swept(undefined, NOW, [{ records }]);
  return factsOf({ owner, service: seen(NOW, { '1': A }), ours: rdataSet(records), generations });
}

describe('prepublished', () => {
  const wanted = intent({}, { strategy: 'prepublished' });
  const ofA = record('3 1 1', A);
  const ofB = record('3 1 1', B);

  it('makes the next key right after a deployment, publishes its record, and is idle', () => {
    expect(plan(wanted, scene([ofA], live), Infinity, NOW)).toMatchObject({
      step: { kind: 'create-key', generation: 2, ahead: true },
    });
    expect(plan(wanted, scene([ofA], live, ahead), Infinity, NOW)).toMatchObject({
      step: { kind: 'publish', edit: { add: [ofB], remove: [] } },
    });
    const both = scene([ofA, ofB], live, ahead);
    expect(plan(wanted, both, Infinity, NOW)).toMatchObject({ kind: 'done' });
  });
  it('renews with that key, and deploys without a wait', () => {
    const both = scene([ofA, ofB], live, ahead);
    expect(plan(wanted, both, NOW, NOW)).toEqual({
      kind: 'step',
      step: { kind: 'obtain', generation: 2 },
      reasons: [],
    });
    const issued = scene([ofA, ofB], live, generation(2, 'issued', B));
    expect(plan(wanted, issued, NOW, NOW)).toMatchObject({ step: { kind: 'deploy' } });
  });
  it('waits all the same for a CA certificate that is new', () => {
    const other = chain('B', { ca: 'J' });
    const records = [ofA, ofB, record('2 1 1', A)];
    const issued = scene(records, live, generation(2, 'issued', other));
    const policy = { records: ['3 1 1', '2 1 1'] };
    expect(
      plan({ ...wanted, policy: { ...wanted.policy, ...policy } }, issued, NOW, NOW),
    ).toMatchObject({
      step: { kind: 'publish', edit: { add: [record('2 1 1', other)] } },
    });
  });
  it('orders for other names with the key whose record is published already', () => {
    const names = { ...wanted, domains: [...wanted.domains, 'mx2.example.org'] };
    expect(plan(names, scene([ofA, ofB], live, ahead), Infinity, NOW)).toMatchObject({
      step: { kind: 'create-key', generation: 3, sameKeyAs: 2 },
    });
  });
  it('makes another next key when another key type is configured', () => {
    const rsa: Intent = { ...wanted, keyType: 'rsa-2048' };
    const resting = scene([ofA, ofB], { ...live, keyType: 'rsa-2048' }, ahead);
    expect(plan(rsa, resting, Infinity, NOW)).toMatchObject({
      step: { kind: 'create-key', generation: 3, ahead: true },
    });
  });
  it('no longer configured, the record of the next key is withdrawn', () => {
    const staged = intent({ rollback: 0 });
    expect(plan(staged, scene([ofA, ofB], live, ahead), Infinity, NOW)).toMatchObject({
      step: { kind: 'publish', edit: { remove: [ofB] } },
    });
    expect(plan(staged, scene([ofA], live, ahead), NOW, NOW)).toMatchObject({
      step: { kind: 'obtain', generation: 2 },
    });
  });
});

describe('reuse-key', () => {
  const wanted = intent({}, { strategy: 'reuse-key', rotateKeyEvery: 30 * DAY });
  const records = [record('3 1 1', A)];
  const again = chain('again', { key: 'A' });

  it('orders with the same key, writes nothing and waits for nothing', () => {
    expect(plan(wanted, scene(records, live), NOW, NOW)).toMatchObject({
      step: { kind: 'create-key', generation: 2, sameKeyAs: 1 },
    });
    const issued = scene(records, live, generation(2, 'issued', again));
    expect(plan(wanted, issued, NOW, NOW)).toMatchObject({ step: { kind: 'deploy' } });
  });
  it('replaces the key when it is too old, due or not', () => {
    const old = { ...live, keyMadeAt: NOW - 30 * DAY };
    const next = plan(wanted, scene(records, old), Infinity, NOW);
    expect(next).toMatchObject({ step: { kind: 'create-key', generation: 2 } });
    expect(next).not.toMatchObject({ step: { sameKeyAs: 1 } });
  });
  it('makes a new key when the CA refuses the old one', () => {
    const refused = scene(records, live, { ...key, keyRefused: true });
    const next = plan(wanted, refused, NOW, NOW);
    expect(next).toMatchObject({ step: { kind: 'create-key', generation: 3 } });
    expect(next).not.toMatchObject({ step: { sameKeyAs: 2 } });
  });
  it('no longer configured, the next renewal gets a new key', () => {
    const next = plan(intent(), scene(records, live), NOW, NOW);
    expect(next).not.toMatchObject({ step: { sameKeyAs: 1 } });
  });
});

describe('a change of a running certificate is an ordinary rollover', () => {
  const records = [record('3 1 1', A)];
  it.each([
    ['other names', { domains: ['mx.example.org', 'mail.example.org'] }],
    ['another kind of key', { keyType: 'rsa-3072' }],
    ['another CA', { directory: `${CA}/other` }],
  ] satisfies [string, Partial<Intent>][])('%s', (_story, change) => {
    const changed = intent({}, change);
    expect(plan(intent(), scene(records, live), Infinity, NOW)).toMatchObject({ kind: 'done' });
    expect(plan(changed, scene(records, live), Infinity, NOW)).toMatchObject({
      step: { kind: 'create-key', generation: 2 },
    });
    // The same while one is in progress: what was ordered before the change is not deployed.
    const staged = scene([...records, record('3 1 1', B)], live, generation(2, 'issued', B));
    expect(plan(intent(), staged, Infinity, NOW)).toMatchObject({ step: { kind: 'deploy' } });
    expect(plan(changed, staged, Infinity, NOW)).toMatchObject({
      step: { kind: 'create-key', generation: 3 },
    });
  });
  it('other combinations: the new ones first, then the old ones are withdrawn', () => {
    const wanted = intent({ records: ['3 1 2'], rollback: 0 });
    expect(plan(wanted, scene(records, live), Infinity, NOW)).toMatchObject({
      step: { kind: 'publish', edit: { add: [record('3 1 2', A)], remove: [] } },
    });
    const both = [...records, record('3 1 2', A)];
    expect(plan(wanted, scene(both, live), Infinity, NOW)).toMatchObject({
      step: { kind: 'publish', edit: { add: [], remove: records } },
    });
  });
});

it('an endpoint that never answers again does not let the certificate expire everywhere else', () => {
  const { provenAt: _not, ...unproven } = generation(1, 'live', A);
  const facts = scene([record('3 1 1', A)], unproven);
  const silent = seen(NOW, { '1': A, '2': 'silent' });
  const stuck = { ...facts, services: { [Object.keys(facts.services)[0] ?? '']: silent } };
  expect(plan(intent(), stuck, NOW + 1, NOW)).toMatchObject({ kind: 'wait' });
  expect(plan(intent(), stuck, NOW, NOW)).toMatchObject({ step: { kind: 'create-key' } });
});

it('nor does a target that takes no files', () => {
  const { provenAt: _not, deployedAt: _told, ...begun } = generation(1, 'live', A);
  const facts = scene([record('3 1 1', A)], begun);
  expect(plan(intent(), facts, NOW + 1, NOW)).toMatchObject({ step: { kind: 'deploy' } });
  expect(plan(intent(), facts, NOW, NOW)).toMatchObject({ step: { kind: 'create-key' } });
});
