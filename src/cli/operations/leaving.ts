// `delete` and `rename`: for a certificate that the configuration does not name any more. The same
// events and summary as `run`.
import type {
  App,
  DeletionRequest,
  OpenApp,
  RenameRequest,
  RunSummary,
} from '../../app/use-cases/commands.ts';
import type { ExitStatus } from '../../base/errors.ts';
import type { Event } from '../../engine/events.ts';
import { countingDown } from '../terminal/countdown.ts';
import type { Invocation } from '../terminal/io.ts';
import { finish, teller } from '../certificates/run.ts';
import { withApp } from '../session.ts';

type Tell = (event: Event) => void;

export function deleteCommand(
  request: DeletionRequest,
  open: OpenApp,
  invocation: Invocation,
): Promise<ExitStatus> {
  return carryOut((app, tell) => app.delete(request, tell), request, open, invocation);
}

export function renameCommand(
  request: RenameRequest,
  open: OpenApp,
  invocation: Invocation,
): Promise<ExitStatus> {
  return carryOut((app, tell) => app.rename(request, tell), request, open, invocation);
}

async function carryOut(
  act: (app: App, tell: Tell) => Promise<RunSummary>,
  { wait }: { readonly wait: boolean },
  open: OpenApp,
  invocation: Invocation,
): Promise<ExitStatus> {
  const tell = teller(invocation);
  const summary = await withApp(open, invocation, (app) =>
    wait ? countingDown(tell, invocation, (telling) => act(app, telling)) : act(app, tell),
  );
  return finish(summary, invocation);
}
