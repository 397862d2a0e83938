import { expect, test } from 'vitest';
import { explainCommand } from '../../src/cli/certificates/explain.ts';
import type { Io } from '../../src/cli/terminal/io.ts';

function explain(name?: string, json = false): string {
  let out = '';
  const io = { out: (text: string) => void (out += text) } as unknown as Io;
  expect(explainCommand(name, { options: { json, verbosity: 0 }, io })).toBe(0);
  return out;
}

test('a reason of run is explained: meaning, what to do, where it is written', () => {
  const text = explain('zone-is-secure');
  expect(text).toMatch(/^zone-is-secure \(reason\)\n {4}The zone is not signed/);
  expect(text).toContain('to do: sign the zone');
  expect(text).toContain('see RFC 6698 §4.1');
});

test('a finding of check is explained in the same way', () => {
  expect(explain('mismatch')).toMatch(/^mismatch \(finding\)\n/);
});

test('without a name all names are listed, and as JSON everything', () => {
  expect(explain()).toContain('  cached-nowhere\n');
  const { names } = JSON.parse(explain(undefined, true)) as { names: { name: string }[] };
  expect(names.map(({ name }) => name)).toEqual(expect.arrayContaining(['order-floor', 'inert']));
});

test('a name that does not exist is a usage error, with the nearest one', () => {
  expect(() => explain('zone-is-secur')).toThrow(
    expect.objectContaining({
      code: 'USAGE',
      message:
        'there is no reason or finding with the name "zone-is-secur", did you mean "zone-is-secure"?',
    }),
  );
});
