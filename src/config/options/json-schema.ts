// The table of options as a JSON Schema: for editors, and for documents that list options.
import * as z from 'zod';
import { document } from './document.ts';

export type JsonSchema = z.core.JSONSchema.JSONSchema;

/** z.preprocess also accepts a text in place of its result: of a list, or of a table. */
function takesText({ _zod: { def } }: z.core.$ZodTypes): boolean {
  return def.type === 'pipe' && def.in._zod.def.type === 'transform';
}

/** Keys of option.ts. zod drops its own keys for values that are transformed when they are read. */
function renamed({ preset, example, ...rest }: JsonSchema): JsonSchema {
  return {
    ...rest,
    ...(preset === undefined ? {} : { default: preset }),
    ...(example === undefined ? {} : { examples: [example] }),
  };
}

export function configurationSchema(): JsonSchema {
  return z.toJSONSchema(document, {
    io: 'input',
    target: 'draft-07',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const { title, description, default: value, examples, ...shape } = renamed(jsonSchema);
      const says = { title, description, default: value, examples };
      const whole = takesText(zodSchema) ? { anyOf: [{ type: 'string' as const }, shape] } : shape;
      for (const key of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, key);
      const given = Object.entries(says).filter(([, it]) => it !== undefined);
      Object.assign(jsonSchema, Object.fromEntries(given), whole);
    },
  });
}
