// What the command line calls for those who have another client.
import type { Environment } from '../clients/reported.ts';
import { hook } from './hook.ts';
import type { HookReport, HookRequest } from './hook.ts';
import { importFrom } from './import.ts';
import type { ImportReport, ImportRequest } from './import.ts';

export interface Others {
  /** @throws AppError if this user may not write to the state */
  hook(request: HookRequest): Promise<HookReport>;
  /** @throws AppError if there is nothing to take over, or the configuration exists already */
  importFrom(request: ImportRequest): Promise<ImportReport>;
}

export function othersAs(env: Environment): Others {
  return { hook: (request) => hook(request, env), importFrom };
}
