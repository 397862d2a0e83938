// `target test`: what each machine of [target.NAME] says of itself, for each certificate that goes
// there.
import type { ExitStatus } from '../../base/errors.ts';
import type { OpenApp } from '../../app/use-cases/commands.ts';
import type { TargetTrial } from '../../app/use-cases/target-trial.ts';
import { withApp } from '../session.ts';
import type { Invocation } from '../terminal/io.ts';
import { jsonDocument, paragraph } from '../terminal/render.ts';

const WIDTH = 16;

export function targetTest(
  names: readonly string[],
  open: OpenApp,
  invocation: Invocation,
): Promise<ExitStatus> {
  return withApp(open, invocation, async (app) => {
    const { io, options } = invocation;
    const trials = await app.tryTargets(names);
    if (options.json) io.out(jsonDocument({ targets: trials }));
    else if (trials.length === 0) io.err('no certificate is deployed to a [target.NAME]\n');
    else if (options.verbosity >= 0) io.out(trials.map(textOf).join('\n'));
    else
      io.out(
        trials
          .filter(({ exit }) => exit !== 0)
          .map(textOf)
          .join('\n'),
      );
    const exits = trials.map(({ exit }) => exit);
    return ([70, 2, 4, 3] as const).find((exit) => exits.includes(exit)) ?? 0;
  });
}

function textOf({ target, certificate, facts, failure }: TargetTrial): string {
  const line = (label: string, text: string): string =>
    paragraph(text, `  ${label.padEnd(WIDTH)} `, ' '.repeat(WIDTH + 3));
  return [
    `${target}, certificate ${certificate}: ${failure === undefined ? 'OK' : 'FAILED'}\n`,
    ...facts.map(({ name, value }) => line(name, value)),
    ...(failure === undefined ? [] : [line(failure.code, failure.message)]),
    ...(failure?.hint === undefined ? [] : [line('>', failure.hint)]),
  ].join('');
}
