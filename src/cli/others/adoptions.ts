// `import --adopt`: what another client has in use becomes the live generation, as `holger adopt`
// does it, one certificate after the other. One that cannot be adopted delays no other.
import type { ImportReport } from '../../app/use-cases/import.ts';
import type { App, OpenApp } from '../../app/use-cases/commands.ts';
import { AppError } from '../../base/errors.ts';
import type { ExitStatus } from '../../base/errors.ts';
import type { Event } from '../../engine/events.ts';
import { withApp } from '../session.ts';
import type { Invocation } from '../terminal/io.ts';

export interface Adoption {
  readonly certificate: string;
  readonly adopted: boolean;
  /** Which generation it is now, or why it was not adopted. */
  readonly why: readonly string[];
  readonly exit: ExitStatus;
}

/** holger keeps them, like those of another party. */
const UNSEEN =
  'its services are not known yet, so TLSA records that are in DNS already were not taken over';

type Imported = ImportReport['certificates'][number];

export function adoptAll(
  { certificates }: ImportReport,
  open: OpenApp,
  invocation: Invocation,
): Promise<readonly Adoption[]> {
  return withApp(open, invocation, async (app) => {
    const adoptions: Adoption[] = [];
    for (const one of certificates) adoptions.push(await adopt(one, app));
    return adoptions;
  });
}

async function adopt({ name: certificate, found }: Imported, app: App): Promise<Adoption> {
  const files = { certificate: found.certificate, key: found.key };
  const request = {
    certificate,
    what: { kind: 'adopt', files },
    wait: false,
    dryRun: false,
  } as const;
  const told: Event[] = [];
  try {
    const { exit, certificates } = await app.operate(request, (event) => told.push(event));
    const done = told.flatMap((event) => (event.event === 'operator' ? event.detail : []));
    const hints = told.flatMap((event) => (event.event === 'failed' ? (event.hint ?? []) : []));
    const rest = certificates.flatMap(({ why }) => why);
    const unseen = done.length > 0 && found.services.length === 0 ? [UNSEEN] : [];
    const why = [...done, ...rest, ...hints, ...unseen];
    return { certificate, adopted: done.length > 0, why, exit };
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'INTERRUPTED') throw error;
    const { message, hint, exit } = error;
    const why = hint === undefined ? [message] : [message, hint];
    return { certificate, adopted: false, why, exit };
  }
}

export function adoptionText({ certificate, adopted, why }: Adoption): string {
  return `${adopted ? 'adopted' : 'did not adopt'} ${certificate}: ${why.join('; ')}`;
}

/** The first that applies of these. */
const ORDER: readonly ExitStatus[] = [70, 2, 4, 3, 5, 1];

export function exitOf(adoptions: readonly Adoption[]): ExitStatus {
  return ORDER.find((status) => adoptions.some(({ exit }) => exit === status)) ?? 0;
}
