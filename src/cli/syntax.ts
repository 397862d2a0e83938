// What the syntax of every command gets: the program to which it is added, and what its action
// calls.
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import type { FindIdle } from '../app/use-cases/all-idle.ts';
import type { OpenCaa } from '../app/use-cases/caa.ts';
import type { OpenChecker } from '../app/use-cases/check.ts';
import type { OpenApp } from '../app/use-cases/commands.ts';
import type { Others } from '../app/use-cases/others.ts';
import type { OpenServer } from '../app/use-cases/serve.ts';
import type { OpenWatcher } from '../app/use-cases/watch.ts';
import type { ExitStatus } from '../base/errors.ts';
import type { Config } from '../config/schema.ts';
import type { Notifier } from '../ports/notifier.ts';
import type { Invocation } from './terminal/io.ts';

export interface Openers {
  readonly openApp: OpenApp;
  /** Absent: every run opens the app. */
  readonly findIdle?: FindIdle;
  readonly openServer: OpenServer;
  readonly openChecker: OpenChecker;
  readonly openWatcher: OpenWatcher;
  readonly openCaa: OpenCaa;
  readonly openOthers: () => Promise<Others>;
  readonly openNotifiers: (config: Config) => Promise<readonly Notifier[]>;
}

export interface Syntax extends Openers {
  readonly program: Command;
  readonly done: (exit: ExitStatus) => void;
  /** What every action is given, once the command line is read. */
  readonly invocation: () => Invocation;
}

export const collect = (value: string, before: readonly string[]): readonly string[] => [
  ...before,
  value,
];

export function notEmpty(value: string): string {
  if (value === '') throw new InvalidArgumentError('it is empty.');
  return value;
}
