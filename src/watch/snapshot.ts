// What a watch keeps of a report: which target, how bad, and what was found.
import { hostOf } from '../dns/name.ts';
import type { Target } from '../check/gather/facts.ts';
import type { Finding } from '../check/rules/finding.ts';
import type { Report } from '../check/report.ts';
import { findingsIn } from '../check/report.ts';
import type { Severity } from '../check/rules/severity.ts';

export interface Row {
  readonly target: string;
  readonly severity: Severity;
  readonly findings: readonly Finding[];
  /** Nothing was asked about it: that it is well says nothing about the resolver. */
  readonly unasked?: true;
  /** Why the resolver did not allow to ask anything about it. */
  readonly unseen?: string;
}

/** How a target is named; an XMPP domain as RFC 5122 writes it, for the same domain has mail, too. */
export function targetText(target: Target): string {
  switch (target.kind) {
    case 'service':
      return target.url;
    case 'mail':
      return hostOf(target.domain);
    case 'xmpp':
      return `xmpp:${hostOf(target.domain)}`;
    case 'names':
      return `certificate ${target.certificate}`;
  }
}

export function targetOf(report: Report): Target {
  const isDomain = 'route' in report;
  return isDomain ? { kind: report.kind, domain: report.route.domain } : report.facts.target;
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
