// `delete`: a certificate leaves. The same events and summary as `run`.
import type { DeletionRequest, OpenApp } from '../app/commands.ts';
import type { ExitStatus } from '../base/errors.ts';
import type { GlobalOptions, Io } from './io.ts';
import { finish, teller } from './run.ts';
import { withApp } from './session.ts';

export async function deleteCommand(
  request: DeletionRequest,
  open: OpenApp,
  options: GlobalOptions,
  io: Io,
): Promise<ExitStatus> {
  const tell = teller(options, io);
  const summary = await withApp(open, options, io, (app) => app.delete(request, tell));
  return finish(summary, options, io);
}
