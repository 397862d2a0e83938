// Failures in real use are numbered by their kind, K1 to K50; each kind has tests, whose titles
// begin with its number.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const KINDS = 50;

test('each kind of failure in real use has a test named after it', () => {
  const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' });
  const titles = files
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => readFileSync(join(import.meta.dirname, file), 'utf8'))
    .join('\n');
  const missing = Array.from({ length: KINDS }, (_, index) => `K${index + 1}`).filter(
    (kind) => !new RegExp(`['"\`](?:[^'"\`\n]*\\W)?${kind}\\b`).test(titles),
  );
  expect(missing).toEqual([]);
});
