// `config check`: everything that is wrong with the configuration, or a short summary of what it says.
import type { ExitStatus } from '../base/errors.ts';
import { AppError } from '../base/errors.ts';
import type { Config } from '../config/schema.ts';
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

export async function configCheck(options: GlobalOptions, io: Io): Promise<ExitStatus> {
  let config: Config;
  try {
    config = await readConfig(options);
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
