// One zone at two providers: what is written at both, what one of them alone took, and what a
// refusal means then.
import { expect, test } from 'vitest';
import { together } from '../../src/app/world/multi-signer.ts';
import { AppError } from '../../src/base/errors.ts';
import { fqdn } from '../../src/dns/name.ts';
import { rdataSet, sameRdata } from '../../src/dns/rrset.ts';
import type { RRset } from '../../src/dns/rrset.ts';
import type { DnsProvider, RRsetEdit } from '../../src/ports/provider.ts';

const OWNER = fqdn('_25._tcp.mx1.example.org');
const [ONE, TWO, THREE] = ['aa', 'bb', 'cc'].map((octet) => `030101${octet.repeat(32)}`) as [
  string,
  string,
  string,
];
const EDIT: RRsetEdit = {
  ...{ zone: fqdn('example.org'), owner: OWNER, type: 'TLSA', ttl: 3600 },
  ...{ add: [TWO], remove: [], expect: [ONE] },
};

/**
 * It writes only where it finds what is expected, as a server does with prerequisites; `fails`:
 * instead of the next write.
 */
class Primary {
  held: readonly string[] = [ONE];
  ttl = 3600;
  fails: Error | undefined;
  writes = 0;
  readonly #least: number;

  constructor(least = 0) {
    this.#least = least;
  }

  get rrset(): RRset | undefined {
    const { held, ttl } = this;
    return held.length === 0 ? undefined : { owner: OWNER, type: 'TLSA', ttl, rdata: held };
  }

  get provider(): DnsProvider {
    return {
      traits: {
        ...{
          types: ['TXT', 'TLSA'],
          conditional: true,
          edits: 'rrset',
          ttl: { least: this.#least },
        },
        ...{ signs: 'always', tellsApplied: false },
      },
      findZone: () => Promise.resolve(EDIT.zone),
      ttlFor: (_zone, ttl) => Promise.resolve(Math.max(ttl, this.#least)),
      read: () => Promise.resolve(this.rrset),
      apply: ({ expect: judged, add, remove, ttl }) => {
        if (this.fails !== undefined) return Promise.reject(this.fails);
        if (!sameRdata(this.held, rdataSet(judged))) return Promise.resolve('conflict');
        this.held = rdataSet([...judged.filter((one) => !remove.includes(one)), ...add]);
        this.ttl = ttl;
        this.writes += 1;
        return Promise.resolve('accepted');
      },
    };
  }
}

function zone() {
  const [first, second] = [new Primary(), new Primary(300)];
  const both = together([
    { name: 'one', provider: first.provider },
    { name: 'other', provider: second.provider },
  ]);
  const write = (edit: Partial<RRsetEdit> = {}): Promise<unknown> =>
    both.apply({ ...EDIT, ...edit }, {}).catch((error: unknown) => error);
  return { first, second, both, write };
}

test('both are written, with a TTL that both accept', async () => {
  const { first, second, both, write } = zone();
  expect(await both.ttlFor(EDIT.zone, 60, {})).toBe(300);
  expect(both.traits.ttl.least).toBe(300);
  expect(both.signers?.map(({ name }) => name)).toEqual(['one', 'other']);
  expect(await write()).toBe('accepted');
  expect([first.held, second.held]).toEqual([rdataSet([ONE, TWO]), rdataSet([ONE, TWO])]);
});

test('where one holds another RRset nothing is written: it is judged by itself', async () => {
  const { first, second, write } = zone();
  first.held = [THREE];
  expect(await write()).toBe('accepted');
  expect([first.writes, second.writes]).toEqual([0, 1]);
  expect(await write()).toBe('conflict');
});

test('sent again, it is made where it is missing and nowhere else', async () => {
  const { first, second, write } = zone();
  second.fails = new AppError('DNS_TIMEOUT', 'no answer');
  await write();
  second.fails = undefined;
  expect(await write()).toBe('accepted');
  expect([first.writes, second.writes]).toEqual([1, 1]);
});

test('a failure of one does not prevent the write at the other; its refusal no longer means that nothing was written', async () => {
  const { first, second, write } = zone();
  const notBefore = 1_795_262_400;
  first.fails = new AppError('PROVIDER_AUTH', 'the token is not valid', {
    hint: 'make another',
    notBefore,
  });
  expect(await write()).toMatchObject({
    code: 'PROVIDER_FAILED',
    retry: true,
    message: 'provider one did not accept a change (other accepted it): the token is not valid',
    hint: 'make another',
    notBefore,
    details: { cause: 'PROVIDER_AUTH' },
  });
  expect(second.held).toContain(TWO);
});

test('a refusal means that nothing was written where neither took it', async () => {
  const { first, second, write } = zone();
  first.held = [THREE];
  second.fails = new AppError('UPDATE_REFUSED', 'the key may not do this');
  expect(await write()).toBe(second.fails);
  first.fails = new AppError('DNS_TIMEOUT', 'no answer');
  expect(await write()).toMatchObject({
    code: 'PROVIDER_FAILED',
    message: 'provider one did not accept a change: no answer',
  });
});

test('aborted, it reports that and nothing else', async () => {
  const { first, second, write } = zone();
  first.fails = new AppError('INTERRUPTED', 'told to stop');
  expect(await write()).toBe(first.fails);
  expect(second.writes).toBe(0);
});
