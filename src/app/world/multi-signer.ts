// One zone at several providers, each of which signs it (RFC 8901 §2): a change is made at each
// provider that has the judged RRset, and the sweep of all their servers is the evidence.
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
          // A conflict: this provider has another RRset, which is judged separately.
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

/** A refusal by one no longer means that nothing was written. */
function partly({ name, error }: Failure, took: readonly string[]): AppError {
  const {
    code,
    hint = 'the next run checks what exists and continues',
    details,
    notBefore,
  } = error;
  const done = took.length === 0 ? '' : ` (${took.join(', ')} accepted it)`;
  return new AppError(
    'PROVIDER_FAILED',
    `provider ${name} did not accept a change${done}: ${reasonOf(error)}`,
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
