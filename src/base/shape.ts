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
  (value, at) => {
    if (!Array.isArray(value)) return at;
    for (const [index, part] of value.entries()) {
      const fault = item(part, '');
      if (fault !== undefined) return `${at}[${index}]${fault}`;
    }
    return undefined;
  };

/** Any keys, one kind of value. */
export const record =
  (item: Shape): Shape =>
  (value, at) =>
    isObject(value)
      ? inFields(
          value,
          at,
          Object.keys(value).map((key) => [key, item]),
        )
      : at;

/** At least these fields: a later version may add others. */
export function object(fields: Readonly<Record<string, Shape>>): Shape {
  const shapes = Object.entries(fields);
  return (value, at) => (isObject(value) ? inFields(value, at, shapes) : at);
}

type Plain = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function own(value: Plain, key: string): unknown {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

/** The place is put together where something is wrong: a document may be large. */
function inFields(
  value: Plain,
  at: string,
  shapes: readonly (readonly [string, Shape])[],
): string | undefined {
  for (const [key, shape] of shapes) {
    const fault = shape(own(value, key), '');
    if (fault !== undefined) return `${at}.${key}${fault}`;
  }
  return undefined;
}
