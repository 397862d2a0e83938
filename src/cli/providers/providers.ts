// `providers`: the list of providers and what each can do; `providers test`: whether the
// credentials of one are sufficient.
import { PROVIDERS } from '../../../providers/index.ts';
import type { Option, ProviderKind } from '../../../providers/_kit/kind.ts';
import type { OpenApp } from '../../app/use-cases/commands.ts';
import type { TrialStep } from '../../app/use-cases/provider-trial.ts';
import type { ExitStatus } from '../../base/errors.ts';
import { AppError } from '../../base/errors.ts';
import { formatDuration } from '../../base/duration.ts';
import type { Invocation } from '../terminal/io.ts';
import { jsonDocument, jsonLine, paragraph, table } from '../terminal/render.ts';
import { withApp } from '../session.ts';
import { withTimes } from '../../base/json-times.ts';
import { changeText } from '../certificates/status-words.ts';

const SIGNS: Readonly<Record<ProviderKind['traits']['signs'], string>> = {
  always: 'always',
  'on-request': 'on request',
  never: 'never',
  other: 'you do',
};

function listText(): string {
  const rows = PROVIDERS.map(({ type, title, traits }) => [
    type,
    title,
    ['TXT', 'TLSA'].filter((one) => traits.types.includes(one as 'TXT' | 'TLSA')).join(' '),
    SIGNS[traits.signs],
  ]);
  return (
    table(['TYPE', 'PROVIDER', 'RECORDS', 'SIGNS ZONES'], rows) +
    '\nOptions and what to know: holger providers TYPE\n'
  );
}

const yes = (value: boolean): string => (value ? 'yes' : 'no');

function leastTtl({ ttl }: ProviderKind['traits']): string {
  if (ttl.zone) return 'the zone’s';
  return ttl.least === 0 ? 'any' : formatDuration(ttl.least);
}

function optionLine([name, { required, about, words }]: readonly [string, Option]): string {
  const choice = words === undefined ? '' : ` (${words.join(', ')})`;
  const label = `  ${name.padEnd(16)} `;
  return paragraph(`${required ? '' : 'optional: '}${about}${choice}`, label);
}

function kindText({ type, title, site, traits, options, notes }: ProviderKind): string {
  const line = (label: string, content: string): string =>
    paragraph(content, `  ${label.padEnd(16)} `);
  return (
    `${type}: ${title}\n` +
    `  ${site}\n` +
    line('records', traits.types.join(', ')) +
    line('signs zones', SIGNS[traits.signs]) +
    line('least TTL', leastTtl(traits)) +
    line(
      'one change',
      traits.edits === 'rrset' ? 'all records at once' : 'record by record, the new ones first',
    ) +
    line('conditional', yes(traits.conditional)) +
    line('reports completion', yes(traits.tellsApplied)) +
    (traits.limits === undefined ? '' : line('limits', traits.limits)) +
    notes.map((note) => line('note', note)).join('') +
    `\n[provider.NAME]\n  ${'type'.padEnd(16)} "${type}"\n` +
    Object.entries(options).map(optionLine).join('')
  );
}

function kindJson({ type, title, site, traits, options, notes }: ProviderKind): object {
  const listed = Object.entries(options).map(([name, option]) => ({ name, ...option }));
  return { type, title, site, traits, notes, options: listed };
}

export function providersCommand(
  type: string | undefined,
  { options, io }: Invocation,
): ExitStatus {
  const kinds = type === undefined ? PROVIDERS : PROVIDERS.filter((one) => one.type === type);
  const [kind] = kinds;
  if (kind === undefined) {
    throw new AppError('USAGE', `there is no provider of type "${type ?? ''}"`, {
      hint: `types are: ${PROVIDERS.map((one) => one.type).join(', ')}`,
    });
  }
  if (options.json) io.out(jsonDocument({ providers: kinds.map(kindJson) }));
  else io.out(type === undefined ? listText() : kindText(kind));
  return 0;
}

const LABEL: Readonly<Record<TrialStep['outcome'], string>> = {
  done: 'ok',
  note: 'note',
  failed: 'FAILED',
};

export async function providersTest(
  name: string,
  zone: string | undefined,
  open: OpenApp,
  invocation: Invocation,
): Promise<ExitStatus> {
  const { options, io } = invocation;
  return withApp(open, invocation, async (app) => {
    let failures = 0;
    for await (const step of app.tryProvider(name, zone)) {
      if (step.outcome === 'failed') failures += 1;
      if (options.json) io.out(jsonLine({ event: 'step', ...step }));
      else io.out(paragraph(`${step.step}: ${step.detail}`, `${LABEL[step.outcome].padEnd(6)} `));
    }
    if (options.json) io.out(jsonLine({ event: 'summary', provider: name, failures }));
    return failures === 0 ? 0 : 1;
  });
}

/** What a person was asked to change and the name servers did not serve at the last sweep. */
export async function providersPending(open: OpenApp, invocation: Invocation): Promise<ExitStatus> {
  const { options, io } = invocation;
  const all = await withApp(open, invocation, (app) => app.status([]));
  const pending = all.flatMap((one) => one.pending);
  if (options.json) io.out(jsonDocument({ pending: withTimes(pending) }));
  else if (pending.length > 0) io.out(pending.map((one) => changeText(one, io.now())).join('\n'));
  else if (options.verbosity >= 0) io.out('there is nothing to change by hand\n');
  return 0;
}
