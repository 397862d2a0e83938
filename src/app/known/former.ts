// Renamings that have begun and are not complete: what the engine needs to finish them, and which
// certificates must wait.
import { AppError } from '../../base/errors.ts';
import type { CertificateConfig } from '../../config/schema.ts';
import { readOrSetAside } from '../../engine/state/documents.ts';
import type { Former, Task } from '../../engine/world.ts';
import type { Installation } from './departed.ts';
import { KEPT, keptOf } from './kept.ts';
import type { Kept } from './kept.ts';
import { isConfigured, ONE_OFF, underWay } from './one-offs.ts';
import type { Names } from './one-offs.ts';

/** The new names of the renamings that have begun. */
export async function withFormer(
  tasks: readonly Task[],
  installation: Installation,
): Promise<Task[]> {
  const begun = await underWay(installation);
  if (begun.length === 0) return [...tasks];
  return Promise.all(
    tasks.map(async (task) => {
      const { name } = task.intent;
      const former = begun.find(({ to }) => to === name);
      const certificate = installation.certificates.find((one) => one.name === name);
      if (former === undefined || certificate === undefined) return task;
      return { ...task, formerly: await formerOf(former.from, certificate, installation) };
    }),
  );
}

/** @throws AppError USAGE for a certificate that is in the middle of a renaming */
export async function refuseHalfRenamed(name: string, installation: Installation): Promise<void> {
  const half = (await underWay(installation)).find(({ from, to }) => from === name || to === name);
  if (half !== undefined) throw unfinished(half);
}

export function unfinished({ from, to }: Names): AppError {
  return new AppError('USAGE', `the renaming of "${from}" to "${to}" is not finished`, {
    hint: `finish it first: holger rename ${from} ${to} (the next run does it as well)`,
  });
}

export async function formerOf(
  from: string,
  certificate: CertificateConfig,
  installation: Installation,
): Promise<Former> {
  const { name: to } = certificate;
  const { store } = installation;
  const before = await Promise.all(
    [from, to].map((name) => readOrSetAside<Kept>(`${KEPT}${name}`, installation)),
  );
  const kept = before.flatMap((stored) => stored?.value ?? []);
  const needed =
    !isConfigured(to, installation) && (await store.read(`${ONE_OFF}${to}`)) === undefined;
  return {
    name: from,
    documents: [
      ...(needed ? [{ key: `${ONE_OFF}${to}`, value: certificate }] : []),
      ...(kept.length === 0
        ? []
        : [{ key: `${KEPT}${to}`, value: await keptOf(certificate, kept, installation) }]),
    ],
    obsolete: [`${KEPT}${from}`, `${ONE_OFF}${from}`],
  };
}
