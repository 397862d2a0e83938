// What a check says in the end: verdicts and findings, with what they stand on.
import type { RuleName } from './catalogue.ts';
import type { MailTarget } from './facts.ts';
import type { Finding } from './finding.ts';
import type { JudgedService } from './judged.ts';
import type { MailRoute } from './mail.ts';
import type { NamesFacts } from './names.ts';
import type { Severity } from './severity.ts';
import { SEVERITIES, worstOf } from './severity.ts';
import type { Look } from './zone-look.ts';

export interface ServiceReport extends JudgedService {
  readonly kind: 'service';
  readonly severity: Severity;
  readonly findings: readonly Finding[];
}

export interface MailReport {
  readonly kind: 'mail';
  readonly target: MailTarget;
  readonly route: MailRoute;
  /** What each server of the domain's zone says; empty where nobody wants to know. */
  readonly zones: readonly Look[];
  readonly severity: Severity;
  /** Those about the domain as a whole. */
  readonly findings: readonly Finding[];
  readonly services: readonly ServiceReport[];
}

/** Of a configured certificate. */
export interface NamesReport {
  readonly kind: 'names';
  readonly facts: NamesFacts;
  readonly severity: Severity;
  readonly findings: readonly Finding[];
}

export type Report = ServiceReport | MailReport | NamesReport;

/** Each once, the worst first, without those that the operator does not want to hear. */
function heard(findings: readonly Finding[], silenced: ReadonlySet<RuleName>): Finding[] {
  const told = new Map(
    findings.map((one) => [[one.rule, one.severity, one.about, one.because].join('\n'), one]),
  );
  return [...told.values()]
    .filter(({ rule }) => !silenced.has(rule))
    .sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
}

export function serviceReport(
  service: JudgedService,
  findings: readonly Finding[],
  silenced: ReadonlySet<RuleName>,
): ServiceReport {
  const own = heard(findings, silenced);
  return {
    kind: 'service',
    ...service,
    findings: own,
    severity: worstOf(own.map(({ severity }) => severity)),
  };
}

export function mailReport(
  route: MailRoute,
  zones: readonly Look[],
  services: readonly ServiceReport[],
  findings: readonly Finding[],
  silenced: ReadonlySet<RuleName>,
): MailReport {
  const own = heard(findings, silenced);
  const all = [...own, ...services.flatMap((service) => service.findings)];
  const severity = worstOf(all.map((one) => one.severity));
  return { kind: 'mail', target: route.target, route, zones, severity, findings: own, services };
}

export function namesReport(
  facts: NamesFacts,
  findings: readonly Finding[],
  silenced: ReadonlySet<RuleName>,
): NamesReport {
  const own = heard(findings, silenced);
  return { kind: 'names', facts, findings: own, severity: worstOf(own.map((one) => one.severity)) };
}
