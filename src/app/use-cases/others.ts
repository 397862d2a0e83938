// What the command line calls for those who have another client.
import type { Environment } from '../clients/told.ts';
import { hook } from './hook.ts';
import type { HookReport, HookRequest } from './hook.ts';

export interface Others {
  /** @throws AppError if this user may not write to the state */
  hook(request: HookRequest): Promise<HookReport>;
}

export function othersAs(env: Environment): Others {
  return { hook: (request) => hook(request, env) };
}
