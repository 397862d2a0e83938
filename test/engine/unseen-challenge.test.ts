// A TXT record of a challenge that the name servers do not serve: sent again with pauses, and after
// a while a person is needed.
import { describe, expect, it } from 'vitest';
import { fqdn } from '../../src/dns/name.ts';
import type { RdataHex } from '../../src/dns/rrset.ts';
import { Memory } from '../../src/engine/state/memory.ts';
import { obtain } from '../../src/engine/act/order/obtain.ts';
import type { DnsProvider } from '../../src/ports/provider.ts';
import type { Reason } from '../../src/rollover/reasons.ts';
import { needsPerson } from '../../src/rollover/decision.ts';
import { newLineage } from '../../src/rollover/model.ts';
import { DAY, HOST, NOW, chain, generation, intent } from '../rollover/world.ts';
import { fakeTask, fakeWorld } from '../support/fakes.ts';

const OWNER = fqdn(`_acme-challenge.${HOST}`);
const ZONE = fqdn('example.org');
const ORDER = 'https://ca.example/order/1';

type Shows = 'nothing' | 'the record' | 'servfail' | 'timeout';

/** `servers`: what each of them serves of what a provider accepted that accepts everything. */
function surroundings(servers: readonly Shows[]) {
  const time = { now: NOW };
  const sent: { readonly at: number; readonly rdata: RdataHex }[] = [];
  const provider: DnsProvider = {
    traits: {
      ...{ types: ['TXT'], conditional: false, edits: 'record', ttl: { least: 1 } },
      ...{ signs: 'never', tellsApplied: false },
    },
    findZone: () => Promise.resolve(ZONE),
    ttlFor: () => Promise.resolve(1),
    read: () => Promise.resolve(undefined),
    apply: ({ add }) => {
      sent.push(...add.map((rdata) => ({ at: time.now, rdata })));
      return Promise.resolve('accepted');
    },
  };
  const answerOf = (what: Shows) => {
    if (what === 'servfail' || what === 'timeout') return { status: what, detail: 'no answer' };
    const rdata = what === 'nothing' ? [] : sent.map((one) => one.rdata);
    return { status: 'answered', rdata, ttl: 1, serial: 1 };
  };
  const sweep = () => {
    const addresses = servers.map((what, index) => ({
      ...{ server: fqdn(`ns${index}.example.org`), address: `192.0.2.${53 + index}` },
      answer: answerOf(what),
    }));
    return Promise.resolve({ owner: OWNER, zone: ZONE, addresses });
  };
  const challenge = {
    ...{ identifier: HOST, owner: OWNER, value: 'value' },
    ...{ authorizationUrl: 'authorization', challengeUrl: 'challenge' },
  };
  const order = { url: ORDER, status: 'pending', challenges: [challenge] };
  const world = fakeWorld({
    clock: { now: () => time.now },
    resolver: { ask: () => Promise.resolve({ rdata: [], exists: false }), sweep },
    issuer: { lookAtOrder: () => Promise.resolve(order) },
    providerFor: () => provider,
  });
  return { time, sent, world };
}

/** A run waits for a minute; here there is one every quarter of an hour. */
async function reasonsAfter(servers: readonly Shows[], seconds: number) {
  const { time, sent, world } = surroundings(servers);
  const task = fakeTask(intent({}, { services: [] }));
  const { chain: _none, ...key } = generation(1, 'key', chain('A'));
  const made = { ...key, orderUrl: ORDER };
  const memory = await Memory.load(world, task.intent, []);
  await memory.saveLineage({ ...newLineage('mail'), generations: [made] });
  let reasons: readonly Reason[] = [];
  for (let run = 0; run <= seconds; run += 900) {
    time.now = NOW + run;
    for (let ends = time.now + 60; time.now < ends;) {
      const outcome = await obtain({ task, memory, world, call: {} }, made);
      if (outcome.kind !== 'wait') throw new Error('the challenge is not served');
      reasons = outcome.reasons;
      time.now = Math.max(outcome.until, time.now + 0.1);
    }
  }
  return { reasons, sent };
}

describe('K43: a TXT record that a provider accepts and no name server serves', () => {
  it('is waited for within the hour, and not sent again at every sweep', async () => {
    const { reasons, sent } = await reasonsAfter(['nothing'], 1800);
    expect(needsPerson(reasons)).toBe(false);
    expect(sent.length).toBeLessThan(12);
    expect(sent.length).toBeGreaterThan(2);
  });

  it('then needs a person, with the likely causes', async () => {
    const { reasons } = await reasonsAfter(['nothing', 'nothing'], 3600);
    expect(reasons).toMatchObject([{ rule: 'challenge-is-served', needs: 'person' }]);
    expect(reasons[0]?.hint).toContain('holger providers test');
  });

  it.each([
    ['servfail', 3600, /check the name server ns1.*servfail/],
    ['timeout', 3600, /holger forget mail 192.0.2.54/],
    ['nothing', DAY, /ns1.example.org. 192.0.2.54 transfers the zone/],
  ] as const)('one server that shows %s: after %i seconds', async (what, bound, hint) => {
    const servers: readonly Shows[] = ['the record', what];
    const early = await reasonsAfter(servers, bound / 2);
    expect(needsPerson(early.reasons)).toBe(false);
    const late = await reasonsAfter(servers, bound);
    expect(needsPerson(late.reasons)).toBe(true);
    expect(late.reasons.map((reason) => reason.hint).join()).toMatch(hint);
  });
});
