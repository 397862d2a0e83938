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
  /** Nothing was asked about it: that it is well says nothing about the resolver. */
  readonly unasked?: true;
}

export function targetText(target: Target): string {
  switch (target.kind) {
    case 'service':
      return target.url;
    case 'mail':
      return hostOf(target.domain);
    case 'names':
      return `certificate ${target.certificate}`;
  }
}

export function rowOf(report: Report): Row {
  const { severity } = report;
  if (report.kind === 'service') {
    const { facts, findings } = report;
    return { target: targetText(facts.target), severity, findings };
  }
  if (report.kind === 'names') {
    const { facts, findings } = report;
    const unasked = facts.caa.length === 0 ? { unasked: true as const } : {};
    return { target: targetText(facts.target), severity, findings, ...unasked };
  }
  const { target, services } = report;
  const findings = [...report.findings, ...services.flatMap((service) => service.findings)];
  return { target: targetText(target), severity, findings };
}
