// Fields from the CA are checked where they are read: each function returns the field in the
// requested type, or undefined.
import { parseInstant, type Instant } from '../base/clock.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export function objectOf(value: unknown): JsonObject | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as JsonObject) : undefined;
}

export function textOf(object: JsonObject | undefined, field: string): string | undefined {
  const value = object?.[field];
  return typeof value === 'string' ? value : undefined;
}

export function listOf(object: JsonObject | undefined, field: string): readonly unknown[] {
  const value = object?.[field];
  return Array.isArray(value) ? value : [];
}

export function textsOf(object: JsonObject | undefined, field: string): readonly string[] {
  return listOf(object, field).filter((value) => typeof value === 'string');
}

export function instantOf(object: JsonObject | undefined, field: string): Instant | undefined {
  const instant = parseInstant(textOf(object, field) ?? '');
  return Number.isNaN(instant) ? undefined : instant;
}
