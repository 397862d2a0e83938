// The interface of the log; observe/ implements it. Messages are constant phrases, data goes in
// fields.

export type Fields = Readonly<Record<string, unknown>>;

export interface Logger {
  /** Each question and each answer: thousands a minute. */
  trace(message: string, fields?: Fields): void;
  /** Each decision. */
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
}

export const silentLogger: Logger = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
