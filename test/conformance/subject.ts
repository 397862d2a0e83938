// A provider before each test, opened on an empty server; and the calls that tests make to both.
import { afterEach, beforeEach, expect } from 'vitest';
import type { OptionValues, Options, ProviderKind } from '../../providers/_kit/kind.ts';
import { txtFromValue } from '../../providers/_kit/rdata.ts';
import { AppError } from '../../src/base/errors.ts';
import { fqdn } from '../../src/dns/name.ts';
import type { Fqdn } from '../../src/dns/name.ts';
import type { RdataHex, RecordType, RRset } from '../../src/dns/rrset.ts';
import type { Call } from '../../src/ports/call.ts';
import type { DnsProvider, EditOutcome } from '../../src/ports/provider.ts';
import type { Side } from './side.ts';
import { toolsFor } from './tools.ts';
import type { Sleeps } from './tools.ts';

export const ZONE = fqdn('example.org');
/** Where tests write, unless the account can write at one owner only. */
export const OWNER = fqdn('_25._tcp.mx1.example.org');
export const TTL = 7200;
/** Limit of one test; real servers sign, and machines are busy. */
const DEADLINE_MS = 60_000;
const tlsa = (octet: string): RdataHex => `030101${octet.repeat(32)}`;
export const [A, B, FOREIGN] = [tlsa('aa'), tlsa('bb'), `020101${'cd'.repeat(32)}`];

export interface Edit {
  readonly add?: readonly RdataHex[];
  readonly remove?: readonly RdataHex[];
  readonly expect?: readonly RdataHex[];
  readonly ttl?: number;
  readonly expectTtl?: number;
  readonly owner?: Fqdn;
  readonly type?: RecordType;
}

export interface Subject<S extends Side> {
  readonly owner: Fqdn;
  /** Whether it can do more than add. */
  readonly isFull: boolean;
  readonly types: readonly RecordType[];
  /** TLSA, where the provider has it. */
  readonly main: RecordType;
  /** RDATA of the main type. */
  readonly one: RdataHex;
  readonly two: RdataHex;
  readonly foreign: RdataHex;
  /** With a deadline for this test. */
  readonly call: Call;
  readonly provider: DnsProvider;
  readonly side: S;
  /** Seconds for which the provider asked to sleep. */
  readonly slept: Sleeps;
  apply(edit: Edit): Promise<EditOutcome>;
  read(owner?: Fqdn, type?: RecordType): Promise<RRset | undefined>;
  /** What the server has, read without the provider. */
  there(owner?: Fqdn, type?: RecordType): Promise<readonly RdataHex[]>;
  put(rdata: RdataHex, owner?: Fqdn, type?: RecordType): Promise<void>;
  /** The error that a call ends with; its text and everything in it contain no secret. */
  failureOf(act: () => Promise<unknown>): Promise<AppError>;
  /** The same of an error that is there. */
  withoutSecrets(error: unknown): AppError;
}

/** As long as an answer to a challenge (RFC 8555 §8.4). */
const answer = (text: string): RdataHex => txtFromValue(text.padEnd(43, '_'));

/** `onlyAddsAt`: of an account that accepts new values at this owner, and nothing else. */
export function subjectOf<S extends Side>(
  kind: ProviderKind,
  start: () => Promise<S>,
  onlyAddsAt?: string,
): Subject<S> {
  const own = onlyAddsAt === undefined ? OWNER : fqdn(onlyAddsAt);
  const types = kind.traits.types.filter((type) => type === 'TLSA' || type === 'TXT');
  const [main = 'TXT'] = types.includes('TLSA') ? (['TLSA'] as const) : types;
  const [one = '', two = '', foreign = ''] =
    main === 'TLSA' ? [A, B, FOREIGN] : ['one', 'two', 'foreign'].map(answer);
  let side: S;
  let provider: DnsProvider;
  let call: Call;
  let tools: ReturnType<typeof toolsFor>;

  beforeEach(async () => {
    side = await start();
    call = { signal: AbortSignal.timeout(DEADLINE_MS) };
    tools = toolsFor(side.far);
    provider = await kind.open(side.options as OptionValues<Options>, tools.tools);
  });
  afterEach(async () => {
    await tools.close();
    await side.stop();
  });

  const withoutSecrets = (error: unknown): AppError => {
    if (!(error instanceof AppError)) throw error;
    const details = JSON.stringify(error.details);
    const told = [error.message, error.hint, error.stack, details].join('\n');
    for (const secret of side.secrets) expect(told).not.toContain(secret);
    return error;
  };
  return {
    ...{ types, main, one, two, foreign, withoutSecrets },
    ...{ owner: own, isFull: onlyAddsAt === undefined },
    get call() {
      return call;
    },
    get provider() {
      return provider;
    },
    get side() {
      return side;
    },
    get slept() {
      return tools.slept;
    },
    apply(edit) {
      const { owner = own, type = main, ttl = TTL } = edit;
      const { add = [], remove = [], expect: was = [] } = edit;
      const expectTtl = edit.expectTtl === undefined ? {} : { expectTtl: edit.expectTtl };
      return provider.apply(
        { ...{ zone: ZONE, owner, type, ttl, add, remove, expect: was }, ...expectTtl },
        call,
      );
    },
    read: (owner = own, type = main) => provider.read(ZONE, owner, type, call),
    there: (owner = own, type = main) => side.there(owner, type),
    put: (rdata, owner = own, type = main) => side.put(rdata, owner, type, TTL),
    async failureOf(act) {
      const error: unknown = await act().then(
        (outcome) => new Error(`it ended well: ${String(outcome)}`),
        (reason: unknown) => reason,
      );
      return withoutSecrets(error);
    },
  };
}
