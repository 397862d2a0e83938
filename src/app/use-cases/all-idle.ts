// A run with nothing to do at all: the last one found every certificate idle, and nothing that it
// depended on has changed. It needs the index and signatures of files, and neither the rules of the
// configuration nor one document of a certificate.
import { createHash } from 'node:crypto';
import path from 'node:path';
import { systemClock } from '../world/clock.ts';
import { faultOf } from '../world/document-shapes.ts';
import { outlineOf } from '../../config/outline.ts';
import { isIdle, readDueIndex } from '../../engine/due-index.ts';
import type { DueDocument } from '../../engine/due-index.ts';
import { signatures } from '../../files/signatures.ts';
import { createStore } from '../../store/keyv-store.ts';
import type { CertificateOutcome } from './commands.ts';

export interface IdleRequest {
  /** Of the configuration and of the state, as the command line names them. */
  readonly config?: string;
  readonly state?: string;
}

export interface Idle {
  readonly certificates: readonly (CertificateOutcome & { readonly until: number })[];
  readonly warnings: readonly string[];
}

/** Undefined: something may be due. */
export type FindIdle = (request: IdleRequest) => Promise<Idle | undefined>;

/** All on which the tasks of a run depend, besides the documents. */
export function configurationDigest(
  userAgent: string,
  config: { readonly path: string; readonly digest: string },
  stateDirectory: string,
): string {
  const parts = [userAgent, config.path, config.digest, stateDirectory];
  return createHash('sha256').update(parts.join('\0')).digest('base64');
}

export const findIdleAs =
  (version: string): FindIdle =>
  async (request) => {
    try {
      return await allIdle(request, `holger/${version}`);
    } catch {
      // An ordinary run says what is wrong.
      return undefined;
    }
  };

async function allIdle(request: IdleRequest, userAgent: string): Promise<Idle | undefined> {
  const outline = await outlineOf(request.config);
  if (outline === undefined) return undefined;
  const { state } = request;
  const directory = state === undefined ? outline.stateDirectory : path.resolve(state);
  const store = createStore({ directory, clock: systemClock, faultOf });
  const { document } = await readDueIndex({ store, clock: systemClock });
  if (document?.all === undefined) return undefined;
  const { configuration, roll, warnings } = document.all;
  if (configuration !== configurationDigest(userAgent, outline, directory)) return undefined;
  if (roll !== (await store.roll?.())) return undefined;
  return (await isUnchanged(document)) ? { certificates: outcomes(document), warnings } : undefined;
}

async function isUnchanged({ entries }: DueDocument): Promise<boolean> {
  const found = await signatures.of(entries.map(({ files }) => files));
  const now = systemClock.now();
  return entries.every((entry, at) => isIdle(entry, now) && entry.signature === found[at]);
}

function outcomes({ entries }: DueDocument): Idle['certificates'] {
  return entries.map(({ name, until }) => ({
    ...{ certificate: name, state: 'done', exit: 0, until, why: [] },
  }));
}
