// The JSON Schema of the configuration, for editors that complete and check TOML.
import * as z from 'zod';
import { document } from '../src/config/options/document.ts';

export interface JsonSchema {
  /** What kind of value it is, in words. */
  title?: string;
  description?: string;
  type?: string;
  enum?: string[];
  const?: string;
  default?: unknown;
  examples?: unknown[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  additionalProperties?: JsonSchema | false;
}

interface Told extends JsonSchema {
  /** Of an option: its default and an example as they are written (src/config/options). */
  preset?: unknown;
  example?: unknown;
}

export function configSchema(): JsonSchema {
  return z.toJSONSchema(document, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const told = jsonSchema as Told;
      const { preset, example } = told;
      delete told.preset;
      delete told.example;
      if (preset !== undefined) told.default = preset;
      if (example !== undefined) told.examples = [example];
      const { def } = zodSchema._zod;
      // A text is short for the list or the table behind it.
      if (def.type !== 'pipe' || def.in._zod.def.type !== 'transform') return;
      const full = { ...told };
      for (const key of Object.keys(told)) delete told[key as keyof Told];
      told.anyOf = [{ type: 'string' }, full];
    },
  }) as JsonSchema;
}
