// One option: its type, its default, the reason, and an example. The schema that reads a
// configuration, its documents and config.example.toml are made from this.
import * as z from 'zod';

/** A value in the words of TOML. */
type Written = string | number | boolean | readonly Written[] | { readonly [key: string]: Written };

/** The option is required. */
export function required<T extends z.ZodType>(type: T, reason: string, example: Written): T {
  return type.meta({ description: reason, example });
}

/** Optional; `reason` says what happens without it. */
export function optional<T extends z.ZodType>(
  type: T,
  reason: string,
  example: Written,
): z.ZodOptional<T> {
  return type.optional().meta({ description: reason, example });
}

/**
 * Optional, with a default that is read like a written value. `example`: a value that shows more
 * than the default.
 */
export function preset<T extends z.ZodType>(
  type: T,
  value: Written,
  reason: string,
  example?: Written,
): z.ZodPrefault<T> {
  return type
    .prefault(value as z.core.util.NoUndefined<z.input<T>>)
    .meta({ description: reason, preset: value, example });
}

/** A list in which each item is a table of its own, or a text; empty unless written. */
export function list<T>(item: z.ZodType<T>, expected: string): z.ZodArray<z.ZodType<T>> {
  return z.array(item, { error: () => `expected ${expected}` }).meta({ title: expected });
}
