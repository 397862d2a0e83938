// `delete` and `rename`: what becomes of a certificate that the configuration does not name any
// more. The same events and summary as `run`.
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
import type { GlobalOptions, Io } from '../terminal/io.ts';
import { finish, teller } from '../certificates/run.ts';
import { withApp } from '../session.ts';

type Tell = (event: Event) => void;

export function deleteCommand(
  request: DeletionRequest,
  open: OpenApp,
  options: GlobalOptions,
  io: Io,
): Promise<ExitStatus> {
  return carryOut((app, tell) => app.delete(request, tell), request, open, options, io);
}

export function renameCommand(
  request: RenameRequest,
  open: OpenApp,
  options: GlobalOptions,
  io: Io,
): Promise<ExitStatus> {
  return carryOut((app, tell) => app.rename(request, tell), request, open, options, io);
}

async function carryOut(
  act: (app: App, tell: Tell) => Promise<RunSummary>,
  { wait }: { readonly wait: boolean },
  open: OpenApp,
  options: GlobalOptions,
  io: Io,
): Promise<ExitStatus> {
  const tell = teller(options, io);
  const summary = await withApp(open, options, io, (app) =>
    wait ? countingDown(tell, options, io, (telling) => act(app, telling)) : act(app, tell),
  );
  return finish(summary, options, io);
}
