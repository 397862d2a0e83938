// `status`: where each certificate stands, what it waits for and until when, and why.
import { formatInstant } from '../base/clock.ts';
import type { Instant } from '../base/clock.ts';
import type { ExitStatus } from '../base/errors.ts';
import type { CertificateStatus, OpenApp, ServiceStatus } from '../app/commands.ts';
import type { GlobalOptions, Io } from './io.ts';
import { jsonDocument, paragraph, table, when } from './render.ts';
import { withApp } from './session.ts';

const timeText = (instant: Instant | undefined): string | null =>
  instant === undefined ? null : formatInstant(instant);

function json(it: CertificateStatus): Record<string, unknown> {
  return {
    ...it,
    generation: it.generation ?? null,
    waitingFor: it.waitingFor ?? null,
    notAfter: timeText(it.notAfter),
    until: timeText(it.until),
  };
}

function serviceRow(service: ServiceStatus): readonly string[] {
  const seen = `${service.current}/${service.endpoints}`;
  const fine = service.endpoints === 0 ? 'not seen yet' : 'as it should be';
  return [service.url, seen, service.finding ?? fine];
}

function text(it: CertificateStatus, now: Instant): string {
  const none =
    it.trouble?.code === 'STORE_NEWER' ? 'its state is not understood' : 'nothing live yet';
  const generation = it.generation === undefined ? none : `generation ${it.generation}`;
  const parts = [paragraph(`${it.certificate}: ${it.phase}, ${generation}`, '', '  ')];
  const line = (label: string, content: string): void => {
    parts.push(paragraph(content, `  ${label.padEnd(12)}`));
  };
  if (it.notAfter !== undefined) line('valid until', when(it.notAfter, now));
  if (it.waitingFor !== undefined) line('waiting for', it.waitingFor);
  if (it.until !== undefined) line('until', when(it.until, now));
  for (const why of it.why) line('why', why);
  for (const hint of it.hints) line('hint', hint);
  if (it.trouble !== undefined) {
    line('trouble', `${it.trouble.message} (${it.trouble.code})`);
    if (it.trouble.hint !== undefined) line('hint', it.trouble.hint);
  }
  if (it.services.length > 0) {
    parts.push(table(['SERVICE', 'CURRENT', 'SEEN'], it.services.map(serviceRow), '  '));
  }
  return parts.join('');
}

export async function statusCommand(
  names: readonly string[],
  open: OpenApp,
  options: GlobalOptions,
  io: Io,
): Promise<ExitStatus> {
  const rows = await withApp(open, options, io, (app) => app.status(names));
  if (options.json) io.out(jsonDocument({ certificates: rows.map(json) }));
  else if (rows.length === 0) io.out('no certificates are configured\n');
  else io.out(rows.map((row) => text(row, io.now())).join('\n'));
  return 0;
}
