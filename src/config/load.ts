// From a TOML file to a Config, or to the list of everything that is wrong with it.
import { parse, TomlError } from 'smol-toml';
import type * as z from 'zod';
import { AppError } from '../base/errors.ts';
import { readTrusted } from '../files/trusted.ts';
import { buildConfig } from './build.ts';
import { contradictions } from './contradictions.ts';
import { CONFIG_PATH, MOST_BYTES } from './defaults.ts';
import { lineFinder, pathText } from './lines.ts';
import { document } from './options/document.ts';
import { digestOfText } from './outline.ts';
import type { Problem } from './rules.ts';
import { crossProblems } from './rules.ts';
import type { Config } from './schema.ts';
import { knownAnchors } from './trust-anchors.ts';
import { warningsFor } from './warnings.ts';

function invalid(problems: readonly string[]): AppError {
  return new AppError('CONFIG_INVALID', problems.join('\n'), {
    hint: 'correct what is named, then check it with holger config check',
    details: { problems },
  });
}

/** One problem per unknown key; the message of the shape has a line for each. */
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

/**
 * @throws AppError CONFIG_INVALID whose message has one problem per line, and whose details have
 * them as a list
 */
export function parseConfig(text: string, file: string): Config {
  let parsed: unknown;
  try {
    parsed = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // Only the first line: the rest of the parser's message quotes the source, which may contain a
    // secret.
    const [reason = ''] = error.message.split('\n');
    throw invalid([`${file}:${error.line}:${error.column}: ${reason}`]);
  }
  const lineOf = lineFinder(text);
  const result = document.safeParse(parsed, { reportInput: true });
  const problems = [
    ...(result.error?.issues.flatMap(problemsOf) ?? []),
    ...crossProblems(parsed, file),
  ]
    .map(({ path, message }) => ({
      line: lineOf(path),
      text: path.length === 0 ? message : `${pathText(path)}: ${message}`,
    }))
    .sort((a, b) => a.line - b.line)
    .map((problem) => `${file}:${problem.line}: ${problem.text}`);
  if (!result.success || problems.length > 0) throw invalid(problems);
  const digest = digestOfText(text);
  const config = { ...buildConfig(result.data, file), digest, warnings: [] };
  const impossible = contradictions(config);
  if (impossible.length > 0) throw invalid(impossible.map((one) => `${file}: ${one}`));
  return { ...config, warnings: warningsFor(config) };
}

/** A line that is neither blank nor a comment. */
const HAS_SETTING = /^[ \t]*[^#\s]/m;

/**
 * Undefined: there is no file. @throws AppError CONFIG_INVALID also if other users could have
 * written it, because it names commands that root runs
 */
export async function findConfig(file: string = CONFIG_PATH): Promise<Config | undefined> {
  const text = await readTrusted(file, { most: MOST_BYTES, code: 'CONFIG_INVALID' });
  if (text === undefined) return undefined;
  if (!HAS_SETTING.test(text)) throw invalid([`${file}: it has no settings`]);
  const config = parseConfig(text, file);
  return { ...config, anchors: await knownAnchors(config) };
}

export async function loadConfig(file: string = CONFIG_PATH): Promise<Config> {
  const config = await findConfig(file);
  if (config !== undefined) return config;
  throw new AppError('CONFIG_INVALID', `there is no configuration at ${file}`, {
    hint: 'create one with holger init, or name it with --config',
  });
}
