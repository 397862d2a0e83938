// `status`: the state of each certificate, what it waits for, until when, and why.
import type { CertificateStatus } from '../../app/status/certificate-status.ts';
import type { LeftBehind } from '../../app/known/left-behind.ts';
import type { OpenApp } from '../../app/use-cases/commands.ts';
import type { ExitStatus } from '../../base/errors.ts';
import type { Invocation } from '../terminal/io.ts';
import { withTimes } from '../../base/json-times.ts';
import { jsonDocument, paragraph, verbatim } from '../terminal/render.ts';
import { withApp } from '../session.ts';
import { detailText } from './status-detail.ts';
import { overviewText } from './status-overview.ts';

/** One certificate, or those that were named, in full; an overview of many. */
function statusText(
  all: readonly CertificateStatus[],
  { inFull, verbose }: { readonly inFull: boolean; readonly verbose: boolean },
  now: number,
): string {
  if (all.length === 0) return 'no certificates are configured\n';
  if (!inFull && all.length > 1) return overviewText(all, now);
  return all.map((one) => detailText(one, now, verbose)).join('\n');
}

/** A record is copied, so it is not broken over two lines. */
function leftText({ because, records, hint }: LeftBehind): string {
  return [
    paragraph(because, 'left behind: ', '  '),
    verbatim(records, '    '),
    paragraph(hint, '  hint: ', '    '),
  ].join('');
}

export async function statusCommand(
  names: readonly string[],
  open: OpenApp,
  invocation: Invocation,
): Promise<ExitStatus> {
  const { options, io } = invocation;
  const { all, left } = await withApp(open, invocation, async (app) => ({
    all: await app.status(names),
    left: names.length > 0 ? [] : await app.leftBehind(),
  }));
  if (options.json) {
    io.out(jsonDocument({ certificates: withTimes(all, null), leftBehind: left }));
    return 0;
  }
  const verbose = options.verbosity > 0;
  io.out(statusText(all, { inFull: names.length > 0 || verbose, verbose }, io.now()));
  if (left.length > 0) io.out(`\n${left.map(leftText).join('\n')}`);
  return 0;
}
