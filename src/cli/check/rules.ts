// `check --rules`: everything that a check can find, as text.
import type { Rule } from '../../check/rules/catalogue.ts';
import { RULES } from '../../check/rules/catalogue.ts';
import { SEVERITIES } from '../../check/rules/severity.ts';
import { LABEL } from './words.ts';
import { jsonDocument, paragraph } from '../terminal/render.ts';

export function rulesText(): string {
  const all: readonly (readonly [string, Rule])[] = Object.entries(RULES);
  return SEVERITIES.flatMap((severity) =>
    all
      .filter(([, rule]) => rule.severity === severity)
      .map(
        ([name, { means, todo, source }]) =>
          paragraph(`${LABEL[severity]} ${name}`) +
          paragraph(means, '    ') +
          paragraph(`${todo} (${source})`, '    > '),
      ),
  ).join('\n');
}

export function rulesJson(): string {
  const rules = Object.entries(RULES).map(([rule, entry]) => ({ rule, ...entry }));
  return jsonDocument({ rules });
}
