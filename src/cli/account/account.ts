// `account`: the account at the CA, as text and as CAA records.
import type { AccountReport } from '../../app/use-cases/account.ts';
import type { NamedInCaa } from '../../app/use-cases/caa.ts';
import type { App, OpenApp } from '../../app/use-cases/commands.ts';
import type { ExitStatus } from '../../base/errors.ts';
import type { Invocation } from '../terminal/io.ts';
import { jsonDocument, paragraph, verbatim } from '../terminal/render.ts';
import { withApp } from '../session.ts';

function contactText({ contact }: AccountReport): string | undefined {
  if (contact === undefined) return undefined;
  return contact.length === 0 ? 'the CA reports none' : contact.join(', ');
}

function textOf(report: AccountReport): string {
  const { url, status, directory, keyFile, termsOfService, caaIdentities = [], failure } = report;
  const { profiles = {} } = report;
  const line = (label: string, text: string | undefined): string =>
    text === undefined ? '' : verbatim([`${label.padEnd(10)} ${text}`]);
  const [ca] = caaIdentities;
  const caa =
    url !== undefined && ca !== undefined ? `0 issue "${ca}; accounturi=${url}"` : undefined;
  const missing = failure === undefined ? 'none; holger account update creates it' : 'not known';
  return (
    line('account', url ?? missing) +
    line('status', status) +
    line('contact', contactText(report)) +
    line('directory', directory) +
    line('key', report.archived ?? keyFile ?? 'none yet') +
    line('new key', report.keyChangePending && NOT_TAKEN) +
    line('terms', termsOfService) +
    line('profiles', Object.keys(profiles).join(', ') || undefined) +
    line('CAA', caa) +
    (report.caaOfFormer ?? []).map(formerText).join('') +
    (failure === undefined ? '' : paragraph(failure.message, 'CA         ')) +
    (failure?.hint === undefined ? '' : paragraph(failure.hint, 'hint       '))
  );
}

const NOT_TAKEN = 'not accepted by the CA yet: holger account key-change continues with it';

function formerText({ owner, tag, value }: NamedInCaa): string {
  const record = `${owner} IN CAA 0 ${tag} "${value}"`;
  return (
    paragraph('names an account that is no longer used:', 'CAA        ') +
    verbatim([record], '           ')
  );
}

/**
 * Exit status 1: there is no account. 4: it is not valid. If the CA does not answer: as the failure
 * says.
 */
function exitOf({ url, status, failure }: AccountReport): ExitStatus {
  if (failure !== undefined) return failure.exit;
  if (url === undefined) return 1;
  return status === 'valid' ? 0 : 4;
}

/** The use cases that the command calls. */
type Act = (app: App) => Promise<AccountReport>;

export async function accountCommand(
  act: Act,
  open: OpenApp,
  invocation: Invocation,
): Promise<ExitStatus> {
  const { options, io } = invocation;
  const report = await withApp(open, invocation, act);
  if (options.json) io.out(jsonDocument({ account: report }));
  else io.out(textOf(report));
  return report.status === 'deactivated' && report.archived !== undefined ? 0 : exitOf(report);
}
