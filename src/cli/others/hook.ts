// `hook`: another client has renewed. Whatever goes wrong here, its renewal has succeeded and must
// not be reported as failed: the exit status is 0, and the messages are on stderr.
import { AppError } from '../../base/errors.ts';
import type { ExitStatus } from '../../base/errors.ts';
import { visible } from '../../base/visible.ts';
import type { Others } from '../../app/use-cases/others.ts';
import { isOtherClient, OTHER_CLIENTS } from '../../deploy/other-client.ts';
import type { Invocation } from '../terminal/io.ts';
import { paragraph } from '../terminal/render.ts';
import { readConfig } from '../session.ts';

export async function hookCommand(
  client: string,
  args: readonly string[],
  openOthers: () => Promise<Others>,
  { options, io }: Invocation,
): Promise<ExitStatus> {
  const say = (text: string, kind = ''): void =>
    io.err(paragraph(visible(text), `holger: ${kind}`, '  '));
  try {
    if (!isOtherClient(client)) {
      say(`holger knows no client "${client}": name ${OTHER_CLIENTS.join(', ')}`, 'warning: ');
      return 0;
    }
    const config = await readConfig(options);
    const { asked, doubts } = await (await openOthers()).hook({ config, client, args });
    for (const doubt of doubts) say(doubt, 'warning: ');
    if (asked.length > 0 && options.verbosity >= 0) {
      say(`the next run looks at ${asked.join(', ')}`);
    }
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    say(`${error.message}; the next run compares the files by itself`, 'warning: ');
    if (error.hint !== undefined) say(error.hint, 'hint: ');
  }
  return 0;
}
