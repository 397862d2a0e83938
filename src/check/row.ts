// What a watch keeps of a report: which target, how bad, and what was found.
import { hostOf } from '../dns/name.ts';
import type { Target } from './facts.ts';
import type { Finding } from './finding.ts';
import type { Report } from './report.ts';
import type { Severity } from './severity.ts';

export interface Row {
  readonly target: string;
  readonly severity: Severity;
  readonly findings: readonly Finding[];
}

export function targetText(target: Target): string {
  return target.kind === 'service' ? target.url : hostOf(target.domain);
}

export function rowOf(report: Report): Row {
  const { severity } = report;
  if (report.kind === 'service') {
    const { facts, findings } = report;
    return { target: targetText(facts.target), severity, findings };
  }
  const { target, services } = report;
  const findings = [...report.findings, ...services.flatMap((service) => service.findings)];
  return { target: targetText(target), severity, findings };
}
