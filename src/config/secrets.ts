// The only place that reads secrets, as late as possible, and the only one here that reads the
// environment. Each secret is registered with the log at once, so that it is never printed
// (observe/redact.ts).
import { execFile } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { AppError } from '../base/errors.ts';
import { readTrusted } from '../files/trusted.ts';
import { SAFE_PATH } from '../process/run-command.ts';
import type { SecretRef } from './fields.ts';

const COMMAND_TIMEOUT_MS = 30_000;
/** The largest are service account files and RSA keys: some KiB. */
const MOST_BYTES = 65_536;

/** How a message names a secret: by its place, never by its content. */
export function secretPlace(ref: SecretRef): string {
  switch (ref.kind) {
    case 'file':
      return `file ${ref.file}`;
    case 'env':
      return `environment variable ${ref.env}`;
    case 'credential':
      return `systemd credential ${ref.credential}`;
    case 'command':
      return `command ${ref.command[0] ?? ''}`;
  }
}

/**
 * Whether `config check` may read it: a command is not run, and a systemd credential exists only in
 * its unit.
 */
export function isReadableHere({ kind }: SecretRef): boolean {
  if (kind === 'credential') return process.env['CREDENTIALS_DIRECTORY'] !== undefined;
  return kind !== 'command';
}

function unreadable(ref: SecretRef, reason: string, hint: string): AppError {
  return new AppError(
    'SECRET_UNREADABLE',
    `cannot read the secret in ${secretPlace(ref)}: ${reason}`,
    { hint },
  );
}

/**
 * From a file or a credential. systemd mounts credentials with mode 0400 and manages the modes
 * itself.
 */
async function fromFile(ref: SecretRef, file: string): Promise<string> {
  const secret = ref.kind === 'file';
  const text = await readTrusted(file, { most: MOST_BYTES, code: 'SECRET_UNREADABLE', secret });
  if (text !== undefined) return text;
  throw unreadable(
    ref,
    `the file ${file} does not exist (ENOENT)`,
    'correct the path, or create the file',
  );
}

async function fromCommand(
  ref: SecretRef,
  command: readonly string[],
  signal?: AbortSignal,
): Promise<string> {
  const [file = '', ...args] = command;
  try {
    const { stdout } = await promisify(execFile)(file, args, {
      timeout: COMMAND_TIMEOUT_MS,
      maxBuffer: MOST_BYTES,
      env: { ...process.env, PATH: SAFE_PATH },
      cwd: '/',
      ...(signal && { signal }),
    });
    return stdout;
  } catch (error) {
    // The message of the error repeats the arguments and the output, and either may contain the
    // secret.
    const { code } = error as NodeJS.ErrnoException;
    throw unreadable(
      ref,
      `it failed (${String(code ?? 'killed')})`,
      'run the command by hand as the same user',
    );
  }
}

async function read(ref: SecretRef, signal?: AbortSignal): Promise<string> {
  switch (ref.kind) {
    case 'file':
      return fromFile(ref, ref.file);
    case 'command':
      return fromCommand(ref, ref.command, signal);
    case 'env': {
      const value = process.env[ref.env];
      if (value !== undefined) return value;
      throw unreadable(ref, 'it is not set', 'set it in the environment of the service');
    }
    case 'credential': {
      const directory = process.env['CREDENTIALS_DIRECTORY'];
      if (directory === undefined) {
        throw unreadable(
          ref,
          'CREDENTIALS_DIRECTORY is not set',
          'add LoadCredential= to the unit',
        );
      }
      return fromFile(ref, path.join(directory, path.basename(ref.credential)));
    }
  }
}

/**
 * The secret without the final line end that editors and `echo` write. @throws AppError
 * SECRET_UNREADABLE
 */
export async function readSecret(ref: SecretRef, signal?: AbortSignal): Promise<string> {
  const value = (await read(ref, signal)).trim();
  if (value === '') throw unreadable(ref, 'it is empty', 'write the secret to it');
  return value;
}
