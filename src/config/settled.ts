// From values as options read them to values as the program uses them: keys in camelCase, and
// paths absolute. They are relative to the configuration: a timer starts in "/".
import path from 'node:path';

/** A path as it is written. */
export class WrittenPath {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  from(folder: string): string {
    return path.resolve(folder, this.#text);
  }
}

/** A program and its arguments. A name without a slash is looked for where programs are. */
export class WrittenCommand {
  readonly #argv: readonly string[];

  constructor(argv: readonly string[]) {
    this.#argv = argv;
  }

  from(folder: string): readonly string[] {
    const [program = '', ...args] = this.#argv;
    return [program.includes('/') ? path.resolve(folder, program) : program, ...args];
  }
}

type Camel<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : S;

export type Settled<T> = T extends WrittenPath
  ? string
  : T extends WrittenCommand
    ? readonly string[]
    : T extends string | number | boolean | undefined
      ? T
      : T extends readonly (infer Item)[]
        ? readonly Settled<Item>[]
        : { readonly [K in keyof T & string as Camel<K>]: Settled<T[K]> };

/** Ten thousand certificates have the same few keys. */
const known = new Map<string, string>();
const MOST_KNOWN = 1000;

export function camel(key: string): string {
  const before = known.get(key);
  if (before !== undefined) return before;
  const made = key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  if (known.size < MOST_KNOWN) known.set(key, made);
  return made;
}

/** `folder`: where relative paths begin. */
export function settled<T>(value: T, folder: string): Settled<T> {
  return settledValue(value, folder) as Settled<T>;
}

function settledValue(value: unknown, folder: string): unknown {
  if (value instanceof WrittenPath || value instanceof WrittenCommand) return value.from(folder);
  if (Array.isArray(value)) return value.map((item) => settledValue(item, folder));
  if (typeof value !== 'object' || value === null) return value;
  const pairs = Object.entries(value).map(([key, it]) => [camel(key), settledValue(it, folder)]);
  return Object.fromEntries(pairs);
}
