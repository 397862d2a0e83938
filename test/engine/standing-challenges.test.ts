// The records of dns-persist-01: they stay for later orders, follow the account, and go when no
// order needs them.
import { beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { fqdn } from '../../src/dns/name.ts';
import { txtRdata } from '../../src/dns/rdata.ts';
import type { RdataHex } from '../../src/dns/rrset.ts';
import { unseenChallenges } from '../../src/engine/act/order/challenge-evidence.ts';
import { publishChallenges } from '../../src/engine/act/order/challenges.ts';
import { findLostStanding } from '../../src/engine/act/order/standing-records.ts';
import { withdrawChallenges } from '../../src/engine/act/order/withdraw.ts';
import type { Job } from '../../src/engine/job.ts';
import { rebuild } from '../../src/engine/rebuild.ts';
import { Memory } from '../../src/engine/state/memory.ts';
import type { ChallengeMethod, DnsChallenge } from '../../src/ports/issuer.ts';
import type { RRsetEdit } from '../../src/ports/provider.ts';
import { NOW, intent } from '../rollover/world.ts';
import { fakeTask, fakeWorld } from '../support/fakes.ts';

const OWNER = fqdn('_validation-persist.mx1.example.org');
const TTL = 3600;
const ACCOUNT = 'https://ca.example/acct/1';
const HASHED = 'https://ca.example/hash/sha-256/abc';

let time: number;
let served: RdataHex[];
let writes: RRsetEdit[];
let method: ChallengeMethod;
let job: Job;
let accounts: () => Promise<readonly string[]>;
let numbers: readonly number[];

const challenge = (value: string): DnsChallenge => ({
  ...{ identifier: 'mx1.example.org', owner: OWNER, value, stays: true },
  ...{ authorizationUrl: 'https://ca.example/1', challengeUrl: 'https://ca.example/1/2' },
});
const publish = (value: string): Promise<unknown> =>
  publishChallenges(job, { challenges: [challenge(value)] });
const unseen = (value: string) => unseenChallenges(job, [{ challenge: challenge(value) }]);
const shown = (): readonly RdataHex[] => [...served].sort();
const texts = (...values: string[]): readonly RdataHex[] => values.map(txtRdata).sort();

beforeEach(async () => {
  time = NOW;
  served = [];
  writes = [];
  method = 'dns-persist-01';
  accounts = () => Promise.resolve([ACCOUNT, HASHED]);
  numbers = [1];
  const zone = fqdn('example.org');
  const provider = {
    traits: {},
    read: () => Promise.resolve({ owner: OWNER, type: 'TXT', ttl: TTL, rdata: [...served] }),
    apply: (change: RRsetEdit) => {
      writes.push(change);
      served = [...served.filter((one) => !change.remove.includes(one)), ...change.add];
      return Promise.resolve('accepted');
    },
  };
  const world = fakeWorld({
    clock: { now: () => time },
    resolver: {
      ask: () => Promise.resolve({ rdata: [], exists: false }),
      sweep: () => {
        const answer = { status: 'answered', rdata: [...served], ttl: TTL, serial: 1 };
        const addresses = [{ server: fqdn('ns.example.org'), address: '192.0.2.1', answer }];
        return Promise.resolve({ owner: OWNER, zone, addresses });
      },
    },
    issuerAt: () => ({ method, standingAccounts: () => accounts() }),
    files: { numbers: () => Promise.resolve(numbers), live: () => Promise.resolve(undefined) },
    providerFor: () => provider,
  });
  const task = fakeTask(intent({}, { domains: ['mx1.example.org'], services: [] }));
  job = { task, memory: await Memory.load(world, task.intent, []), world, call: {} };
});

describe('a record of dns-persist-01', () => {
  it('stays after an order, and is written once', async () => {
    await publish('one');
    await withdrawChallenges(job);
    await publish('one');
    expect(shown()).toEqual(texts('one'));
    expect(writes).toHaveLength(1);
  });

  it('goes after an order in which the account had another key or URL', async () => {
    await publish('one');
    await publish('two');
    expect(shown()).toEqual(texts('one', 'two'));
    await withdrawChallenges(job);
    expect(shown()).toEqual(texts('two'));
  });

  it('stays when the account has its former key again', async () => {
    await publish('one');
    await publish('two');
    await publish('one');
    await withdrawChallenges(job);
    expect(shown()).toEqual(texts('one'));
  });

  it('that a person removed is written again, and is not late by the time of the first order', async () => {
    await publish('one');
    await withdrawChallenges(job);
    served = [];
    time += 90 * 86_400;
    await publish('one');
    expect(shown()).toEqual(texts('one'));
    served = [];
    time += 60;
    const [reason] = await unseen('one');
    expect(reason).toMatchObject({ rule: 'challenge-is-served' });
    expect(reason?.needs).toBeUndefined();
  });

  it('is not shown to the CA while caches may hold the one before', async () => {
    await publish('one');
    expect(await unseen('one')).toEqual([]);
    time += 100;
    await publish('two');
    const [reason] = await unseen('two');
    expect(reason).toMatchObject({ rule: 'challenge-is-served', until: time + TTL });
    time += TTL;
    expect(await unseen('two')).toEqual([]);
  });

  it('that the operator wrote is used, and never withdrawn', async () => {
    served = [txtRdata('one')];
    await publish('one');
    await withdrawChallenges(job, 'all');
    expect(writes).toEqual([]);
  });

  it.each([
    ['the issuer proves names in another way', () => Promise.resolve((method = 'dns-01'))],
    [
      'the certificate has other names',
      () => {
        job = { ...job, task: fakeTask({ ...job.task.intent, domains: ['mx2.example.org'] }) };
        return Promise.resolve();
      },
    ],
    [
      'the certificate has only the name above',
      () => {
        job = { ...job, task: fakeTask({ ...job.task.intent, domains: ['example.org'] }) };
        return Promise.resolve();
      },
    ],
    [
      'the certificate has another issuer',
      () => {
        const directory = 'https://other.example/';
        job = { ...job, task: fakeTask({ ...job.task.intent, directory }) };
        return Promise.resolve();
      },
    ],
    [
      'the certificate is deleted',
      () => job.memory.saveLineage({ ...job.memory.lineage, orders: { leaving: { since: NOW } } }),
    ],
  ])('goes when %s', async (_, happens) => {
    await publish('one');
    await happens();
    await withdrawChallenges(job);
    expect(shown()).toEqual([]);
    expect(job.memory.lineage.challengeRecords).toEqual([]);
  });

  it('has the TTL of the records of the certificate, and not that of a challenge', async () => {
    const { intent: wanted } = job.task;
    const task = fakeTask({ ...wanted, policy: { ...wanted.policy, ttl: 7200 } });
    const world = fakeWorld({ ...job.world, providerFor: () => unwritten });
    await publishChallenges({ ...job, task, world }, { challenges: [challenge('one')] });
    expect(writes).toMatchObject([{ ttl: 7200 }]);
  });
});

describe('a record of dns-persist-01 after a loss of the documents', () => {
  const named = (uri: string, more = ''): string => `ca.example; accounturi=${uri}${more}`;
  const own = named(ACCOUNT);
  const known = (): readonly string[] => job.memory.lineage.challengeRecords.map((it) => it.rdata);

  /** As a run begins. */
  async function begin(): Promise<void> {
    await rebuild(job);
    await findLostStanding(job);
  }

  it('is known by the account that it names, and goes with the certificate', async () => {
    served = [txtRdata(own)];
    await begin();
    expect(known()).toEqual([txtRdata(own)]);
    await withdrawChallenges(job);
    expect(shown()).toEqual(texts(own));
    const { lineage } = job.memory;
    await job.memory.saveLineage({ ...lineage, orders: { leaving: { since: NOW } } });
    await withdrawChallenges(job);
    expect(shown()).toEqual([]);
  });

  it('follows the account: the next order withdraws what it does not need any more', async () => {
    served = [txtRdata(own), txtRdata(named(HASHED, '; policy=wildcard'))];
    await begin();
    await publish(own);
    await withdrawChallenges(job);
    expect(shown()).toEqual(texts(own));
  });

  it('of another account stays that of another installation', async () => {
    const others = [
      named('https://ca.example/acct/12'),
      `${own}; accounturi=https://ca.example/acct/2`,
      `ca.example; note=accounturi=${ACCOUNT}`,
      ACCOUNT,
    ];
    served = others.map(txtRdata);
    await begin();
    expect(known()).toEqual([]);
  });

  it('that the operator wrote before the first order stays the operator’s', async () => {
    numbers = [];
    served = [txtRdata(own)];
    await begin();
    expect(known()).toEqual([]);
  });

  it('is searched for once, and again where the CA did not answer', async () => {
    served = [txtRdata(own)];
    accounts = () => Promise.reject(new AppError('ACME_UNREACHABLE', 'the CA does not answer'));
    await begin();
    expect(known()).toEqual([]);
    accounts = () => Promise.resolve([ACCOUNT]);
    await findLostStanding(job);
    expect(known()).toEqual([txtRdata(own)]);
    served.push(txtRdata(named(ACCOUNT, '; policy=wildcard')));
    await findLostStanding(job);
    expect(known()).toHaveLength(1);
  });

  it('is not searched for by the method of other challenges', async () => {
    method = 'dns-01';
    served = [txtRdata(own)];
    await begin();
    expect(known()).toEqual([]);
  });
});

const unwritten = {
  traits: {},
  read: () => Promise.resolve(undefined),
  apply: (change: RRsetEdit) => {
    writes.push(change);
    return Promise.resolve('accepted');
  },
};
