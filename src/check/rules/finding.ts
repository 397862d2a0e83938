// A finding: one rule that is broken at one place. The catalogue says what a rule means.
import { RULES } from './catalogue.ts';
import type { RuleName } from './catalogue.ts';
import type { Severity } from './severity.ts';

export interface Finding {
  readonly rule: RuleName;
  readonly severity: Severity;
  /** The address, owner, host or server that the finding is about. */
  readonly about: string;
  /** One sentence, without a full stop. */
  readonly because: string;
}

export function finding(
  rule: RuleName,
  about: string,
  because: string,
  severity: Severity = RULES[rule].severity,
): Finding {
  return { rule, severity, about, because };
}
