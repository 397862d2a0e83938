// One zone at several providers, each of which signs it (RFC 8901 §2): what is written is written at all of them, and what the sweep
// finds at all of their servers is what counts.
import { AppError, reasonOf } from '../base/errors.ts';
import type { DnsProvider, EditOutcome, ProviderTraits } from '../ports/provider.ts';

type Several = readonly [DnsProvider, ...DnsProvider[]];

export function together(all: Several): DnsProvider {
  const [first] = all;
  return {
    traits: common(all),
    findZone: first.findZone,
    read: first.read,
    ttlFor: async (zone, ttl, call) =>
      Math.max(...(await Promise.all(all.map((one) => one.ttlFor(zone, ttl, call))))),
    async apply(edit, call) {
      let outcome: EditOutcome = 'accepted';
      for (const [done, provider] of all.entries()) {
        try {
          const one = await provider.apply(edit, call);
          if (one === 'conflict' && done > 0) throw apart(edit.owner);
          outcome = one;
        } catch (error) {
          if (done === 0) throw error;
          throw partly(error, done, all.length);
        }
        // Nothing is written anywhere before the first one agrees.
        if (outcome === 'conflict') return outcome;
      }
      return outcome;
    },
  };
}

function apart(owner: string): AppError {
  return new AppError(
    'PROVIDER_FAILED',
    `the providers of one zone have different records at ${owner}`,
    {
      hint: 'make the RRset the same at all of them by hand; then run again',
    },
  );
}

/** Written at some and not at all: a refusal no longer says that nothing was written. */
function partly(error: unknown, done: number, of: number): unknown {
  if (!(error instanceof AppError) || error.code === 'INTERRUPTED') return error;
  const text = `${done} of ${of} providers of the zone took the change; then: ${reasonOf(error)}`;
  return new AppError('PROVIDER_FAILED', text, {
    hint: error.hint ?? 'the next run looks what is there and goes on',
    details: { ...error.details, cause: error.code },
  });
}

function common(all: Several): ProviderTraits {
  const [first] = all;
  return {
    ...first.traits,
    types: first.traits.types.filter((type) =>
      all.every(({ traits }) => traits.types.includes(type)),
    ),
    conditional: all.every(({ traits }) => traits.conditional),
    edits: all.every(({ traits }) => traits.edits === 'rrset') ? 'rrset' : 'record',
    ...(all.some(({ traits }) => traits.byHand) ? { byHand: true } : {}),
    ttl: { least: Math.max(...all.map(({ traits }) => traits.ttl.least)) },
  };
}
