// The program put together: what the commands ask for, answered by the engine over the real world.
import { defined } from '../base/defined.ts';
import { AppError, reasonOf } from '../base/errors.ts';
import type { ExitStatus } from '../base/errors.ts';
import type {
  AdoptRequest,
  App,
  AppContext,
  OpenApp,
  RunRequest,
  RunSummary,
} from './use-cases/commands.ts';
import type { Config } from '../config/schema.ts';
import type { Event } from '../engine/events.ts';
import { readOrSetAside } from '../engine/state/documents.ts';
import { dry } from '../engine/state/read-only.ts';
import { revoke } from '../engine/revoke.ts';
import { run } from '../engine/run.ts';
import type { RunResult } from '../engine/result.ts';
import { endTryOuts, tryOut } from '../engine/try-out.ts';
import type { Intervention, Task, World } from '../engine/world.ts';
import { fqdn } from '../dns/name.ts';
import { changeAccountKey, deactivate } from './use-cases/account-change.ts';
import { accountReport } from './use-cases/account.ts';
import { adoptionOf } from './use-cases/adoption.ts';
import { systemClock } from './world/clock.ts';
import { deletion } from './use-cases/delete.ts';
import { leavingTasks, readInstallation } from './known/departed.ts';
import { emergencyChoices } from './use-cases/emergency.ts';
import { withFormer } from './known/former.ts';
import { certificateFor, forgetUnordered } from './use-cases/issue.ts';
import { keepConfigured } from './known/kept.ts';
import { maskedPort } from './world/masked.ts';
import { asRemembered, asServed, leftBehind } from './known/left-behind.ts';
import type { LeftBehind } from './known/left-behind.ts';
import { allCertificates, ONE_OFF } from './known/one-offs.ts';
import type { Names } from './known/one-offs.ts';
import { renaming } from './use-cases/rename.ts';
import { statusOf } from './status/status.ts';
import { summaryFrom } from './use-cases/summary.ts';
import { tasksOf } from './known/tasks.ts';
import { atStaging, taskNamed } from './use-cases/try-out.ts';
import { tryProvider } from './use-cases/provider-trial.ts';
import { purposeOf } from './world/providers.ts';
import { createWorld, issuerOf } from './world/world.ts';

/**
 * How the tests cut the power: ends the process at the Nth instant between two instructions, or at
 * a label ("after order").
 */
const CRASH_VARIABLE = 'HOLGER_TEST_CRASH_AT';
/** "a > b": at the first b after the first a. */
const THEN = ' > ';

function crashPoint(): (label: string) => void {
  const wanted = process.env[CRASH_VARIABLE];
  const ahead = wanted?.split(THEN) ?? [];
  let count = 0;
  return (label) => {
    if (wanted === undefined) return;
    count += 1;
    if (label === ahead[0]) ahead.shift();
    if (ahead.length === 0 || wanted === String(count)) process.kill(process.pid, 'SIGKILL');
  };
}

