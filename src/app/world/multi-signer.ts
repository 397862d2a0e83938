// One zone at several providers, each of which signs it (RFC 8901 §2): a change is made wherever
// the RRset is the one that was judged, and what the sweep finds at all of their servers is what
// counts.
import { AppError, reasonOf } from '../../base/errors.ts';
import type { DnsProvider, ProviderTraits, Signer } from '../../ports/provider.ts';

export function together(signers: readonly [Signer, ...Signer[]]): DnsProvider {
  const all = signers.map(({ provider }) => provider);
  const { findZone, read, traits } = signers[0].provider;
  return {
    traits: common(traits, all),
    signers,
    findZone,
    read,
    ttlFor: async (zone, ttl, call) =>
      Math.max(...(await Promise.all(all.map((one) => one.ttlFor(zone, ttl, call))))),
    async apply(edit, call) {
      const took: string[] = [];
      const failures: Failure[] = [];
      for (const { name, provider } of signers) {
        try {
          // A conflict: it has another RRset, which is judged by itself.
          if ((await provider.apply(edit, call)) === 'accepted') took.push(name);
        } catch (error) {
          if (!(error instanceof AppError) || error.code === 'INTERRUPTED') throw error;
          failures.push({ name, error });
        }
      }
      const [first, ...others] = failures;
      if (first === undefined) return took.length > 0 ? 'accepted' : 'conflict';
      throw took.length + others.length === 0 ? first.error : partly(first, took);
    },
  };
}

interface Failure {
  readonly name: string;
  readonly error: AppError;
}

/** A refusal of one no longer says that nothing was written. */
function partly({ name, error }: Failure, took: readonly string[]): AppError {
  const { code, hint = 'the next run looks what is there and goes on', details, notBefore } = error;
  const done = took.length === 0 ? '' : ` (${took.join(', ')} took it)`;
  return new AppError(
    'PROVIDER_FAILED',
    `provider ${name} did not take a change${done}: ${reasonOf(error)}`,
    {
      hint,
      details: { ...details, cause: code },
      notBefore,
    },
  );
}

function common(first: ProviderTraits, all: readonly DnsProvider[]): ProviderTraits {
  const keeps = Math.min(...all.map(({ traits }) => traits.keeps ?? Infinity));
  return {
    ...first,
    types: first.types.filter((type) => all.every(({ traits }) => traits.types.includes(type))),
    conditional: all.every(({ traits }) => traits.conditional),
    edits: all.every(({ traits }) => traits.edits === 'rrset') ? 'rrset' : 'record',
    ...(keeps === Infinity ? {} : { keeps }),
    ...(all.some(({ traits }) => traits.byHand) ? { byHand: true } : {}),
    ttl: { least: Math.max(...all.map(({ traits }) => traits.ttl.least)) },
  };
}
