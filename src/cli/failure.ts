// How errors are printed: `holger: error: …` and `holger: hint: …`, or one JSON line. Known errors
// never show a stack, unknown errors always do.
import { defined } from '../base/defined.ts';
import type { ExitStatus } from '../base/errors.ts';
import { AppError, outOfResources, withoutFolder } from '../base/errors.ts';
import { redact, redactText } from '../observe/redact.ts';
import type { Io } from './terminal/io.ts';
import { jsonLine, paragraph } from './terminal/render.ts';

/**
 * Messages start in lower case unless their first word is a name or an abbreviation (TLSA,
 * NS1.example.org).
 */
function lowered(message: string): string {
  return /^[A-Z][a-z]*(\s|$)/.test(message)
    ? message.charAt(0).toLowerCase() + message.slice(1)
    : message;
}

function describe(error: unknown): {
  code: string;
  message: string;
  hint?: string;
  details?: unknown;
} {
  if (!(error instanceof AppError)) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return {
      code: 'BUG',
      message: text,
      hint: 'this is a bug in holger: report it with the lines above',
    };
  }
  const { code, message, hint, details } = error;
  return {
    code,
    message,
    ...defined({ hint }),
    ...(Object.keys(details).length === 0 ? {} : { details: redact(details) }),
  };
}

/**
 * Prints the error on stderr (with --json: as the result on stdout too) and returns the exit
 * status.
 */
export function report(thrown: unknown, io: Io, json: boolean): ExitStatus {
  const error = outOfResources(thrown) ?? withoutFolder(thrown) ?? thrown;
  const told = describe(error);
  if (json) {
    io.out(jsonLine({ event: 'error', error: redact(told) }));
  } else {
    for (const line of told.message.split('\n')) {
      // The stack of a bug is a listing, not a sentence.
      const text = redactText(lowered(line));
      const bug = told.code === 'BUG';
      io.err(bug ? `holger: error: ${text}\n` : paragraph(text, 'holger: error: ', '  '));
    }
    if (told.hint !== undefined) {
      io.err(paragraph(redactText(lowered(told.hint)), 'holger: hint: ', '  '));
    }
  }
  return error instanceof AppError ? error.exit : 70;
}
