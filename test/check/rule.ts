// One rule of the catalogue: what raises it and, as important, similar cases that must not.
import { describe, expect, it } from 'vitest';
import type { RuleName } from '../../src/check/rules/catalogue.ts';
import type { Severity } from '../../src/check/rules/severity.ts';
import type { Scene } from './scene.ts';
import { raised } from './scene.ts';

type Made = () => Scene;

export function rule(
  name: RuleName,
  severity: Severity,
  by: Readonly<Record<string, Made>>,
  notBy: Readonly<Record<string, Made>>,
): void {
  describe(name, () => {
    it.each(Object.entries(by))('is raised: %s', async (_, make) => {
      expect(await raised(make())).toContain(`${severity} ${name}`);
    });
    it.each(Object.entries(notBy))('is not raised: %s', async (_, make) => {
      expect((await raised(make())).map((line) => line.split(' ')[1])).not.toContain(name);
    });
  });
}