export const openAppAs =
  (version: string): OpenApp =>
  ({ config, logger, signal }: AppContext): Promise<App> => {
    let emit: (event: Event) => void = () => undefined;
    const userAgent = `holger/${version}`;
    const world = createWorld({
      config,
      userAgent,
      clock: systemClock,
      logger,
      emit: (event) => emit(event),
      instant: crashPoint(),
    });
    // Whoever only asks changes nothing, whatever state the documents are in.
    const lookedAt = dry(world);
    const call = { signal };
    const accountAsker = { config, logger, userAgent };

    const chosen = async (
      names: readonly string[],
      from: World = world,
    ): Promise<readonly Task[]> => {
      const installation = await readInstallation(config, from);
      const staying = tasksOf(installation.certificates, config.acme.directory);
      const leaving = await leavingTasks(installation);
      return named(names, [...(await withFormer(staying, installation)), ...leaving]);
    };
    const behind = async (look: Parameters<typeof leftBehind>[1]): Promise<LeftBehind[]> =>
      leftBehind(await readInstallation(config, lookedAt), look);
    const tellOf = ({ name: certificate, ...left }: LeftBehind): void =>
      emit({ event: 'left-behind', certificate, at: world.clock.now(), ...left });
    const one = async (name: string): Promise<Task> => {
      const [task] = await chosen([name]);
      if (task !== undefined) return task;
      throw new AppError('BUG', `${name} was chosen and is gone`);
    };
    const adoption = async (
      wanted: string,
      files: AdoptRequest['files'],
    ): Promise<Intervention> => {
      const all = await allCertificates(config, world);
      const certificate = all.find(({ name }) => name === wanted);
      const found = await adoptionOf(certificate ?? { name: wanted, deploy: [] }, files);
      for (const other of found.others) {
        const at = world.clock.now();
        emit({ event: 'managed-elsewhere', certificate: wanted, at, ...other });
      }
      return found.intervention;
    };
    /**
     * What is configured, for the day on which it is not any more. The run has done its work, and
     * what it says of that stays.
     */
    const keep = async (): Promise<ExitStatus> => {
      try {
        await keepConfigured(config, world);
        return 0;
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        logger.error('the configuration was not kept in the state', { detail: error.message });
        return error.exit;
      }
    };
    const go = async (tasks: readonly Task[], request: RunRequest): Promise<RunSummary> => {
      const forced = request.force
        ? tasks.map((task) => ({ ...task, intent: { ...task.intent, force: true } }))
        : tasks;
      const { wait, waitUntil, dryRun, names } = request;
      const named = names.length > 0;
      const options = { wait, dryRun, named, ...defined({ waitUntil }) };
      const { exit, results } = await run(forced, world, options, call);
      // The state of a later version is left as it is, whole.
      const kept = dryRun || [...results.values()].some(isOfLaterVersion) ? 0 : await keep();
      return summaryFrom({ exit: exit === 0 ? kept : exit, results });
    };

    return Promise.resolve({
      run: async (request, tell) => {
        emit = tell;
        const tasks = await chosen(request.names);
        if (!request.dryRun) await endTryOuts((name) => taskNamed(name, tasks, config), world);
        const summary = await go(tasks, request);
        try {
          for (const left of await behind(asServed(world.resolver, call))) tellOf(left);
        } catch (error) {
          // The run has done its work; what it says of that stays.
          world.log.warn('what is left behind cannot be told', { detail: reasonOf(error) });
        }
        return summary;
      },
      tryOut: async ({ names, wait }, tell) => {
        emit = tell;
        const staging = atStaging(config);
        const { directory } = staging.acme;
        const installation = await readInstallation(config, world);
        const all = tasksOf(installation.certificates, directory);
        const issuer = maskedPort(issuerOf(staging, systemClock, logger, userAgent));
        try {
          const summary = await tryOut(named(names, all), { ...world, issuer }, { wait }, call);
          return summaryFrom(summary);
        } finally {
          await issuer.close();
        }
      },
      leftBehind: () => behind(asRemembered),
      delete: async ({ name, keepRecords, moveFiles, wait, dryRun }, tell) => {
        emit = tell;
        const task = await deletion(name, await readInstallation(config, world), dryRun);
        const allowed = { ...(keepRecords && { keepRecords }), ...(moveFiles && { moveFiles }) };
        const intervention = { kind: 'delete', ...allowed } as const;
        const request = { names: [name], wait, dryRun, force: false };
        return go([{ ...task, intervention }], request);
      },
      rename: async ({ wait, dryRun, ...names }, tell) => {
        emit = tell;
        const from = dryRun ? lookedAt : world;
        const task = await renaming(names, await readInstallation(config, from), world.files);
        const { to } = names;
        const request = { names: [to], dryRun, force: false };
        if (task !== undefined) {
          const summary = await go([task], { ...request, wait: false });
          if (!wait || dryRun || summary.exit !== 0) return summary;
        } else if (!wait || dryRun) return renamedBefore(names);
        return go(await chosen([to]), { ...request, wait });
      },
      issue: async (request, tell) => {
        emit = tell;
        if (request.provider !== undefined) mustBeConfigured(request.provider, config);
        const certificate = certificateFor(request, await readInstallation(config, world));
        const { name } = certificate;
        const key = `${ONE_OFF}${name}`;
        const known = await readOrSetAside(key, world);
        await world.store.write(key, certificate, known?.revision ?? 0);
        const waitUntil = world.clock.now() + request.timeout;
        const options = { names: [name], wait: true, waitUntil, dryRun: false, force: false };
        const summary = await go(await chosen([name]), options);
        const isNew = known === undefined && summary.exit !== 0;
        if (isNew && (await forgetUnordered(name, world))) {
          world.log.warn('nothing was ordered, and nothing was kept', { certificate: name });
        }
        return summary;
      },
      intervene: async ({ certificate, what, wait, dryRun }, tell) => {
        emit = tell;
        const task = await one(certificate);
        const intervention = what.kind === 'adopt' ? await adoption(certificate, what.files) : what;
        const request = { names: [certificate], wait, dryRun, force: false };
        return go([{ ...task, intervention }], request);
      },
      revoke: async ({ certificate, ...request }) => {
        return revoke(await one(certificate), request, world, call);
      },
      emergencyChoices: async (certificate) => {
        return emergencyChoices(await one(certificate), lookedAt);
      },
      status: async (names) => {
        const tasks = await chosen(names, lookedAt);
        return Promise.all(tasks.map((task) => statusOf(task, lookedAt)));
      },
      tryProvider: (name, zone) => {
        mustBeConfigured(name, config);
        const at = fqdn(zone ?? usedAt(name, config));
        const provider = world.providerFor(at, purposeOf(name, config), name);
        if (provider.traits.byHand === true) throw noTrialByHand(name);
        return tryProvider(at, provider, world, call);
      },
      account: async (update) =>
        accountReport(accountAsker, update, await readInstallation(config, lookedAt), call),
      changeAccountKey: async () =>
        changeAccountKey(accountAsker, await readInstallation(config, world), call),
      deactivateAccount: async (request) =>
        deactivate(accountAsker, request, await readInstallation(config, world), call),
      close: () => world.close(),
    });
  };

