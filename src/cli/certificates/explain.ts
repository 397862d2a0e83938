// `explain`: the meaning of a name that `run`, `status` or `check` printed as a reason or a
// finding.
import { AppError } from '../../base/errors.ts';
import type { ExitStatus } from '../../base/errors.ts';
import { RULES } from '../../check/rules/catalogue.ts';
import { didYouMean } from '../../config/suggest.ts';
import { REASONS } from '../../rollover/reasons.ts';
import type { Invocation } from '../terminal/io.ts';
import { jsonDocument, paragraph } from '../terminal/render.ts';

interface Explained {
  readonly name: string;
  readonly of: 'reason' | 'finding';
  /** RFC section, rule of docs/laws.md, or option. */
  readonly section: string;
  readonly means: string;
  readonly todo: string;
}

const ALL: readonly Explained[] = [
  ...Object.entries(REASONS).map(([name, entry]) => ({ name, of: 'reason' as const, ...entry })),
  ...Object.entries(RULES).map(([name, { source, means, todo }]) => ({
    ...{ name, of: 'finding' as const },
    ...{ section: source, means, todo },
  })),
];

export function explainCommand(
  name: string | undefined,
  { options: { json }, io }: Invocation,
): ExitStatus {
  if (name === undefined) {
    io.out(json ? jsonDocument({ names: ALL }) : listText());
    return 0;
  }
  const found = ALL.find((one) => one.name === name);
  if (found === undefined) throw unknown(name);
  io.out(json ? jsonDocument({ ...found }) : text(found));
  return 0;
}

function text({ name, of, section, means, todo }: Explained): string {
  return [
    paragraph(`${name} (${of})`),
    paragraph(means, '    '),
    paragraph(`to do: ${todo}`, '    '),
    paragraph(`see ${section}`, '    '),
  ].join('');
}

function listText(): string {
  const lines = (kind: Explained['of']): string =>
    ALL.filter(({ of }) => of === kind)
      .map(({ name }) => `  ${name}\n`)
      .join('');
  return `Reasons of run and status:\n${lines('reason')}\nFindings of check:\n${lines('finding')}`;
}

function unknown(name: string): AppError {
  const names = ALL.map((one) => one.name);
  return new AppError(
    'USAGE',
    `there is no reason or finding with the name "${name}"${didYouMean(name, names)}`,
    { hint: 'holger explain lists all names' },
  );
}
