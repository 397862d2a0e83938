// What all targets on other machines share: what lies there is asked for and never assumed, an
// answer counts for a moment, and errors say which machine they are about.
import { createHash } from 'node:crypto';
import { AppError } from '../../base/errors.ts';
import type {
  DeployPackage,
  DeployTarget,
  KeyWish,
  PlacedPem,
  TargetFact,
} from '../../ports/target.ts';
import { certificatesIn, certificateTexts } from '../../x509/pem.ts';
import { RecentLook } from './recent-look.ts';

/** Of a chain there; longer ones are not looked at anywhere. */
const MOST_CERTIFICATES = 16;

/** `T`: what lies there. */
export interface Remote<T> {
  readonly id: string;
  readonly label: string;
  /** For messages. */
  readonly host: string;
  readonly reads?: readonly string[];
  readonly look: () => Promise<T>;
  readonly makeKey?: (wish: KeyWish) => Promise<string>;
  readonly stage: (what: DeployPackage) => Promise<void>;
  readonly place: (what: DeployPackage) => Promise<void>;
  readonly reload: (what: DeployPackage) => Promise<void>;
  readonly examine: () => Promise<readonly TargetFact[]>;
  readonly placed: (there: T) => readonly PlacedPem[];
  readonly differences: (what: DeployPackage, there: T) => readonly string[];
}

export function remoteTarget<T>(remote: Remote<T>): DeployTarget {
  const { id, label, host, reads, makeKey } = remote;
  const named = <R>(work: Promise<R>): Promise<R> =>
    work.catch((error: unknown) => {
      throw error instanceof AppError ? withHost(host, error) : error;
    });
  const recent = new RecentLook(() => named(remote.look()));
  const change = async <W, R>(act: (what: W) => Promise<R>, what: W): Promise<R> => {
    await recent.failure();
    // Whatever the outcome: something else may lie there from now on.
    try {
      return await named(act(what));
    } finally {
      recent.forget();
    }
  };
  return {
    ...{ id, label },
    ...(reads === undefined ? {} : { reads }),
    ...(makeKey === undefined ? {} : { makeKey: (wish: KeyWish) => change(makeKey, wish) }),
    stage: (what) => change(remote.stage, what),
    place: (what) => change(remote.place, what),
    reload: (what) => change(remote.reload, what),
    examine: () => named(remote.examine()),
    placed: async () => remote.placed(await recent.look()),
    differences: async (what) => {
      try {
        return remote.differences(what, await recent.look());
      } catch (error) {
        if (error instanceof AppError) return undefined;
        throw error;
      }
    },
  };
}

/** Messages of the other side do not say where it is. */
function withHost(host: string, error: AppError): AppError {
  if (error.message.includes(host)) return error;
  const { code, hint, details, overdue, cause } = error;
  return new AppError(code, `${host}: ${error.message}`, { hint, details, overdue, cause });
}

/** A text of others as a chain; undefined: there is no certificate in it. */
export function boundedChain(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined;
  const chain = certificateTexts(text).slice(0, MOST_CERTIFICATES).join('');
  return chain === '' ? undefined : chain;
}

/** A chain there, for a person. */
export function chainFact(name: string, chain: string | undefined): TargetFact {
  const [leaf] = certificatesIn(chain ?? '');
  if (leaf === undefined) return { name, value: 'nothing yet' };
  const digest = createHash('sha256').update(leaf).digest('hex');
  return { name, value: `certificate with SHA-256 ${digest}` };
}

export function fenceFact(fence: number): TargetFact {
  return { name: 'fence', value: fence === 0 ? 'none yet' : String(fence) };
}
