// The shape of plain JSON, checked where it is read: an earlier version, another program or an
// editor may have written the file.

/** The place of the first wrong value, like `generations[0].number`; undefined if all are right. */
export type Shape = (value: unknown, at: string) => string | undefined;

const when =
  (fits: (value: unknown) => boolean): Shape =>
  (value, at) =>
    fits(value) ? undefined : at;

export const text: Shape = when((value) => typeof value === 'string');
export const flag: Shape = when((value) => typeof value === 'boolean');
/** JSON has no NaN and no Infinity; both become null there. */
export const number: Shape = when((value) => typeof value === 'number');

export const oneOf = (words: readonly unknown[]): Shape => when((value) => words.includes(value));

export const optional =
  (shape: Shape): Shape =>
  (value, at) =>
    value === undefined ? undefined : shape(value, at);

export const list =
  (item: Shape): Shape =>
  (value, at) =>
    Array.isArray(value) ? first(value.map((each, index) => item(each, `${at}[${index}]`))) : at;

/** Any keys, one kind of value. */
export const record =
  (item: Shape): Shape =>
  (value, at) =>
    isObject(value)
      ? first(Object.entries(value).map(([key, each]) => item(each, `${at}.${key}`)))
      : at;

/** At least these fields: a later version may add others. */
export const object =
  (fields: Readonly<Record<string, Shape>>): Shape =>
  (value, at) =>
    isObject(value)
      ? first(Object.entries(fields).map(([key, shape]) => shape(own(value, key), `${at}.${key}`)))
      : at;

type Plain = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function own(value: Plain, key: string): unknown {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

function first(faults: readonly (string | undefined)[]): string | undefined {
  return faults.find((fault) => fault !== undefined);
}
