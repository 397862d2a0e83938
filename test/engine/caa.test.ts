// Whether CAA records let an order be placed, as the authoritative servers have them.
import { describe, expect, it } from 'vitest';
import type { Fields } from '../../src/base/log.ts';
import { silentLogger } from '../../src/base/log.ts';
import { fqdn } from '../../src/dns/name.ts';
import { checkCaa } from '../../src/engine/act/order/caa-check.ts';
import { CaaAnswers } from '../../src/engine/caa-answers.ts';
import { run } from '../../src/engine/run.ts';
import type { Job } from '../../src/engine/job.ts';
import type { AddressAnswer, LookupFailure } from '../../src/ports/resolver.ts';
import { intent } from '../rollover/world.ts';
import { NOW } from '../support/ca.ts';
import { fakeTask, fakeWorld } from '../support/fakes.ts';

const PARTY = {
  issuers: ['ca.example'],
  account: 'https://ca.example/acct/1',
  method: 'dns-01',
};

const FAILURES: readonly string[] = ['servfail', 'timeout', 'refused', 'unreachable', 'malformed'];

/** `0 issue "ca.example"` in wire form. */
function rdata(text: string): string {
  const [, flags = '', tag = '', value = ''] = /^(\d+) (\S+) "(.*)"$/.exec(text) ?? [];
  return Buffer.from([Number(flags), tag.length, ...Buffer.from(tag + value)]).toString('hex');
}

/** By name: what each server has, or one text for both. `-> NAME`: a CNAME. */
type Zone = Readonly<Record<string, string | readonly (string | readonly string[])[]>>;

function answerOf(shown: string | readonly string[]): AddressAnswer {
  if (typeof shown === 'string' && FAILURES.includes(shown)) {
    return { status: shown as LookupFailure, detail: 'as the test says' };
  }
  const texts = [shown].flat().filter((text) => text !== '');
  return { status: 'answered', rdata: texts.map(rdata), ttl: 60, serial: 1 };
}

function jobIn(zone: Zone, domains: readonly string[]) {
  const asked: string[] = [];
  const warned: Fields[] = [];
  const at = (name: string): Zone[string] => zone[name.slice(0, -1)] ?? '';
  const sweep = (name: string): Promise<unknown> => {
    asked.push(name);
    const shown = at(name);
    if (typeof shown === 'string' && shown.startsWith('-> ')) return sweep(`${shown.slice(3)}.`);
    const servers = typeof shown === 'string' ? [shown, shown] : shown;
    const addresses = servers.map((one, index) => ({
      ...{ server: fqdn(`ns${index + 1}.example`), address: `192.0.2.${index + 1}` },
      answer: answerOf(one),
    }));
    return Promise.resolve({ owner: fqdn(name), zone: fqdn('example.org'), addresses });
  };
  const lookup = (name: string): Promise<unknown> => {
    asked.push(`resolver ${name}`);
    const shown = at(name);
    return Promise.resolve(
      shown === ''
        ? { status: 'nodata', aliases: [], authentic: true }
        : { status: 'found', rrset: { owner: name, rdata: [rdata(String(shown))] } },
    );
  };
  const world = fakeWorld({
    resolver: { sweep, lookup },
    log: { ...silentLogger, warn: (_: string, fields: Fields = {}) => void warned.push(fields) },
  });
  const task = fakeTask(intent({}, { name: 'mx', domains }));
  return { job: { task, world, call: {} } as unknown as Job, asked, warned, world, task };
}

async function becauseIn(zone: Zone, ...domains: readonly string[]): Promise<string | undefined> {
  const refused = await checkCaa(jobIn(zone, domains).job, PARTY);
  return refused?.reasons.map(({ because }) => because).join('\n');
}

describe('the records in force', () => {
  it('are those of the name, or of the nearest name above it (RFC 8659 §3)', async () => {
    const zone = { 'example.org': '0 issue "other.example"' };
    expect(await becauseIn(zone, 'mx.a.example.org')).toBe(
      'the CAA records of example.org forbid the order for mx.a.example.org: they allow other.example, not ca.example',
    );
    const nearer = { ...zone, 'a.example.org': '0 issue "ca.example"' };
    expect(await becauseIn(nearer, 'mx.a.example.org')).toBeUndefined();
  });

  it('are asked for up to the top-level domain, each name once', async () => {
    const { job, asked } = jobIn({}, ['mx.example.org', '*.example.org', 'example.org']);
    expect(await checkCaa(job, PARTY)).toBeUndefined();
    expect(asked).toEqual(['mx.example.org.', 'example.org.', 'resolver org.']);
    expect(await becauseIn({ org: '0 issue ";"' }, 'mx.example.org')).toContain('allow no CA');
  });

  it('are those at the end of a CNAME, and otherwise those above the name that was asked', async () => {
    const zone = { 'mx.example.org': '-> host.example.net', 'example.net': '0 issue ";"' };
    expect(await becauseIn(zone, 'mx.example.org')).toBeUndefined();
    const there = { ...zone, 'host.example.net': '0 issue ";"' };
    expect(await becauseIn(there, 'mx.example.org')).toContain('records of host.example.net');
  });
});

