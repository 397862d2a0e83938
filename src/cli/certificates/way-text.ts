// The next steps, as a dry run shows them: by time, with names, records, files and commands on
// lines that can be copied.
import type { Instant } from '../../base/clock.ts';
import { formatDuration } from '../../base/duration.ts';
import type { Event } from '../../engine/events.ts';
import { stageWords } from '../../rollover/forecast/explain.ts';
import type { Stage } from '../../rollover/forecast/forecast.ts';
import { paragraph, verbatim, when } from '../terminal/render.ts';
import { styled } from '../terminal/style.ts';
import { isAtCa } from './event-text.ts';

type Planned = Extract<Event, { readonly event: 'planned' }>;
type PlannedCommands = Extract<Event, { readonly event: 'commands-planned' }>;

const STAGE = '    ';
const BELOW = '      ';

/** With the quoting of a shell. */
function commandLine(argv: readonly string[]): string {
  return argv
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}

function copied(stage: Stage, { targets }: Planned): readonly string[] {
  switch (stage.stage) {
    case 'order':
      return [stage.directory, ...stage.domains];
    case 'publish':
    case 'withdraw':
      return [...stage.add.map((one) => `+ ${one}`), ...stage.remove.map((one) => `- ${one}`)];
    case 'deploy':
      return targets.flatMap(({ label, writes, runs }) => {
        const lines = [...writes, ...runs.map((argv) => `$ ${commandLine(argv)}`)];
        return lines.length === 0 ? [label] : lines;
      });
    case 'reload':
      return targets.flatMap(({ runs }) => runs.map((argv) => `$ ${commandLine(argv)}`));
    default:
      return [];
  }
}

function sentence(stage: Stage, now: Instant): string {
  switch (stage.stage) {
    case 'order':
      return isAtCa(stage.directory)
        ? `${stageWords(stage)} and prove its names in DNS, at`
        : `make the certificate of generation ${stage.generation} and sign it, as`;
    case 'publish':
    case 'withdraw':
      return `${stageWords(stage)} (TTL ${formatDuration(stage.ttl)})`;
    case 'wait':
      return `wait until about ${when(stage.until, now)}${becauseOf(stage)}`;
    case 'open':
      return `${stage.person ? 'needs a person' : 'wait; how long is not known'}${becauseOf(stage)}`;
    case 'rest':
      return `done; nothing more until about ${when(stage.until, now)}`;
    default:
      return stageWords(stage);
  }
}

function becauseOf({ reasons }: Extract<Stage, { readonly stage: 'wait' | 'open' }>): string {
  const all = reasons.map(({ because }) => because);
  return all.length === 0 ? '' : `: ${all.join('; ')}`;
}

function stageText(stage: Stage, planned: Planned, now: Instant): string {
  const lines = copied(stage, planned);
  const text = sentence(stage, now);
  return paragraph(text, STAGE, BELOW) + verbatim(lines, `${BELOW}  `);
}

/** What a run calls around the steps of all certificates. */
export function commandsText({ before, after }: PlannedCommands): string {
  const part = (text: string, argv: readonly string[] | undefined): string =>
    argv === undefined
      ? ''
      : paragraph(text, '  ') + verbatim([`$ ${commandLine(argv)}`], `${BELOW}  `);
  return (
    part('once, before the first order or deployment of a run:', before) +
    part('once, when all of that has ended:', after)
  );
}

export function wayText(planned: Planned, now: Instant): string {
  const parts: string[] = [
    paragraph(
      `${styled('strong', planned.certificate)}: nothing was changed; the next steps, if ` +
        'no error occurs:',
    ),
  ];
  let at: Instant | undefined;
  for (const stage of planned.way) {
    if (stage.at !== at) {
      const about = at === undefined ? '' : 'about ';
      parts.push(paragraph(styled('faint', `${about}${when(stage.at, now)}`), '  '));
      at = stage.at;
    }
    parts.push(stageText(stage, planned, now));
  }
  return parts.join('');
}
