// `config check`: everything that is wrong with the configuration, or a short summary of what it says.
import type { ExitStatus } from '../base/errors.ts';
import { access, constants } from 'node:fs/promises';
import { AppError, reasonOf } from '../base/errors.ts';
import type { Config, NotifyConfig, OptionSetting, SecretRef } from '../config/schema.ts';
import type { GlobalOptions, Io } from './io.ts';
import { jsonDocument, paragraph, table } from './render.ts';
import { readConfig } from './session.ts';

function summary(config: Config): string {
  const rows = config.certificates.map((it) => [
    it.name,
    it.domains.join(' '),
    it.services.map((service) => service.url).join(' '),
  ]);
  const warnings = config.warnings.map((warning) => paragraph(warning, 'warning: '));
  const certificates =
    rows.length === 0
      ? 'no certificates are configured\n'
      : table(['CERTIFICATE', 'DOMAINS', 'SERVICES'], rows);
  return `${config.path} is valid\n\n${certificates}${warnings.length > 0 ? '\n' : ''}${warnings.join('')}`;
}

function json(config: Config): string {
  return jsonDocument({
    valid: true,
    path: config.path,
    problems: [],
    warnings: config.warnings,
    certificates: config.certificates.map((it) => ({
      name: it.name,
      domains: it.domains,
      services: it.services.map((service) => service.url),
    })),
  });
}

function secretsOf(sink: NotifyConfig): readonly (SecretRef | undefined)[] {
  if (sink.type === 'email') return [sink.login?.password];
  return sink.type === 'webhook' ? [sink.bearer, sink.hmac] : [];
}

/** Of an option: itself, or the one of a TSIG key. */
function secretsIn(setting: OptionSetting): readonly SecretRef[] {
  if (typeof setting !== 'object') return [];
  if ('kind' in setting) return [setting];
  return 'secret' in setting ? [setting.secret] : [];
}

/** With what can be done about it: of several problems each has its own answer. */
function problemOf(error: unknown): string {
  const hint = error instanceof AppError ? error.hint : undefined;
  return [reasonOf(error), ...(hint === undefined ? [] : [hint])].join('; ');
}

/**
 * What the configuration refers to must be there. Commands are not run, and a systemd credential exists only in its unit.
 * @throws AppError CONFIG_INVALID with all problems
 */
async function checkReferences(config: Config): Promise<void> {
  const { path, acme, pkix, providers, monitor } = config;
  const { targetProblems } = await import('../app/target-problems.ts');
  const { readSecret } = await import('../config/secrets.ts');
  const { readTrust } = await import('../config/trust.ts');
  const secrets = [
    acme.eab?.hmac,
    ...providers.flatMap(({ options }) => Object.values(options).flatMap(secretsIn)),
    ...monitor.notify.flatMap(secretsOf),
  ];
  const looks = secrets.map(async (ref) => {
    if (ref !== undefined && ref.kind !== 'command' && ref.kind !== 'credential')
      await readSecret(ref);
  });
  if (acme.caFile !== undefined) looks.push(access(acme.caFile, constants.R_OK));
  for (const sink of monitor.notify) {
    if ('caFile' in sink && sink.caFile !== undefined)
      looks.push(access(sink.caFile, constants.R_OK));
  }
  if (pkix.caFile !== undefined) looks.push(readTrust(pkix).then(() => undefined));
  const references = (await Promise.allSettled(looks)).flatMap((look) =>
    look.status === 'fulfilled' ? [] : [problemOf(look.reason)],
  );
  const problems = [...references, ...(await targetProblems(config))];
  if (problems.length === 0) return;
  throw new AppError('CONFIG_INVALID', problems.join('\n'), {
    hint: `${path} refers to that; look again as the user who runs holger`,
    details: { problems },
  });
}

export async function configCheck(options: GlobalOptions, io: Io): Promise<ExitStatus> {
  let config: Config;
  try {
    config = await readConfig(options);
    await checkReferences(config);
  } catch (error) {
    if (!options.json || !(error instanceof AppError) || error.code !== 'CONFIG_INVALID')
      throw error;
    const problems = error.details['problems'] ?? [error.message];
    io.out(jsonDocument({ valid: false, problems, warnings: [], certificates: [] }));
    return error.exit;
  }
  io.out(options.json ? json(config) : summary(config));
  return 0;
}
