// Documents made from the table of options.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'smol-toml';
import { expect, it, test } from 'vitest';
import * as z from 'zod';
import { exampleFile } from '../../src/config/example.ts';
import { configurationOptions } from '../../src/config/options/list.ts';
import { withEveryOption } from '../support/every-option.ts';
import { reference, schemaFile } from './configuration.ts';
import { ROOT, expectCurrent, expectFile } from './page.ts';

it('docs/configuration.md equals the table of options', async () => {
  await expectCurrent('configuration.md', reference());
});

it('docs/holger.schema.json equals the table of options', async () => {
  await expectCurrent('holger.schema.json', schemaFile());
});

it('config.example.toml equals the table of options', async () => {
  await expectFile('config.example.toml', exampleFile());
});

const every = configurationOptions().flatMap(({ name, options }) =>
  options.map((option) => [`${name} ${option.key}`, option] as const),
);

test.each(every.filter(([name]) => !name.startsWith('[provider.')))(
  '%s has a reason, and a default or an example',
  (_, { reason, default: value, example }) => {
    expect(reason).toMatch(/^["A-Za-z].*\.$/);
    expect(value ?? example).toBeDefined();
  },
);

test('the JSON Schema accepts the example, as it is and with every option', async () => {
  const text = await readFile(path.join(ROOT, 'config.example.toml'), 'utf8');
  const schema = z.fromJSONSchema(JSON.parse(schemaFile()) as z.core.JSONSchema.JSONSchema);
  for (const each of [text, withEveryOption(text)])
    expect(schema.safeParse(parse(each)).error).toBeUndefined();
  for (const wrong of ['[acme]\nemial = "a"', '[defaults]\nstrategy = "stagd"', 'zone = 1']) {
    expect(schema.safeParse(parse(wrong)).success, wrong).toBe(false);
  }
});
