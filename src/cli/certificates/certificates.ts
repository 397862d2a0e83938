// `certificates`: a list of what there is: names, CA, end, key type, TLSA records, targets; with
// --why, when each is due and how that is calculated.
import type { CertificateStatus } from '../../app/status/certificate-status.ts';
import type { OpenApp } from '../../app/use-cases/commands.ts';
import type { Instant } from '../../base/clock.ts';
import { formatInstant } from '../../base/clock.ts';
import type { ExitStatus } from '../../base/errors.ts';
import type { Invocation } from '../terminal/io.ts';
import { withTimes } from '../../base/json-times.ts';
import { jsonDocument, paragraph, table } from '../terminal/render.ts';
import { styled } from '../terminal/style.ts';
import { withApp } from '../session.ts';
import { hostIn } from './event-text.ts';
import { renewalLines } from './renewal-text.ts';

export interface ListRequest {
  readonly names: readonly string[];
  /** Print how the time of the renewal is calculated. */
  readonly why: boolean;
}

const HEADS = ['CERTIFICATE', 'NAMES', 'CA', 'VALID UNTIL', 'KEY', 'TLSA', 'TARGETS'];

function caOf({ live, ca }: CertificateStatus): string {
  return hostIn(live?.directory ?? ca.directory);
}

function row(it: CertificateStatus): readonly string[] {
  const [first = '', ...others] = it.names;
  const { certificate, notAfter, live, keyType, tlsa, targets } = it;
  return [
    certificate,
    others.length === 0 ? first : `${first} +${others.length}`,
    caOf(it),
    notAfter === undefined ? '-' : formatInstant(notAfter).slice(0, 10),
    live?.keyType ?? keyType,
    tlsa.state === 'none' ? '-' : tlsa.state,
    targets.map(({ label }) => label).join(', '),
  ];
}

function whyText({ certificate, renewal }: CertificateStatus, now: Instant): string {
  const [due = 'no certificate is deployed yet', ...more] =
    renewal === undefined ? [] : renewalLines(renewal, now);
  return [
    paragraph(`${styled('strong', certificate)}: ${due}`, '', '  '),
    ...more.map((text) => paragraph(text, '  ', '    ')),
  ].join('');
}

function listText(all: readonly CertificateStatus[], why: boolean, now: Instant): string {
  if (all.length === 0) return 'no certificates are configured\n';
  if (why) return all.map((one) => whyText(one, now)).join('');
  return table(HEADS, all.map(row));
}

/** As in the document of `status`. */
function json(it: CertificateStatus): object {
  const { certificate, names, ca, keyType, notAfter, tlsa, targets, renewal } = it;
  return { certificate, names, ca, keyType, notAfter, tlsa, targets, renewal };
}

export async function certificatesCommand(
  { names, why }: ListRequest,
  open: OpenApp,
  invocation: Invocation,
): Promise<ExitStatus> {
  const { options, io } = invocation;
  const all = await withApp(open, invocation, (app) => app.status(names));
  if (options.json) io.out(jsonDocument({ certificates: withTimes(all.map(json), null) }));
  else io.out(listText(all, why, io.now()));
  return 0;
}
