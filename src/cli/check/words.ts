// The four severities, in the words of monitoring systems.
import type { Severity } from '../../check/rules/severity.ts';

export const LABEL: Readonly<Record<Severity, string>> = {
  critical: 'CRITICAL',
  warning: 'WARNING',
  unknown: 'UNKNOWN',
  ok: 'OK',
};
