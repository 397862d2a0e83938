// The JSON Schema of the configuration, for editors that complete and check TOML.
import { configurationSchema } from '../src/config/options/json-schema.ts';

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

export const configSchema = (): JsonSchema => configurationSchema() as JsonSchema;
