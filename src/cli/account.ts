// `account show` and `account update`: the account at the CA, for people and for CAA records.
import type { AccountReport } from '../app/account.ts';
import type { OpenApp } from '../app/commands.ts';
import type { ExitStatus } from '../base/errors.ts';
import type { GlobalOptions, Io } from './io.ts';
import { jsonDocument, paragraph, verbatim } from './render.ts';
import { withApp } from './session.ts';

function contactText({ contact }: AccountReport): string | undefined {
  if (contact === undefined) return undefined;
  return contact.length === 0 ? 'the CA shows none' : contact.join(', ');
}

function textOf(report: AccountReport): string {
  const { url, status, directory, keyFile, termsOfService, caaIdentities = [], failure } = report;
  const line = (label: string, text: string | undefined): string =>
    text === undefined ? '' : verbatim([`${label.padEnd(10)} ${text}`]);
  const [ca] = caaIdentities;
  const caa =
    url !== undefined && ca !== undefined ? `0 issue "${ca}; accounturi=${url}"` : undefined;
  const missing = failure === undefined ? 'none; holger account update makes it' : 'not known';
  return (
    line('account', url ?? missing) +
    line('status', status) +
    line('contact', contactText(report)) +
    line('directory', directory) +
    line('key', keyFile ?? 'none yet') +
    line('terms', termsOfService) +
    line('CAA', caa) +
    (failure === undefined ? '' : paragraph(failure.message, 'CA         ')) +
    (failure?.hint === undefined ? '' : paragraph(failure.hint, 'hint       '))
  );
}

/** 1: there is no account. 4: it is not valid. What the CA did not say ends as its failure says. */
function exitOf({ url, status, failure }: AccountReport): ExitStatus {
  if (failure !== undefined) return failure.exit;
  if (url === undefined) return 1;
  return status === 'valid' ? 0 : 4;
}

export async function accountCommand(
  update: boolean,
  open: OpenApp,
  options: GlobalOptions,
  io: Io,
): Promise<ExitStatus> {
  const report = await withApp(open, options, io, (app) => app.account(update));
  if (options.json) io.out(jsonDocument({ account: report }));
  else io.out(textOf(report));
  return exitOf(report);
}
