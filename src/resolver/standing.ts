// What answers are worth that come from resolvers which have shown that they validate, or have not.
import type { Fqdn } from '../dns/name.ts';
import type { Call } from '../ports/call.ts';
import type { Standing, Unproven } from '../ports/resolver.ts';
import type { Proof } from './proof.ts';
import type { ServerAddress } from './transport.ts';

/** The default of resolv.conf(5). */
const LOOPBACK: ServerAddress = { address: '127.0.0.1', port: 53 };

interface Candidate {
  readonly server: ServerAddress;
  readonly standing: Standing | undefined;
}

export const orLoopback = (resolvers: readonly ServerAddress[]): readonly ServerAddress[] =>
  resolvers.length > 0 ? resolvers : [LOOPBACK];

interface Answered {
  readonly authentic: boolean;
  /** Signatures came along. */
  readonly signed: boolean;
  readonly unproven?: Unproven;
}

/**
 * Those that have shown that they validate; where none has, all of them: what they say is still
 * good for finding servers.
 */
export async function candidates(
  resolvers: readonly ServerAddress[],
  proof: Proof | undefined,
  name: Fqdn,
  call: Call,
): Promise<readonly Candidate[]> {
  if (proof === undefined) return resolvers.map((server) => ({ server, standing: undefined }));
  const all = await Promise.all(
    resolvers.map(async (server) => ({ server, standing: await proof.of(server, name, call) })),
  );
  const good = all.filter(({ standing }) => standing.status === 'validates');
  if (good.length > 0) return good;
  // One that was silent a moment ago is asked last.
  const rank = ({ standing }: (typeof all)[number]): number =>
    standing.status === 'failed' ? 1 : 0;
  return [...all].sort((a, b) => rank(a) - rank(b));
}

/** An answer with what its resolver is worth. */
export function withStanding<T extends Answered>(result: T, standing: Standing | undefined): T {
  if (standing === undefined) return result;
  if (standing.status === 'unproven') {
    const { detail, lasting } = standing;
    return { ...result, authentic: false, unproven: { detail, lasting } };
  }
  if (standing.status === 'failed') {
    const detail = `the test of the resolver failed: ${standing.detail}`;
    return { ...result, authentic: false, unproven: { detail, lasting: false } };
  }
  if (!result.authentic || result.signed) return result;
  const detail = `${standing.server} sets the AD bit on an answer without signatures`;
  return { ...result, authentic: false, unproven: { detail, lasting: true } };
}

/**
 * The best that one of the resolvers has shown about a name, with what is wrong with each where
 * none will do.
 */
export async function bestStanding(
  resolvers: readonly ServerAddress[],
  proof: Proof,
  name: Fqdn,
  call: Call,
): Promise<Standing> {
  const all = await Promise.all(
    orLoopback(resolvers).map((server) => proof.of(server, name, call)),
  );
  const bad = all.flatMap((one) => (one.status === 'validates' ? [] : [one]));
  const best = all.find(({ status }) => status === 'validates');
  if (best !== undefined) return best;
  const worst = bad.find(({ status }) => status === 'unproven') ?? bad[0];
  if (worst === undefined) throw new RangeError('there is always a resolver');
  const joined = (texts: readonly string[], by: string): string => [...new Set(texts)].join(by);
  return {
    ...worst,
    server: joined(
      bad.map(({ server }) => server),
      ', ',
    ),
    detail: joined(
      bad.map(({ detail }) => detail),
      '; ',
    ),
  };
}
