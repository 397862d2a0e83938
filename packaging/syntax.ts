// The command line as data, read from the definitions that parse it.
import type { EventEmitter } from 'node:events';
import type { Command, Option } from 'commander';
import { build } from '../src/cli/program.ts';

export interface Flag {
  /** `-v, --verbose`, `--config <file>`. */
  readonly flags: string;
  readonly names: readonly string[];
  readonly about: string;
  readonly choices: readonly string[];
  /** Of a value: `file`, `dir`, `n`; absent for a switch. */
  readonly value?: string;
}

export interface CommandSyntax {
  /** Words after `holger`; empty for the command itself. */
  readonly path: readonly string[];
  readonly usage: string;
  readonly summary: string;
  readonly description: string;
  readonly options: readonly Flag[];
  /** What --help prints below the options: exit statuses, examples. */
  readonly notes: string;
  readonly commands: readonly CommandSyntax[];
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();

function flagOf(option: Option): Flag {
  const value = /[<[]([^>\]]+?)(?:\.\.\.)?[>\]]/.exec(option.flags)?.[1];
  const told = option.defaultValue as unknown;
  return {
    flags: option.flags,
    names: [option.short, option.long].filter((name) => name !== undefined),
    about: oneLine(option.description) + (typeof told === 'string' ? ` (default: ${told})` : ''),
    choices: option.argChoices ?? [],
    ...(value !== undefined && { value }),
  };
}

function notesOf(command: Command): string {
  let text = '';
  const write = (more: string): void => void (text += more);
  // Commander is an event emitter, which its types do not say.
  (command as unknown as EventEmitter).emit('afterHelp', { error: false, command, write });
  return text.trim();
}

function syntaxOf(command: Command, path: readonly string[]): CommandSyntax {
  const help = command.createHelp();
  return {
    path,
    usage: oneLine(command.usage()),
    summary: oneLine(command.summary() || command.description()),
    description: oneLine(command.description()),
    options: help.visibleOptions(command).map(flagOf),
    notes: notesOf(command),
    commands: help
      .visibleCommands(command)
      .filter((child) => child.name() !== 'help')
      .map((child) => syntaxOf(child, [...path, child.name()])),
  };
}

const never = (): never => {
  throw new Error('no command is run here');
};

export function commandSyntax(): CommandSyntax {
  const openers = {
    openApp: never,
    openChecker: never,
    openWatcher: never,
    openServer: never,
    openCaa: never,
    openNotifiers: never,
    openOthers: never,
  };
  const io = {
    out: never,
    err: never,
    drained: never,
    now: never,
    terminal: false,
    signal: new AbortController().signal,
  };
  return syntaxOf(build({ version: '', ...openers }, io, never), []);
}

/** The command, and every command below it. */
export const everyCommand = (top: CommandSyntax): readonly CommandSyntax[] => [
  top,
  ...top.commands.flatMap(everyCommand),
];
