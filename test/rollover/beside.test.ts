// RSA beside ECDSA: two certificates of one installation that name the same service.
import { describe, expect, it } from 'vitest';
import type { Chain } from '../../src/dane/chain.ts';
import { rdataSet } from '../../src/dns/rrset.ts';
import type { RdataHex } from '../../src/dns/rrset.ts';
import { OwnerView } from '../../src/rollover/law/owner-view.ts';
import { Situation } from '../../src/rollover/law/situation.ts';
import { deployability } from '../../src/rollover/plan/deploy/deployability.ts';
import type { Facts, Neighbour } from '../../src/rollover/law/facts.ts';
import { newLineage } from '../../src/rollover/model.ts';
import type { Generation } from '../../src/rollover/model.ts';
import { plan } from '../../src/rollover/plan/plan.ts';
import { planAdditions } from '../../src/rollover/plan/records/additions.ts';
import { planRemovals } from '../../src/rollover/plan/records/removals.ts';
import { proof } from '../../src/rollover/plan/deploy/proof.ts';
import {
  NOW,
  OWNER,
  chain,
  factsOf,
  generation,
  intent,
  presents,
  record,
  swept,
} from './world.ts';
import type { Scene } from './world.ts';

const E1 = chain('E1');
const E2 = chain('E2');
const X = chain('X');
const R1 = chain('R1', { ca: 'J' });
const R2 = chain('R2', { ca: 'J' });

function rsa(generations: readonly Generation[], placed: readonly Chain[] = []): Neighbour {
  return {
    intent: { ...intent(), name: 'mail-rsa', keyType: 'rsa-2048' },
    lineage: { ...newLineage('mail-rsa'), generations },
    placed,
  };
}

function facts(scene: Partial<Scene>, records: readonly RdataHex[] = []): Facts {
  const owner = swept(undefined, NOW, [{ records }]);
  return factsOf({ owner, service: presents(E1, R1), ours: records, ...scene });
}

const rsaLive = rsa([generation(1, 'live', R1, { keyType: 'rsa-2048' })], [R1]);
const { provenAt: _not, ...unproven } = generation(2, 'live', E2, { deployedAt: NOW });

describe('the proof of a deployment', () => {
  const generations = [generation(1, 'live', E1), unproven];

  it('does not require the RSA chain that clients of RSA get to be the ECDSA chain', () => {
    const service = presents(E2, R1);
    const seen = facts({ generations, service, neighbours: [rsaLive] });
    expect(proof(unproven, new Situation(intent(), seen, NOW)).proven).toBe(true);
  });
  it('is open, and no person is told again, where another certificate with such a key is presented', () => {
    const rival: Neighbour = {
      intent: { ...intent(), name: 'other' },
      lineage: { ...newLineage('other'), generations: [generation(1, 'live', X)] },
      placed: [X],
    };
    const seen = facts({ generations, service: presents(X, undefined), neighbours: [rival] });
    expect(proof(unproven, new Situation(intent(), seen, NOW))).toMatchObject({
      proven: false,
      stale: false,
    });
  });
  it('nor that the RSA chain beside it is one of ours already', () => {
    const service = presents(E2, chain('self-signed'));
    const seen = facts({ generations, service, neighbours: [rsa([])] });
    expect(proof(unproven, new Situation(intent(), seen, NOW)).proven).toBe(true);
  });
  it('requires that clients of its own algorithm get it, and nothing else', () => {
    const old = facts({ generations, service: presents(E1, R1), neighbours: [rsaLive] });
    expect(proof(unproven, new Situation(intent(), old, NOW))).toMatchObject({
      proven: false,
      stale: true,
    });
    const none = facts({ generations, service: presents(undefined, R1), neighbours: [rsaLive] });
    expect(proof(unproven, new Situation(intent(), none, NOW))).toMatchObject({
      proven: false,
      stale: true,
    });
  });
  it('a change from RSA to ECDSA replaces: the RSA chain must be gone', () => {
    const service = presents(E2, R1);
    const changed = [generation(1, 'live', R1, { keyType: 'rsa-2048' }), unproven];
    expect(
      proof(unproven, new Situation(intent(), facts({ generations: changed, service }), NOW))
        .proven,
    ).toBe(false);
    // Also where an RSA certificate is presented beside it from now on.
    const both = facts({ generations: changed, service, neighbours: [rsa([])] });
    expect(proof(unproven, new Situation(intent(), both, NOW)).proven).toBe(false);
  });
});

