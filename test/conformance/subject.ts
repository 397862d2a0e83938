// A provider before each test, opened anew on a far side that has nothing yet; and how tests speak with both.
import { afterEach, beforeEach, expect } from 'vitest';
import type { OptionValues, Options, ProviderKind } from '../../providers/_kit/kind.ts';
import { txtFromValue } from '../../providers/_kit/rdata.ts';
import { AppError } from '../../src/base/errors.ts';
import { fqdn } from '../../src/dns/name.ts';
import type { Fqdn } from '../../src/dns/name.ts';
import type { RdataHex, RecordType, RRset } from '../../src/dns/rrset.ts';
import type { DnsProvider, EditOutcome } from '../../src/ports/provider.ts';
import type { Side } from './side.ts';
import { toolsFor } from './tools.ts';
import type { Sleeps } from './tools.ts';

export const ZONE = fqdn('example.org');
export const OWNER = fqdn('_25._tcp.mx1.example.org');
export const TTL = 7200;
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
  readonly types: readonly RecordType[];
  /** TLSA, where the provider has it. */
  readonly main: RecordType;
  /** RDATA of the main type. */
  readonly one: RdataHex;
  readonly two: RdataHex;
  readonly foreign: RdataHex;
  readonly call: { readonly signal: AbortSignal };
  readonly provider: DnsProvider;
  readonly side: S;
  /** Seconds that somebody wanted to sleep. */
  readonly slept: Sleeps;
  apply(edit: Edit): Promise<EditOutcome>;
  read(owner?: Fqdn, type?: RecordType): Promise<RRset | undefined>;
  /** What the far side has, beside the provider's own word. */
  there(owner?: Fqdn, type?: RecordType): Promise<readonly RdataHex[]>;
  put(rdata: RdataHex, owner?: Fqdn, type?: RecordType): Promise<void>;
  /** The error that a call ends in; its text and everything in it hold no secret. */
  failureOf(act: () => Promise<unknown>): Promise<AppError>;
}

export function subjectOf<S extends Side>(kind: ProviderKind, start: () => Promise<S>): Subject<S> {
  const types = kind.traits.types.filter((type) => type === 'TLSA' || type === 'TXT');
  const [main = 'TXT'] = types.includes('TLSA') ? (['TLSA'] as const) : types;
  const [one = '', two = '', foreign = ''] =
    main === 'TLSA' ? [A, B, FOREIGN] : ['one', 'two', 'foreign'].map(txtFromValue);
  let side: S;
  let provider: DnsProvider;
  let tools: ReturnType<typeof toolsFor>;

  beforeEach(async () => {
    side = await start();
    tools = toolsFor();
    provider = await kind.open(side.options as OptionValues<Options>, tools.tools);
  });
  afterEach(async () => {
    await tools.close();
    await side.stop();
  });

  const call = { signal: AbortSignal.timeout(120_000) };
  return {
    ...{ types, main, one, two, foreign, call },
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
      const { owner = OWNER, type = main, ttl = TTL } = edit;
      const { add = [], remove = [], expect: was = [] } = edit;
      const expectTtl = edit.expectTtl === undefined ? {} : { expectTtl: edit.expectTtl };
      return provider.apply(
        { ...{ zone: ZONE, owner, type, ttl, add, remove, expect: was }, ...expectTtl },
        call,
      );
    },
    read: (owner = OWNER, type = main) => provider.read(ZONE, owner, type, call),
    there: (owner = OWNER, type = main) => side.there(owner, type),
    put: (rdata, owner = OWNER, type = main) => side.put(rdata, owner, type, TTL),
    async failureOf(act) {
      const error: unknown = await act().then(
        (outcome) => new Error(`it ended well: ${String(outcome)}`),
        (reason: unknown) => reason,
      );
      if (!(error instanceof AppError)) throw error;
      const details = JSON.stringify(error.details);
      const told = [error.message, error.hint, error.stack, details].join('\n');
      for (const secret of side.secrets) expect(told).not.toContain(secret);
      return error;
    },
  };
}
