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

/** Of one process; enough for what is wrong at the same time. */
const MOST_KNOWN = 1000;

/** Each warning once, for a process that comes to the same result again and again. */
export function warningOnce(logger: Logger): Logger {
  const told = new Set<string>();
  return {
    ...logger,
    warn: (message, fields) => {
      const what = JSON.stringify([message, fields]);
      if (told.has(what)) return;
      if (told.size >= MOST_KNOWN) told.clear();
      told.add(what);
      logger.warn(message, fields);
    },
  };
}