/** @throws AppError USAGE */
function named(names: readonly string[], tasks: readonly Task[]): readonly Task[] {
  const known = tasks.map(({ intent }) => intent.name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new AppError('USAGE', `no certificate is called "${unknown}"`, {
      hint: `known are: ${known.join(', ') || 'none'}`,
    });
  }
  return names.length === 0 ? tasks : tasks.filter(({ intent }) => names.includes(intent.name));
}

function renamedBefore({ from, to: certificate }: Names): RunSummary {
  const why = [`"${from}" was renamed to "${certificate}" before`];
  return { exit: 0, certificates: [{ certificate, state: 'renamed', exit: 0, why }] };
}

function isOfLaterVersion(result: RunResult): boolean {
  return 'failure' in result && result.failure.code === 'STORE_NEWER';
}

/**
 * It would ask a person for six edits of names that nobody uses, and learn nothing of a credential.
 */
function noTrialByHand(provider: string): AppError {
  return new AppError(
    'USAGE',
    `provider "${provider}" is a person, who has no credentials to try`,
    {
      hint: 'holger providers pending shows what is to be changed by hand',
    },
  );
}

function mustBeConfigured(provider: string, { providers, path }: Config): void {
  const names = providers.map(({ name }) => name);
  if (names.includes(provider)) return;
  throw new AppError('USAGE', `no provider is called "${provider}"`, {
    hint: `${path} has: ${names.join(', ') || 'none'}`,
  });
}

/** A zone that names the provider, or a domain of a certificate. */
function usedAt(provider: string, { zones, certificates }: Config): string {
  const named = zones.find(
    (zone) => zone.provider?.includes(provider) || zone.acmeProvider?.includes(provider),
  );
  const [first] = certificates.flatMap(({ domains }) => domains);
  const at = named?.name ?? first?.replace(/^\*\./, '');
  if (at !== undefined) return at;
  throw new AppError('USAGE', `it is not known where provider "${provider}" is used`, {
    hint: 'name a zone with --zone',
  });
}
