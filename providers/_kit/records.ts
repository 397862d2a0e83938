// Providers whose API has single records: an edit adds first and removes afterwards, so that no
// client ever finds the RRset empty.
import { AppError, reasonOf } from '../../src/base/errors.ts';
import type { Seconds } from '../../src/base/clock.ts';
import type { Fqdn } from '../../src/dns/name.ts';
import { rdataSet } from '../../src/dns/rrset.ts';
import type { RdataHex, RecordType } from '../../src/dns/rrset.ts';
import type { Call } from '../../src/ports/call.ts';
import type { DnsProvider, ProviderTraits } from '../../src/ports/provider.ts';
import { changeOf } from './edit.ts';
import type { Held } from './edit.ts';
import type { RRsetKey, ZoneRef } from './rrsets.ts';
import { zonesOf } from './rrsets.ts';

export interface HeldRecord {
  readonly id: string;
  readonly rdata: RdataHex;
  readonly ttl: Seconds;
}

export interface NewRecord extends RRsetKey {
  readonly ttl: Seconds;
  readonly rdata: RdataHex;
}

export interface RecordApi<Z extends ZoneRef, R extends HeldRecord = HeldRecord> {
  readonly host: string;
  readonly traits: ProviderTraits;
  /** The zone of exactly this name. */
  zoneAt(name: Fqdn, call: Call): Promise<Z | undefined>;
  /** All records of one owner and type, and no others. */
  list(zone: Z, owner: Fqdn, type: RecordType, call: Call): Promise<readonly R[]>;
  add(zone: Z, record: NewRecord, call: Call): Promise<void>;
  remove(zone: Z, record: R & NewRecord, call: Call): Promise<void>;
  /** The same record with another TTL; absent if records have the TTL of their zone. */
  retime?(zone: Z, record: R & NewRecord, call: Call): Promise<void>;
  /**
   * If changes wait until they are published. Called after a failure, too: a part of the change may
   * already wait.
   */
  publish?(zone: Z, call: Call): Promise<void>;
}

/** What a provider writes: its name and its traits are said elsewhere. */
export type RecordVerbs<Z extends ZoneRef, R extends HeldRecord = HeldRecord> = Omit<
  RecordApi<Z, R>,
  'host' | 'traits'
>;

export function overRecords<Z extends ZoneRef, R extends HeldRecord = HeldRecord>(
  api: RecordApi<Z, R>,
): DnsProvider {
  const zones = zonesOf(api);
  return {
    traits: api.traits,
    findZone: zones.find,
    ttlFor: zones.ttlFor,
    async read(name, owner, type, call) {
      const held = heldIn(await api.list(await zones.get(name, call), owner, type, call));
      return held && { owner, type, ...held };
    },
    async apply(edit, call) {
      const zone = await zones.get(edit.zone, call);
      const { owner, type } = edit;
      const records = await api.list(zone, owner, type, call);
      const ttl = await zones.ttlFor(edit.zone, edit.ttl, call);
      const change = changeOf(edit, heldIn(records), ttl);
      if (change.kind !== 'write') {
        if (change.kind === 'conflict') return 'conflict';
        // The change may exist and wait: a former run has written it and ended before it was
        // published.
        await api.publish?.(zone, call);
        return 'accepted';
      }
      const of = (all: readonly RdataHex[]): (R & NewRecord)[] =>
        records
          .filter(({ rdata }) => all.includes(rdata))
          .map((record) => ({ ...record, owner, type, ttl }));
      const steps = [
        // All records of an RRset have one TTL (RFC 2181 §5.2). Those that stay come first, because
        // some providers use it for all.
        ...of(change.retimed).map((record) => () => api.retime?.(zone, record, call)),
        ...change.add.map((rdata) => () => addTo(zone, { owner, type, ttl, rdata }, api, call)),
        ...of(change.remove).map((record) => () => api.remove(zone, record, call)),
      ];
      await inOrder(steps, () => api.publish?.(zone, call));
      return 'accepted';
    },
  };
}

/** A refusal counts only if the record does not exist: another writer may have been faster. */
async function addTo<Z extends ZoneRef, R extends HeldRecord>(
  zone: Z,
  record: NewRecord,
  api: RecordApi<Z, R>,
  call: Call,
): Promise<void> {
  try {
    await api.add(zone, record, call);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'UPDATE_REFUSED') throw error;
    const there = await api.list(zone, record.owner, record.type, call);
    if (!there.some(({ rdata }) => rdata === record.rdata)) throw error;
  }
}

function heldIn(records: readonly HeldRecord[]): Held | undefined {
  if (records.length === 0) return undefined;
  return {
    ttl: Math.max(...records.map(({ ttl }) => ttl)),
    rdata: rdataSet(records.map(({ rdata }) => rdata)),
  };
}

type Step = () => Promise<void> | undefined;

/** One after the other; the error of a failure says what was done before it. */
export async function inOrder(
  steps: readonly Step[],
  publish: Step = () => undefined,
): Promise<void> {
  for (const [done, step] of steps.entries()) {
    try {
      await step();
    } catch (error) {
      if (done === 0) throw error;
      await Promise.resolve(publish()).catch(() => undefined);
      throw partly(error, done, steps.length);
    }
  }
  try {
    await publish();
  } catch (error) {
    throw partly(error, steps.length, steps.length);
  }
}

/** After the first step, a refusal no longer means that nothing was written. */
function partly(error: unknown, done: number, of: number): unknown {
  if (!(error instanceof AppError) || error.code === 'INTERRUPTED') return error;
  const text = `${done} of ${of} changes were made; then: ${reasonOf(error)}`;
  return new AppError('PROVIDER_FAILED', text, {
    hint: 'the next run checks what exists and continues',
    details: { ...error.details, cause: error.code },
    notBefore: error.notBefore,
  });
}
