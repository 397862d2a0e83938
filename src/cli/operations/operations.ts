// The operations: rollback, emergency, off, on, adopt, forget; and revoke. All under the two laws,
// all with --dry-run.
import type { Instant } from '../../base/clock.ts';
import { formatInstant } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';
import { entryOf } from '../../base/table.ts';
import type { ExitStatus } from '../../base/errors.ts';
import type { EmergencyChoice, OperationRequest, OpenApp } from '../../app/use-cases/commands.ts';
import type { RevocationReason } from '../../ports/issuer.ts';
import { countingDown } from '../terminal/countdown.ts';
import type { Invocation } from '../terminal/io.ts';
import { jsonDocument, paragraph, when } from '../terminal/render.ts';
import { finish, teller } from '../certificates/run.ts';
import { withApp } from '../session.ts';

export async function operationCommand(
  request: OperationRequest,
  open: OpenApp,
  invocation: Invocation,
): Promise<ExitStatus> {
  const tell = teller(invocation);
  const summary = await withApp(open, invocation, (app) =>
    request.wait
      ? countingDown(tell, invocation, (telling) => app.operate(request, telling))
      : app.operate(request, tell),
  );
  return finish(summary, invocation);
}

export interface EmergencyFlags {
  readonly keepRecords?: true;
  readonly withdrawRecords?: true;
  readonly wait: boolean;
  readonly dryRun: boolean;
}

/** Without a choice, both are explained and nothing happens. */
export async function emergencyCommand(
  certificate: string,
  { keepRecords, withdrawRecords, wait, dryRun }: EmergencyFlags,
  open: OpenApp,
  invocation: Invocation,
): Promise<ExitStatus> {
  const { options, io } = invocation;
  if (keepRecords === true && withdrawRecords === true) {
    throw new AppError('USAGE', 'choose one of --keep-records and --withdraw-records', {
      hint: `holger emergency ${certificate} explains both`,
    });
  }
  if (keepRecords !== true && withdrawRecords !== true) {
    const choices = await withApp(open, invocation, (app) => app.emergencyChoices(certificate));
    io.out(
      options.json
        ? choicesJson(certificate, choices)
        : choicesText(certificate, choices, io.now()),
    );
    return 2;
  }
  const records = keepRecords === true ? 'keep' : 'withdraw';
  const what = { kind: 'emergency', records } as const;
  return operationCommand({ certificate, what, wait, dryRun }, open, invocation);
}

function choicesJson(certificate: string, choices: readonly EmergencyChoice[]): string {
  return jsonDocument({
    certificate,
    choices: choices.map(({ records, deployedAt, safeAt }) => ({
      records,
      deployedAt: formatInstant(deployedAt),
      safeAt: formatInstant(safeAt),
    })),
  });
}

function choicesText(
  certificate: string,
  choices: readonly EmergencyChoice[],
  now: Instant,
): string {
  const parts = [
    paragraph(
      `The key of ${certificate} is compromised: an attacker who has it can pose as the ` +
        'server while a record of it is in DNS or in a cache. Nothing was changed yet; ' +
        'choose:',
    ),
  ];
  for (const { records, deployedAt, safeAt } of choices) {
    const [flag, how, price] = TEXTS[records];
    parts.push(
      '\n',
      paragraph(`holger emergency ${certificate} ${flag}`, '  '),
      paragraph(how, '    '),
      paragraph(`new key live: ${when(deployedAt, now)}`, '    '),
      paragraph(`old key refused by every DANE client: ${when(safeAt, now)}`, '    '),
      paragraph(price, '    '),
    );
  }
  return parts.join('');
}

const TEXTS = {
  keep: [
    '--keep-records',
    'A new key is published beside the old one. When every cache has both, the new key ' +
      'is deployed and the old record is withdrawn.',
    'DANE protects mail all the time, except from an attacker who has the old key.',
  ],
  withdraw: [
    '--withdraw-records',
    'All TLSA records are withdrawn at once. When no cache holds them any more, a new ' +
      'key is deployed and published.',
    'Until then senders use opportunistic TLS: no mail is refused, but an attacker on ' +
      'the path can read it.',
  ],
} as const;

const REASONS: Readonly<Record<string, RevocationReason>> = {
  unspecified: 0,
  keyCompromise: 1,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
};

export interface RevokeFlags {
  readonly generation?: string;
  readonly reason: string;
  readonly dryRun: boolean;
}

export async function revokeCommand(
  certificate: string,
  flags: RevokeFlags,
  open: OpenApp,
  invocation: Invocation,
): Promise<ExitStatus> {
  const { options, io } = invocation;
  const reason = entryOf(REASONS, flags.reason);
  if (reason === undefined) {
    throw new AppError('USAGE', `"${flags.reason}" is not a reason for a revocation`, {
      hint: `one of ${Object.keys(REASONS).join(', ')}`,
    });
  }
  const wanted =
    flags.generation === undefined ? {} : { generation: generationFrom(flags.generation) };
  const { dryRun } = flags;
  const request = { certificate, reason, dryRun, ...wanted };
  const generation = await withApp(open, invocation, (app) => app.revoke(request));
  const done = dryRun ? 'would be revoked' : 'is revoked';
  io.out(
    options.json
      ? jsonDocument({ certificate, generation, revoked: !dryRun })
      : `generation ${generation} of ${certificate} ${done}\n`,
  );
  return 0;
}

function generationFrom(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number > 0) return number;
  throw new AppError('USAGE', `"${text}" is not a generation`, {
    hint: 'a number, as in holger status',
  });
}