describe('another certificate of the same algorithm', () => {
  const generations = [generation(1, 'live', E1), unproven];
  const rival: Neighbour = {
    intent: intent({}, { name: 'other', keyType: 'ec-p384' }),
    lineage: { ...newLineage('other'), generations: [generation(1, 'live', X)] },
    placed: [],
  };

  it('prevents the proof, and its name and what to do are reported', () => {
    const seen = facts({ generations, service: presents(X, undefined), neighbours: [rival] });
    const { proven, others: reasons } = proof(unproven, new Situation(intent(), seen, NOW));
    expect(proven).toBe(false);
    expect(reasons[0]?.because).toContain('at 1 presents the certificate "other"');
    expect(reasons[0]?.hint).toContain('let it load the files of "mail"');
  });
  it('does not exist where the old chain of this one is still presented', () => {
    const seen = facts({ generations, service: presents(E1, undefined), neighbours: [rival] });
    expect(proof(unproven, new Situation(intent(), seen, NOW)).others).toMatchObject([
      { because: expect.stringContaining('still presents generation 1') as string },
    ]);
  });
});

describe('both chains are members of the live set', () => {
  const selfE = chain('self-signed ecdsa');
  const selfR = chain('self-signed rsa');

  it('the first records of one are for what the other presents too', () => {
    const generations = [generation(1, 'issued', E1)];
    const service = presents(selfE, selfR);
    const scene = { generations, service, placed: [selfE], neighbours: [rsa([], [selfR])] };
    const { edit } = planAdditions(new OwnerView(OWNER, intent(), facts(scene), NOW), E1);
    expect(edit?.add).toEqual(rdataSet([selfE, selfR, E1].map((each) => record('3 1 1', each))));
  });
  it('and are never published without them: a chain without a generation here is not signed into DNS', () => {
    const generations = [generation(1, 'issued', E1)];
    const service = presents(selfE, selfR);
    const scene = { generations, service, placed: [selfE], neighbours: [rsa([])] };
    expect(
      planAdditions(new OwnerView(OWNER, intent(), facts(scene), NOW), E1).edit,
    ).toBeUndefined();
  });
  it('2 1 1 comes with the CA certificates of both', () => {
    const generations = [generation(1, 'live', E1)];
    const policy = intent({ records: ['3 1 1', '2 1 1'] });
    const stand = [record('3 1 1', E1), record('3 1 1', R1)];
    const seen = facts({ generations, neighbours: [rsaLive] }, stand);
    expect(planAdditions(new OwnerView(OWNER, policy, seen, NOW), undefined).edit?.add).toEqual(
      rdataSet([record('2 1 1', E1), record('2 1 1', R1)]),
    );
    const early = facts({ generations, neighbours: [rsa([], [R1])] }, stand);
    expect(planAdditions(new OwnerView(OWNER, policy, early, NOW), undefined).edit).toBeUndefined();
  });
  it('a chain of the other that is on disk, reloaded or not, keeps its record', () => {
    const generations = [generation(1, 'live', E1)];
    const stand = [E1, R1, R2].map((each) => record('3 1 1', each));
    const scene = { generations, neighbours: [rsa([generation(1, 'live', R1)], [R2])] };
    expect(
      planRemovals(new OwnerView(OWNER, intent(), facts(scene, stand), NOW), undefined).edit,
    ).toBeUndefined();
  });
  it('with the records of both published, each is idle', () => {
    const generations = [generation(1, 'live', E1)];
    const stand = [record('3 1 1', E1), record('3 1 1', R1)];
    const scene = { generations, neighbours: [rsaLive], wantedByOthers: [record('3 1 1', R1)] };
    const seen = facts(scene, stand);
    expect(plan(intent(), seen, Infinity, NOW)).toMatchObject({ kind: 'done' });
  });
});

describe('placing the one chain does not replace the other', () => {
  const generations = [generation(1, 'live', E1), generation(2, 'issued', E2)];
  const byHand = record('3 0 1', R1);
  const stand = [E1, E2, R1].map((each) => record('3 1 1', each));

  it('a foreign record that only the RSA chain matches does not prevent the ECDSA chain', () => {
    const seen = facts({ generations, neighbours: [rsaLive], ours: stand }, [...stand, byHand]);
    expect(deployability(E2, new Situation(intent(), seen, NOW))).toMatchObject({ allowed: true });
  });
  it('but where the RSA chain is replaced, it does', () => {
    const changed = [generation(1, 'live', R1), generation(2, 'issued', E2)];
    const service = presents(undefined, R1);
    const seen = facts({ generations: changed, service, ours: stand }, [...stand, byHand]);
    expect(deployability(E2, new Situation(intent(), seen, NOW)).allowed).toBe(false);
  });
});
