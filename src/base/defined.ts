// Optional properties: exactOptionalPropertyTypes distinguishes "absent" and "undefined", and what
// is stored, logged or printed as JSON does too.

type Optional<T> = { [K in keyof T]: undefined extends T[K] ? K : never }[keyof T];

/** The same object without the properties whose value is undefined. */
export type Defined<T> = Omit<T, Optional<T>> & {
  [K in Optional<T>]?: Exclude<T[K], undefined>;
};

/** Leaves out what is undefined. */
export function defined<T extends object>(values: T): Defined<T> {
  const known = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known) as Defined<T>;
}
