// `notify test`: one message to every configured notifier, and the result for each recipient.
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { defined } from '../../base/defined.ts';
import type { ExitStatus } from '../../base/errors.ts';
import { AppError } from '../../base/errors.ts';
import { testNotice } from '../../watch/test-message.ts';
import type { Notice, Notifier, Undelivered } from '../../ports/notifier.ts';
import type { Invocation, Io } from '../terminal/io.ts';
import { jsonDocument, paragraph } from '../terminal/render.ts';
import { readConfig } from '../session.ts';
import type { Openers } from '../syntax.ts';

interface Outcome {
  readonly notifier: string;
  readonly delivered: readonly string[];
  readonly later: readonly Undelivered[];
  readonly refused: readonly Undelivered[];
  readonly failure?: { readonly code: string; readonly message: string; readonly hint?: string };
  readonly exit: ExitStatus;
}

async function tryOne(notifier: Notifier, notice: Notice, io: Io): Promise<Outcome> {
  const { label, recipients = [] } = notifier;
  const none = { notifier: label, delivered: [], later: [], refused: [] };
  try {
    const { later, refused } = await notifier.deliver(notice, { signal: io.signal });
    const not = [...later, ...refused].map(({ recipient }) => recipient);
    const delivered = recipients.filter((each) => !not.includes(each));
    const exit = refused.length > 0 ? 4 : later.length > 0 ? 3 : 0;
    return { ...none, delivered, later, refused, exit };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { code, message, hint, exit } = error;
    return { ...none, failure: { code, message, ...defined({ hint }) }, exit };
  }
}

function hints({
  later,
  refused,
  failure,
}: Pick<Outcome, 'later' | 'refused' | 'failure'>): string[] {
  return [
    ...(failure?.hint === undefined ? [] : [failure.hint]),
    ...(later.length > 0 ? ['the server asks to try again later; check --watch does'] : []),
    ...(refused.length > 0
      ? ['check the address, and whether the server wants a login (username and password)']
      : []),
  ];
}

function textOf({ notifier, delivered, later, refused, failure }: Outcome): string {
  const line = (label: string, text: string): string => paragraph(text, `  ${label.padEnd(9)} `);
  const to = ({ recipient, because }: Undelivered): string => `${recipient}: ${because}`;
  const isWhole = delivered.length + later.length + refused.length === 0;
  return [
    `${notifier}\n`,
    ...delivered.map((each) => line('delivered', each)),
    ...later.map((each) => line('later', to(each))),
    ...refused.map((each) => line('refused', to(each))),
    ...(failure === undefined
      ? isWhole
        ? ['  delivered\n']
        : []
      : [line('failed', failure.message)]),
    ...hints({ later, refused, ...(failure && { failure }) }).map((hint) => line('hint', hint)),
  ].join('');
}

/**
 * Exit status 0: every recipient accepted it. 4: one refused it permanently. 2 and 3: as the
 * failures say.
 */
export async function notifyTest(
  open: Pick<Openers, 'openNotifiers'>,
  { options, io }: Invocation,
): Promise<ExitStatus> {
  const config = await readConfig(options);
  const notifiers = await open.openNotifiers(config);
  if (notifiers.length === 0) {
    throw new AppError('USAGE', `${config.path} has no notify in [monitor]`, {
      hint: 'write one, like notify = [{ type = "email", from = "…", to = ["…"] }]',
    });
  }
  const notice = testNotice({ id: randomUUID(), at: io.now(), host: hostname() });
  const outcomes = await Promise.all(notifiers.map((each) => tryOne(each, notice, io)));
  if (options.json) io.out(jsonDocument({ notifiers: outcomes }));
  else io.out(outcomes.map(textOf).join(''));
  const exits = outcomes.map(({ exit }) => exit);
  return ([2, 4, 3] as const).find((exit) => exits.includes(exit)) ?? 0;
}
