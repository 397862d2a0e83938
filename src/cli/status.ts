// `status`: where each certificate stands, what it waits for and until when, and why.
import type { CertificateStatus } from '../app/certificate-status.ts';
import type { OpenApp } from '../app/commands.ts';
import type { ExitStatus } from '../base/errors.ts';
import type { GlobalOptions, Io } from './io.ts';
import { withTimes } from './json-times.ts';
import { jsonDocument } from './render.ts';
import { withApp } from './session.ts';
import { detailText } from './status-detail.ts';
import { overviewText } from './status-overview.ts';

/** One certificate, or those that were asked for by name, in full; of many an overview. */
function statusText(all: readonly CertificateStatus[], inFull: boolean, now: number): string {
  if (all.length === 0) return 'no certificates are configured\n';
  if (!inFull && all.length > 1) return overviewText(all, now);
  return all.map((one) => detailText(one, now)).join('\n');
}

export async function statusCommand(
  names: readonly string[],
  open: OpenApp,
  options: GlobalOptions,
  io: Io,
): Promise<ExitStatus> {
  const all = await withApp(open, options, io, (app) => app.status(names));
  if (options.json) io.out(jsonDocument({ certificates: withTimes(all, null) }));
  else io.out(statusText(all, names.length > 0 || options.verbosity > 0, io.now()));
  return 0;
}
