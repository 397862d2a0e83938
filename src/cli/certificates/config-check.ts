// `config check`: everything that is wrong with the configuration, or a short summary of it.
import type { ExitStatus } from '../../base/errors.ts';
import { AppError } from '../../base/errors.ts';
import type { Config } from '../../config/schema.ts';
import type { Invocation } from '../terminal/io.ts';
import { jsonDocument, paragraph, table } from '../terminal/render.ts';
import { readConfig } from '../session.ts';

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

/**
 * @throws AppError CONFIG_INVALID with all problems of the files and addresses in the configuration
 */
async function checkReferences(config: Config): Promise<void> {
  const { problemsAround } = await import('../../app/use-cases/config-trial.ts');
  const { targetProblems } = await import('../../app/use-cases/target-problems.ts');
  const problems = [...(await problemsAround(config)), ...(await targetProblems(config))];
  if (problems.length === 0) return;
  throw new AppError('CONFIG_INVALID', problems.join('\n'), {
    hint: `${config.path} refers to that; check again as the user that runs holger`,
    details: { problems, warnings: config.warnings },
  });
}

/** About files and addresses on this machine, not only about the configuration itself. */
async function withTheirWarnings(config: Config): Promise<Config> {
  const { deployedElsewhere } = await import('../../app/others/managed-elsewhere.ts');
  const { renewWarnings } = await import('../../app/use-cases/renew-warnings.ts');
  const warnings = [...config.warnings, ...(await renewWarnings(config))];
  for (const { name, deploy } of config.certificates) {
    const found = await deployedElsewhere(deploy);
    warnings.push(
      ...found.map(({ because, hint }) => `certificate "${name}": ${because}; ${hint}`),
    );
  }
  return { ...config, warnings };
}

export async function configCheck({ options, io }: Invocation): Promise<ExitStatus> {
  let config: Config | undefined;
  try {
    config = await withTheirWarnings(await readConfig(options));
    await checkReferences(config);
  } catch (error) {
    if (!options.json || !(error instanceof AppError) || error.code !== 'CONFIG_INVALID') {
      // Warnings are shown together with the problems, so that all can be corrected at once.
      const warnings = config?.warnings ?? [];
      if (!options.json) io.err(warnings.map((one) => paragraph(one, 'warning: ')).join(''));
      throw error;
    }
    const problems = error.details['problems'] ?? [error.message];
    const warnings = error.details['warnings'] ?? [];
    io.out(jsonDocument({ valid: false, problems, warnings, certificates: [] }));
    return error.exit;
  }
  io.out(options.json ? json(config) : summary(config));
  return 0;
}
