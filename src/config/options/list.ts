// All options in the order of the table, in words: for the reference and the example.
import { configurationSchema, type JsonSchema } from './json-schema.ts';
import { toml } from './toml.ts';

export interface ListedOption {
  readonly key: string;
  /** The kind of value: `a duration with units like "36h"`. */
  readonly type: string;
  readonly isRequired: boolean;
  /** In TOML, like the examples. Undefined: `reason` says what happens without the option. */
  readonly default: string | undefined;
  readonly reason: string;
  readonly example: string | undefined;
  /** The example, or else the default, as a value. */
  readonly shown: unknown;
}

export interface ListedSection {
  /** `[acme]`, `[[certificate]]`, `[[certificate]] deploy, type = "files"`. */
  readonly name: string;
  /** Of a table in an option: the section and the option that it is in. */
  readonly within: { readonly name: string; readonly key: string } | undefined;
  readonly reason: string;
  readonly options: readonly ListedOption[];
}

const schemas = (value: unknown): readonly JsonSchema[] =>
  Array.isArray(value) ? (value as readonly JsonSchema[]) : [];

/** The tables that a value is, or can contain. */
function tablesOf(schema: JsonSchema): readonly JsonSchema[] {
  if (schema.properties !== undefined) return [schema];
  const inner = [schema.items, schema.additionalProperties].filter(
    (it): it is JsonSchema => typeof it === 'object' && !Array.isArray(it),
  );
  return [...inner, ...schemas(schema.anyOf), ...schemas(schema.oneOf)].flatMap(tablesOf);
}

function listed(key: string, schema: JsonSchema, isRequired: boolean): ListedOption {
  const { title, description = '', default: value, examples: [example] = [] } = schema;
  return {
    key,
    type: title ?? toml(schema.const),
    isRequired,
    default: value === undefined ? undefined : toml(value),
    reason: description,
    example: example === undefined ? undefined : toml(example),
    shown: example ?? value ?? schema.const,
  };
}

/** A table, and the tables in its options, except those whose keys have no reason: secrets. */
function sectionsOf(
  name: string,
  reason: string,
  table: JsonSchema,
  within?: ListedSection['within'],
): readonly ListedSection[] {
  const properties = Object.entries(table.properties ?? {}) as [string, JsonSchema][];
  const isRequired = (key: string): boolean => table.required?.includes(key) ?? false;
  const kind = (table.properties?.['type'] as JsonSchema | undefined)?.const;
  const own = kind === undefined ? name : `${name}, type = ${toml(kind)}`;
  const options = properties.map(([key, it]) => listed(key, it, isRequired(key)));
  if (!options.some((it) => it.key !== 'type' && it.reason !== '')) return [];
  return [
    { name: own, within, reason, options },
    ...properties.flatMap(([key, it]) =>
      tablesOf(it).flatMap((inner) =>
        sectionsOf(`${own} ${key}`, it.description ?? '', inner, { name: own, key }),
      ),
    ),
  ];
}

/** Tables with names that the operator chooses. */
const NAMED = new Set(['provider', 'issuer', 'target']);

/** `[[certificate]]` leaves out what it shares with `[defaults]`. */
export function configurationOptions(): readonly ListedSection[] {
  const top = Object.entries(configurationSchema().properties ?? {}) as [string, JsonSchema][];
  const sections = top.flatMap(([key, it]) => {
    const named = it.type === 'array' ? `[[${key}]]` : `[${key}]`;
    const name = NAMED.has(key) ? `[${key}.NAME]` : named;
    return tablesOf(it).flatMap((table) => sectionsOf(name, it.description ?? '', table));
  });
  const shared = sections.find(({ name }) => name === '[defaults]')?.options.map(({ key }) => key);
  return sections.map((section) =>
    section.name === '[[certificate]]'
      ? { ...section, options: section.options.filter(({ key }) => !shared?.includes(key)) }
      : section,
  );
}
