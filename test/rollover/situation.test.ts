// What a plan is made of: each owner is computed once, and no answer depends on the order of
// questions.
import { describe, expect, it } from 'vitest';
import { Situation } from '../../src/rollover/law/situation.ts';
import { recordBase } from '../../src/rollover/law/base-domains.ts';
import { desiredRecords } from '../../src/rollover/plan/records/desired-records.ts';
import { stateOf } from '../../src/rollover/plan/records/owner-state.ts';
import { fqdn } from '../../src/dns/name.ts';
import { A, B, NOW, OWNER, POLICY, factsOf, intent, ofA, record, seen, swept } from './world.ts';

const owner = swept(undefined, NOW, [{ records: [ofA] }]);
const facts = factsOf({ owner, service: seen(NOW, { '192.0.2.1': A }) });

describe('the view of the owners', () => {
  it('has an owner once', () => {
    const situation = new Situation(intent(), facts, NOW);
    expect(situation.owner(OWNER)).toBe(situation.owner(OWNER));
    expect(situation.daneOwners).toEqual([situation.owner(OWNER)]);
    expect(situation.behindAliases).toBe(situation);
  });

  it('has each service once more at the canonical name of its host', () => {
    const alias = { host: fqdn('mail.example.net'), ttl: 60 };
    const service = recordBase(seen(NOW, { '192.0.2.1': A }), alias, POLICY, NOW);
    const { behindAliases } = new Situation(intent(), factsOf({ owner, service }), NOW);
    const owners = behindAliases.daneOwners.map((view) => view.owner);
    expect(owners).toEqual([OWNER, '_25._tcp.mail.example.net.']);
  });

  it('wants the same records, whatever was asked of the owner before', () => {
    const wanted = intent({ records: ['3 1 1', '3 0 1'] });
    const ask = (first: (situation: Situation) => unknown) => {
      const situation = new Situation(wanted, facts, NOW);
      first(situation);
      const view = situation.owner(OWNER);
      const [version] = owner.versions;
      if (version === undefined) throw new Error('no version');
      return desiredRecords(stateOf(view, owner, version), B).map(({ rdata }) => rdata);
    };
    const fresh = ask(() => undefined);
    expect(fresh).toContain(record('3 0 1', B));
    expect(ask((situation) => situation.owner(OWNER).replaceable)).toEqual(fresh);
    expect(ask((situation) => situation.owner(OWNER).sendsTrustAnchors)).toEqual(fresh);
  });
});