describe('certificates of one zone', () => {
  const names = ['a', 'b'].map((host) => `${host}.example.org`);

  /** Each name of them by itself, one after the other. */
  async function asked(zone: Zone, seconds: number): Promise<readonly string[]> {
    const given = jobIn(zone, []);
    let now = NOW;
    const caaAnswers = new CaaAnswers({ now: () => now });
    for (const domain of names) {
      const task = fakeTask(intent({}, { domains: [domain] }));
      await checkCaa({ ...given.job, task, world: { ...given.world, caaAnswers } }, PARTY);
      now += seconds;
    }
    return given.asked;
  }

  it('ask once within seconds for what is above all of them, and for their own names each', async () => {
    const own = names.map((name) => `${name}.`);
    expect(await asked({}, 2)).toEqual([own[0], 'example.org.', 'resolver org.', own[1]]);
    const above = ['example.org.', 'resolver org.'];
    expect(await asked({}, 3)).toEqual([own[0], ...above, own[1], ...above]);
  });

  it('ask again where a server did not answer', async () => {
    const zone = { 'example.org': ['', 'timeout'] };
    const all = await asked(zone, 1);
    expect(all.filter((name) => name === 'example.org.')).toHaveLength(2);
    expect(all.filter((name) => name === 'resolver org.')).toHaveLength(1);
  });
});

describe('an order is not placed', () => {
  it.each([
    ['the critical property is not known to CAs', '128 tbs "x"', 'remove the record'],
    [
      'another account is named',
      '0 issue "ca.example; accounturi=https://x/2"',
      'add example.org.',
    ],
    ['another method is named', '0 issue "ca.example; validationmethods=http-01"', 'add example'],
    ['no CA is allowed', '0 issue ";"', 'add example.org. IN CAA 0 issue "ca.example; accounturi='],
  ])('if %s; the record and what to change are named', async (_, record, remedy) => {
    const { job } = jobIn({ 'example.org': record }, ['example.org']);
    const refused = await checkCaa(job, PARTY);
    const [reason] = refused?.reasons ?? [];
    expect(reason).toMatchObject({
      rule: 'caa-permits',
      lines: [`example.org. IN CAA ${record}`],
    });
    expect(reason?.hint).toContain(remedy);
    expect(refused?.differs).toBe(false);
  });

  it('for a wildcard that issuewild forbids', async () => {
    const zone = { 'example.org': [['0 issue "ca.example"', '0 issuewild ";"']] };
    expect(await becauseIn(zone, 'example.org')).toBeUndefined();
    const { job } = jobIn(zone, ['*.example.org']);
    const refused = await checkCaa(job, PARTY);
    expect(refused?.reasons[0]?.hint).toContain('add example.org. IN CAA 0 issuewild "ca.example;');
  });

  it('if one server still has records that forbid it: a CA may ask that one', async () => {
    const zone = { 'example.org': ['0 issue "ca.example"', '0 issue ";"'] };
    const { job } = jobIn(zone, ['example.org']);
    const refused = await checkCaa(job, PARTY);
    expect(refused?.differs).toBe(true);
    expect(refused?.reasons[0]?.because).toContain('which only ns2.example. 192.0.2.2 has');
  });
});

describe('a look-up without an answer', () => {
  it.each(FAILURES)('%s: is reported by its own name, and the CA decides', async (failure) => {
    const { job, asked, warned } = jobIn({ 'mx.example.org': failure }, ['mx.example.org']);
    expect(await checkCaa(job, PARTY)).toBeUndefined();
    expect(warned[0]?.['unanswered']).toContain(`ns1.example. 192.0.2.1 (${failure})`);
    // Above a name that does not answer, a CA asks nothing.
    expect(asked).toEqual(['mx.example.org.']);
  });

  it('hides no refusal of another server', async () => {
    const zone = { 'example.org': ['timeout', '0 issue ";"'] };
    expect(await becauseIn(zone, 'example.org')).toContain('allow no CA');
  });
});

it('a run is blocked before a key exists, and needs a person', async () => {
  const { world, task } = jobIn({ 'example.org': '0 issue ";"' }, ['mx.example.org']);
  const events: object[] = [];
  const made: string[] = [];
  const given = {
    ...world,
    clock: { now: () => 1_795_262_400, sleep: () => Promise.resolve() },
    issuerAt: () => ({
      caaParty: () => Promise.resolve(PARTY),
      newOrder: () => Promise.reject(new RangeError('ordered')),
    }),
    providerFor: () => ({ traits: {}, read: () => Promise.resolve(undefined) }),
    resolver: {
      ...world.resolver,
      place: (owner: string) => Promise.resolve({ owner, zone: 'example.org.' }),
      ask: () => Promise.resolve({ rdata: [], exists: false }),
    },
    pki: { createKey: () => Promise.resolve(made.push('key')) },
    emit: (event: object) => void events.push(event),
  };
  const plain = { ...task, intent: { ...task.intent, dane: false, services: [] } };
  const options = { wait: false, dryRun: false, named: true, parallel: 1, orders: 1 };
  const { exit } = await run([plain], given as never, options, {});
  expect(exit).toBe(4);
  expect(made).toEqual([]);
  expect(events.at(-1)).toMatchObject({ event: 'blocked', reasons: [{ rule: 'caa-permits' }] });
});
