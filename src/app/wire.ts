// The use cases connected with the real adapters.
import type { App, AppContext, OpenApp } from './use-cases/commands.ts';
import { Accounts } from '../engine/accounts.ts';
import type { Event } from '../engine/events.ts';
import { issuerNamed } from '../config/issuers.ts';
import { dry } from '../engine/state/read-only.ts';
import { createHistoryFiles } from '../store/history-files.ts';
import { revoke } from '../engine/revoke.ts';
import { changeAccountKey, deactivate, importAccount } from './use-cases/account-change.ts';
import { accountReport } from './use-cases/account.ts';
import type { AccountAsker } from './use-cases/account-asker.ts';
import { chosen, one } from './use-cases/app-world.ts';
import type { AppWorld } from './use-cases/app-world.ts';
import { deleteCertificate } from './use-cases/delete.ts';
import { emergencyChoices } from './use-cases/emergency.ts';
import { operate } from './use-cases/operate.ts';
import { historyOf } from './use-cases/history.ts';
import { issue } from './use-cases/issue.ts';
import { rename } from './use-cases/rename.ts';
import { run } from './use-cases/run.ts';
import { tryConfiguredProvider } from './use-cases/try-provider.ts';
import { tryTargets } from './use-cases/target-trial.ts';
import { tryOutAtStaging } from './use-cases/try-out.ts';
import { readInstallation } from './known/departed.ts';
import type { Installation } from './known/departed.ts';
import { asRemembered, leftBehind } from './known/left-behind.ts';
import { statusOf } from './status/status.ts';
import { systemClock } from './world/clock.ts';
import { recording } from './world/history.ts';
import { crashPoint } from './world/crash-point.ts';
import { createWorld } from './world/world.ts';

type Tell = (event: Event) => void;

export const openAppAs =
  (version: string): OpenApp =>
  ({ config, logger, signal }: AppContext): Promise<App> => {
    let emit: Tell = () => undefined;
    const userAgent = `holger/${version}`;
    const world = createWorld({
      ...{ config, userAgent, logger, clock: systemClock, instant: crashPoint() },
      emit: (event) => emit(event),
    });
    const app: AppWorld = {
      ...{ config, logger, userAgent, world, readOnly: dry(world), call: { signal } },
    };
    const history = createHistoryFiles({ directory: config.state.directory, clock: systemClock });
    const tellTo = (tell: Tell, isKept: boolean): void => {
      emit = isKept ? recording(tell, history, logger) : tell;
    };
    const commands = {
      ...changesOf(app, tellTo),
      ...questionsOf(app),
      history: (name: string) => historyOf(name, history, app),
    };
    return Promise.resolve({ ...commands, close: () => world.close() });
  };

type Changes = 'run' | 'tryOut' | 'issue' | 'operate' | 'delete' | 'rename';

/** Commands that tell what happens while it happens. */
function changesOf(
  app: AppWorld,
  tellTo: (tell: Tell, isKept: boolean) => void,
): Pick<App, Changes> {
  const telling =
    <R, T>(
      act: (request: R, app: AppWorld) => Promise<T>,
      isKept: (request: R) => boolean = () => true,
    ) =>
    (request: R, tell: Tell): Promise<T> => {
      tellTo(tell, isKept(request));
      return act(request, app);
    };
  const unlessDry = ({ dryRun }: { readonly dryRun: boolean }): boolean => !dryRun;
  return {
    run: telling(run, unlessDry),
    // It concerns no certificate in use.
    tryOut: telling(tryOutAtStaging, () => false),
    issue: telling(issue),
    operate: telling(operate, unlessDry),
    delete: telling(deleteCertificate, unlessDry),
    rename: telling(rename, unlessDry),
  };
}

/** All others. */
function questionsOf(app: AppWorld): Omit<App, Changes | 'close' | 'history'> {
  const { config, world, readOnly, call } = app;
  const asked = { ...app, world: readOnly };
  const at = (issuer: string | undefined): AccountAsker => ({
    ...{ config, logger: app.logger, userAgent: app.userAgent },
    issuer: issuerNamed(issuer, config),
  });
  const known = (from = world): Promise<Installation> => readInstallation(config, from);
  return {
    leftBehind: async () => leftBehind(await known(readOnly), asRemembered),
    revoke: async ({ certificate, ...request }) =>
      revoke(await one(certificate, app), request, world, call),
    emergencyChoices: async (certificate) =>
      emergencyChoices(await one(certificate, app), readOnly),
    status: async (names) => {
      const tasks = await chosen(names, asked);
      const shared = { ...readOnly, accounts: new Accounts() };
      return Promise.all(tasks.map((task) => statusOf(task, shared)));
    },
    tryTargets: async (names) =>
      tryTargets(names, await chosen([], asked), Object.keys(config.target)),
    tryProvider: (name, zone) => tryConfiguredProvider(name, zone, app),
    account: async (update, issuer) =>
      accountReport(at(issuer), update, await known(readOnly), call),
    importAccount: async (key, issuer) => importAccount(at(issuer), key, await known(), call),
    changeAccountKey: async (issuer) => changeAccountKey(at(issuer), await known(), call),
    deactivateAccount: async (request, issuer) =>
      deactivate(at(issuer), request, await known(), call),
  };
}
