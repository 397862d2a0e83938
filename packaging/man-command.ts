// holger(1), made of the definitions of the command line.
import { everyCommand } from './syntax.ts';
import type { CommandSyntax, Flag } from './syntax.ts';
import { bold, heading, item, literal, page, paragraphs, roff, subheading } from './roff.ts';

const STATUSES: readonly (readonly [string, string])[] = [
  ['0', 'done, or waiting as planned'],
  ['1', 'a check found something'],
  ['2', 'wrong usage or configuration'],
  ['3', 'a temporary failure: the next run tries again'],
  ['4', 'a person is needed: the message says for what'],
  ['5', 'another process works on the same certificate'],
  ['70', 'a fault in holger'],
];

const FILES: readonly (readonly [string, string])[] = [
  ['/etc/holger/config.toml', 'the configuration, holger.toml(5)'],
  ['/var/lib/holger', 'keys, chains and what was observed. Back it up'],
];

const options = (flags: readonly Flag[]): string =>
  flags
    .map(({ flags: label, about, choices }) =>
      item(bold(label), about + (choices.length > 0 ? `. One of: ${choices.join(', ')}` : '')),
    )
    .join('');

function command({
  path,
  usage,
  description,
  options: flags,
  notes,
  commands,
}: CommandSyntax): string {
  const own = flags.filter(({ names }) => !names.includes('--help'));
  return (
    subheading(['holger', ...path].join(' ')) +
    `.PP\n${bold(['holger', ...path].join(' '))} ${roff(usage)}\n` +
    paragraphs(`${description.charAt(0).toUpperCase()}${description.slice(1)}.`) +
    (commands.length > 0
      ? paragraphs(`Commands: ${commands.map(({ path: [...all] }) => all.at(-1)).join(', ')}.`)
      : '') +
    options(own) +
    (notes === '' ? '' : literal(notes))
  );
}

export function commandPage(top: CommandSyntax, version: string): string {
  const [, ...below] = everyCommand(top);
  return (
    page('holger', 1, version, 'ACME client for people who run DANE') +
    heading('SYNOPSIS') +
    `${bold('holger')} ${roff(top.usage)}\n` +
    heading('DESCRIPTION') +
    paragraphs(
      'holger obtains certificates over DNS-01, publishes their TLSA records beside the old ones, ' +
        'waits until no resolver can still hold records that would reject the new chain, deploys, ' +
        'proves the deployment with a real handshake, and only then withdraws the old records.',
    ) +
    heading('OPTIONS') +
    options(top.options) +
    (top.notes === '' ? '' : literal(top.notes)) +
    heading('COMMANDS') +
    below.map(command).join('') +
    heading('EXIT STATUS') +
    STATUSES.map(([status, text]) => item(bold(status), text)).join('') +
    heading('FILES') +
    FILES.map(([file, text]) => item(`\\fI${roff(file)}\\fR`, text)).join('') +
    heading('SEE ALSO') +
    '.BR holger.toml (5),\n.BR systemd.timer (5)\n'
  );
}
