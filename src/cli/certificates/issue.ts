// `issue DOMAIN…`: one certificate named on the command line; the same engine, the same events and
// summary as `run`.
import path from 'node:path';
import type { ExitStatus } from '../../base/errors.ts';
import { AppError } from '../../base/errors.ts';
import { parseDuration } from '../../base/duration.ts';
import { DEPLOY_TIMEOUT } from '../../config/defaults.ts';
import type { DeployConfig } from '../../config/schema.ts';
import type { OpenApp } from '../../app/use-cases/commands.ts';
import { countingDown } from '../terminal/countdown.ts';
import type { Invocation } from '../terminal/io.ts';
import { finish, teller } from './run.ts';
import { withApp } from '../session.ts';

export interface IssueOptions {
  readonly service: readonly string[];
  readonly provider?: string;
  readonly directory?: string;
  readonly reload?: readonly string[];
  readonly timeout: string;
}

/**
 * Separate words, or one JSON array: the command line parser would take an argument that begins
 * with a dash for an option of holger.
 */
function argvFrom(words: readonly string[]): readonly string[] {
  const [first = '', ...rest] = words;
  if (rest.length > 0 || !first.startsWith('[')) return words;
  try {
    const argv: unknown = JSON.parse(first);
    const isArgv = Array.isArray(argv) && argv.length > 0;
    if (isArgv && argv.every((word) => typeof word === 'string')) return argv;
  } catch {
    // Reported below, with an example.
  }
  throw new AppError('USAGE', `--reload ${first} is not a JSON array of words`, {
    hint: `like --reload '["nginx", "-s", "reload"]'`,
  });
}

/** The command is stored, and later started in another folder. */
function fromHere([program = '', ...args]: readonly string[]): readonly string[] {
  return [program.includes('/') ? path.resolve(program) : program, ...args];
}

/**
 * A directory, a reload command, both or neither: without both, the services read the `live` folder
 * themselves.
 */
function deployFrom(
  directory: string | undefined,
  reload: readonly string[] | undefined,
): readonly DeployConfig[] {
  const timeout = parseDuration(DEPLOY_TIMEOUT) ?? 60;
  if (directory === undefined) {
    return reload === undefined
      ? []
      : [{ type: 'command', command: reload, timeout, compatible: undefined }];
  }
  return [
    {
      type: 'files',
      directory: path.resolve(directory),
      certificate: undefined,
      key: undefined,
      chain: undefined,
      combined: undefined,
      pkcs12: undefined,
      pkcs12Password: undefined,
      existingKey: undefined,
      owner: undefined,
      group: undefined,
      mode: undefined,
      write: undefined,
      reload,
      timeout,
    },
  ];
}

function timeoutFrom(text: string): number {
  const seconds = parseDuration(text);
  if (seconds !== undefined) return seconds;
  throw new AppError('USAGE', `"${text}" is not a duration`, { hint: 'like --timeout 30m or 2d' });
}

export async function issueCommand(
  domains: readonly string[],
  issue: IssueOptions,
  open: OpenApp,
  invocation: Invocation,
): Promise<ExitStatus> {
  const { serviceFrom } = await import('../../config/options/service.ts');
  const reload = issue.reload === undefined ? undefined : fromHere(argvFrom(issue.reload));
  const request = {
    domains,
    services: issue.service.map(serviceFrom),
    provider: issue.provider,
    deploy: deployFrom(issue.directory, reload),
    timeout: timeoutFrom(issue.timeout),
  };
  const tell = teller(invocation);
  const summary = await withApp(open, invocation, (app) =>
    countingDown(tell, invocation, (telling) => app.issue(request, telling)),
  );
  return finish(summary, invocation);
}
