// Values in the words of TOML.

/** In one line. */
export function toml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toml).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const pairs = Object.entries(value).map(([key, item]) => `${key} = ${toml(item)}`);
  return `{ ${pairs.join(', ')} }`;
}

/** A list with a table in it has a line for each item. */
export function setting(key: string, value: unknown): string {
  const isLong = Array.isArray(value) && value.some((item) => typeof item === 'object');
  if (!isLong) return `${key} = ${toml(value)}`;
  return [`${key} = [`, ...value.map((item) => `  ${toml(item)},`), ']'].join('\n');
}
