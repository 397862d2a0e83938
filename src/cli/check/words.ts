// The four words for how bad it is, as monitoring systems know them.
import type { Severity } from '../../check/rules/severity.ts';

export const LABEL: Readonly<Record<Severity, string>> = {
  critical: 'CRITICAL',
  warning: 'WARNING',
  unknown: 'UNKNOWN',
  ok: 'OK',
};
