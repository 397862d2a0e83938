// The answer of an API, read field by field: a field that is not as described ends in one clear
// error, never in `undefined`.
import { AppError } from '../../src/base/errors.ts';

export class Json {
  readonly #value: unknown;
  readonly #path: string;
  readonly #host: string;

  /** `host`: the provider, for messages. */
  constructor(value: unknown, host: string, path = '') {
    this.#value = value;
    this.#host = host;
    this.#path = path;
  }

  static parse(text: string, host: string): Json {
    try {
      return new Json(JSON.parse(text), host);
    } catch {
      throw new AppError('PROVIDER_FAILED', `the answer of ${host} is not JSON`, {
        hint: 'it may come from a proxy, or the service has a failure; try again later',
      });
    }
  }

  get raw(): unknown {
    return this.#value;
  }

  at(key: string): Json {
    const value = this.#value;
    const held = typeof value === 'object' && value !== null && Object.hasOwn(value, key);
    const inner = held ? (value as Readonly<Record<string, unknown>>)[key] : undefined;
    return new Json(inner, this.#host, this.#path === '' ? key : `${this.#path}.${key}`);
  }

  get isMissing(): boolean {
    return this.#value === undefined || this.#value === null;
  }

  text(): string {
    if (typeof this.#value === 'string') return this.#value;
    throw this.#unlike('a text');
  }

  number(): number {
    if (typeof this.#value === 'number') return this.#value;
    throw this.#unlike('a number');
  }

  /** A number, also if it is written as a text. */
  numeric(): number {
    const value = typeof this.#value === 'string' ? Number(this.#value) : this.#value;
    if (typeof value === 'number' && Number.isFinite(value) && this.#value !== '') return value;
    throw this.#unlike('a number');
  }

  /** An identifier: some APIs use numbers and others names. */
  id(): string {
    if (typeof this.#value === 'number') return String(this.#value);
    return this.text();
  }

  flag(): boolean {
    if (typeof this.#value === 'boolean') return this.#value;
    throw this.#unlike('true or false');
  }

  list(): readonly Json[] {
    const value: unknown = this.#value;
    if (!Array.isArray(value)) throw this.#unlike('a list');
    return value.map((item: unknown, at) => new Json(item, this.#host, `${this.#path}[${at}]`));
  }

  #unlike(expected: string): AppError {
    const place = this.#path === '' ? 'the answer' : this.#path;
    return new AppError(
      'PROVIDER_FAILED',
      `the answer of ${this.#host} is not understood: ${place} is not ${expected}`,
      { hint: 'its API may have changed; check for a newer version of holger' },
    );
  }
}
