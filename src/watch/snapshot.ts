// What a watch keeps of a report: the target, the severity, and the findings.
import { targetText } from '../check/gather/target.ts';
import type { Finding } from '../check/rules/finding.ts';
import type { Report } from '../check/report.ts';
import { findingsIn, targetOf } from '../check/report.ts';
import type { Severity } from '../check/rules/severity.ts';

export interface Row {
  readonly target: string;
  readonly severity: Severity;
  readonly findings: readonly Finding[];
  /** Nothing was asked for it, so its OK says nothing about the resolver. */
  readonly unasked?: true;
  /** Why the resolver allowed no question for it. */
  readonly unseen?: string;
}

export function rowOf(report: Report): Row {
  const { severity } = report;
  const isUnasked = report.kind === 'names' && report.facts.caa.length === 0;
  return {
    target: targetText(targetOf(report)),
    severity,
    findings: findingsIn(report),
    ...(isUnasked && report.unseen !== true ? { unasked: true } : {}),
    ...(report.unseen === true ? { unseen: report.findings[0]?.because ?? '' } : {}),
  };
}
