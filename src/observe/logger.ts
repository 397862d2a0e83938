// The log: text on stderr for people, JSON lines for journals and pipes. The only file that imports
// winston.
import type { Writable } from 'node:stream';
import winston from 'winston';
import { defined } from '../base/defined.ts';
import type { Fields, Logger } from '../base/log.ts';
import { redact } from './redact.ts';

/** -2 errors, -1 warnings, 0 changes, 1 decisions, 2 everything. */
export type Verbosity = number;

export interface LogOptions {
  readonly verbosity: Verbosity;
  /** Text for people, or JSON lines. */
  readonly style: 'text' | 'json';
  readonly stream: Writable;
}

function levelOf(verbosity: Verbosity): string {
  if (verbosity >= 2) return 'silly';
  if (verbosity === 1) return 'debug';
  if (verbosity === 0) return 'info';
  return verbosity === -1 ? 'warn' : 'error';
}

/** First in the chain: formats after it can print only what was masked. */
const masked = winston.format((info) => {
  const clean = redact(info) as winston.Logform.TransformableInfo;
  // winston uses symbols for routing, which redact() leaves out.
  for (const key of Object.getOwnPropertySymbols(info)) {
    (clean as Record<symbol, unknown>)[key] = (info as Record<symbol, unknown>)[key];
  }
  return clean;
});

/** Words in quotes: they may be from others, and a line must stay one line. */
function fieldText(value: unknown): string {
  if (typeof value === 'string') return /[\s"=]/.test(value) ? JSON.stringify(value) : value;
  return JSON.stringify(value) ?? '';
}

/** The names that are printed; winston calls the finest level "silly". */
const WORDS: Readonly<Record<string, string>> = { warn: 'warning', silly: 'trace' };

const text = winston.format.printf(({ level, message, ...fields }) => {
  const parts = Object.entries(fields)
    .filter(([key, value]) => key !== 'at' && value !== undefined)
    .map(([key, value]) => ` ${key}=${fieldText(value)}`);
  const words = String(message).replace(/\s+/g, ' ');
  return `holger: ${WORDS[level] ?? level}: ${words}${parts.join('')}`;
});

/** RFC 3339 with seconds; in the log, the time of writing is the time that counts. */
const timed = winston.format((info) => ({
  at: new Date().toISOString().replace(/\.\d{3}Z$/, 'Z'),
  ...info,
}));

export function createLogger({ verbosity, style, stream }: LogOptions): Logger {
  const { combine, json } = winston.format;
  const log = winston.createLogger({
    level: levelOf(verbosity),
    format: style === 'text' ? combine(masked(), text) : combine(masked(), timed(), json()),
    transports: [new winston.transports.Stream({ stream })],
  });
  const write =
    (level: string) =>
    (message: string, fields: Fields = {}): void => {
      // `message` and `level` among the fields would replace the real ones.
      const { message: inner, level: innerLevel, ...rest } = fields;
      log.log(level, message, {
        ...rest,
        ...defined({ detail: inner, kind: innerLevel }),
      });
    };
  return {
    trace: write('silly'),
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  };
}
