// From a TOML file to a Config, or to the list of everything that is wrong with it.
import { readFile } from 'node:fs/promises';
import { parse, TomlError } from 'smol-toml';
import type * as z from 'zod';
import { AppError, reasonOf } from '../base/errors.ts';
import { formatDuration } from '../base/duration.ts';
import { buildConfig } from './build.ts';
import { CONFIG_PATHS } from './defaults.ts';
import { lineFinder, pathText } from './lines.ts';
import type { Problem } from './rules.ts';
import { crossProblems } from './rules.ts';
import type { Config } from './schema.ts';
import { document } from './shape.ts';

function invalid(problems: readonly string[]): AppError {
  return new AppError('CONFIG_INVALID', problems.join('\n'), {
    hint: 'correct what is named, then look with holger config check',
    details: { problems },
  });
}

/** One problem per unknown key; the shape's message has a line for each. */
function problemsOf(issue: z.core.$ZodIssue): readonly Problem[] {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  if (issue.code !== 'unrecognized_keys') {
    const missing = issue.code === 'invalid_type' && issue.input === undefined;
    return [{ path, message: missing ? `is missing: ${issue.message}` : issue.message }];
  }
  const messages = issue.message.split('\n');
  return issue.keys.map((key, index) => ({
    path: [...path, key],
    message: messages[index] ?? 'unknown key',
  }));
}

/** Allowed, but it will surprise somebody. */
function warningsFor(config: Config): readonly string[] {
  return config.certificates.flatMap((it) => {
    const warnings: string[] = [];
    if (it.dane && it.services.length === 0) {
      warnings.push(
        `certificate "${it.name}" has no services: no TLSA records are published for it`,
      );
    }
    if (it.dane && it.ttl * it.ttlFactor > 2 * 86_400) {
      warnings.push(
        `certificate "${it.name}": a TTL of ${formatDuration(it.ttl)} makes every rollover wait ${formatDuration(it.ttl * it.ttlFactor)}`,
      );
    }
    const mail = it.services.filter(({ smtpLike }) => smtpLike);
    const idle = it.records.filter((combination) => /^[01] /.test(combination));
    if (it.dane && mail.length > 0 && idle.length > 0) {
      const where = mail.map(({ url }) => url).join(', ');
      const which =
        idle.length === it.records.length ? 'no records are' : `${idle.join(', ')} is not`;
      warnings.push(
        `certificate "${it.name}": ${which} published for ${where}, where usages 0 and 1 count for nothing (RFC 7672 §3.1.3)`,
      );
    }
    return warnings;
  });
}

/** @throws AppError CONFIG_INVALID whose message has one problem per line, and whose details have them as a list */
export function parseConfig(text: string, file: string): Config {
  let parsed: unknown;
  try {
    parsed = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // Only the first line: the rest of the parser's message quotes the source, which may hold a secret.
    const [reason = ''] = error.message.split('\n');
    throw invalid([`${file}:${error.line}:${error.column}: ${reason}`]);
  }
  const lineOf = lineFinder(text);
  const result = document.safeParse(parsed, { reportInput: true });
  const problems = [...(result.error?.issues.flatMap(problemsOf) ?? []), ...crossProblems(parsed)]
    .map(({ path, message }) => ({
      line: lineOf(path),
      text: path.length === 0 ? message : `${pathText(path)}: ${message}`,
    }))
    .sort((a, b) => a.line - b.line)
    .map((problem) => `${file}:${problem.line}: ${problem.text}`);
  if (!result.success || problems.length > 0) throw invalid(problems);
  const config = buildConfig(result.data, file, []);
  return { ...config, warnings: warningsFor(config) };
}

async function readConfigFile(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new AppError('CONFIG_INVALID', `cannot read ${file}: ${reasonOf(error)}`, {
      hint: 'check the path and who may read it',
      cause: error,
    });
  }
}

/** Reads the named file, or the first of the usual ones that exists. */
export async function loadConfig(file?: string): Promise<Config> {
  for (const candidate of file === undefined ? CONFIG_PATHS : [file]) {
    const text = await readConfigFile(candidate);
    if (text !== undefined) return parseConfig(text, candidate);
  }
  const looked = file ?? CONFIG_PATHS.join(' and ');
  throw new AppError('CONFIG_INVALID', `there is no configuration at ${looked}`, {
    hint: 'write one with holger init, or name it with --config',
  });
}
