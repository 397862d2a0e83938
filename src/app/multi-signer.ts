// One zone at several providers, each of which signs it (RFC 8901 §2): what is written is written at all of them, and what the sweep
// finds at all of their servers is what counts.
import { AppError, reasonOf } from '../base/errors.ts';
import { rdataSet, sameRdata } from '../dns/rrset.ts';
import type { Call } from '../ports/call.ts';
import type { DnsProvider, EditOutcome, ProviderTraits, RRsetEdit } from '../ports/provider.ts';

export interface Signer {
  readonly name: string;
  readonly provider: DnsProvider;
}

export function together(signers: readonly [Signer, ...Signer[]]): DnsProvider {
  const all = signers.map(({ provider }) => provider);
  const { findZone, read, traits } = signers[0].provider;
  return {
    traits: common(traits, all),
    signers: all,
    findZone,
    read,
    ttlFor: async (zone, ttl, call) =>
      Math.max(...(await Promise.all(all.map((one) => one.ttlFor(zone, ttl, call))))),
    async apply(edit, call) {
      for (const [done, { name, provider }] of signers.entries()) {
        try {
          const outcome = await applyOrFind(provider, edit, call);
          if (outcome === 'accepted') continue;
          // Nothing is written anywhere before the first one agrees.
          if (done === 0) return 'conflict';
          throw apart(edit.owner);
        } catch (error) {
          const those = signers.slice(0, done).map((one) => one.name);
          throw done === 0 ? error : partly(error, those.join(', '), name);
        }
      }
      return 'accepted';
    },
  };
}

/** One that has taken the change before finds another RRset than was judged: the one that is wanted. */
async function applyOrFind(
  provider: DnsProvider,
  edit: RRsetEdit,
  call: Call,
): Promise<EditOutcome> {
  const outcome = await provider.apply(edit, call);
  if (outcome === 'accepted') return outcome;
  const { zone, owner, type, expect, add, remove, ttl } = edit;
  const held = await provider.read(zone, owner, type, call);
  const wanted = [...expect.filter((rdata) => !remove.includes(rdata)), ...add];
  if (!sameRdata(rdataSet(held?.rdata ?? []), rdataSet(wanted))) return 'conflict';
  return held === undefined || held.ttl === ttl ? 'accepted' : 'conflict';
}

function apart(owner: string): AppError {
  return new AppError('PROVIDER_FAILED', `it holds other records at ${owner}`, {
    hint: 'make the RRset the same at all providers of the zone by hand; then run again',
  });
}

/** Written at some and not at all: a refusal no longer says that nothing was written. */
function partly(error: unknown, done: string, name: string): unknown {
  if (!(error instanceof AppError) || error.code === 'INTERRUPTED') return error;
  const text = `the change is made at ${done} and not at ${name}: ${reasonOf(error)}`;
  return new AppError('PROVIDER_FAILED', text, {
    hint: error.hint ?? 'the next run looks what is there and goes on',
    details: { ...error.details, cause: error.code },
  });
}

function common(first: ProviderTraits, all: readonly DnsProvider[]): ProviderTraits {
  return {
    ...first,
    types: first.types.filter((type) => all.every(({ traits }) => traits.types.includes(type))),
    conditional: all.every(({ traits }) => traits.conditional),
    edits: all.every(({ traits }) => traits.edits === 'rrset') ? 'rrset' : 'record',
    ...(all.some(({ traits }) => traits.byHand) ? { byHand: true } : {}),
    ttl: { least: Math.max(...all.map(({ traits }) => traits.ttl.least)) },
  };
}
