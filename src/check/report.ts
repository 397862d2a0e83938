// The result of a check: verdicts and findings, with the observations behind them.
import type { RuleName } from './rules/catalogue.ts';
import type { Finding } from './rules/finding.ts';
import type { JudgedService } from './judge/judged-service.ts';
import type { MailRoute } from './gather/mail.ts';
import type { NamesFacts } from './gather/caa.ts';
import type { Target } from './gather/facts.ts';
import type { Severity } from './rules/severity.ts';
import { SEVERITIES, worstOf } from './rules/severity.ts';
import type { XmppRoute } from './gather/xmpp.ts';
import type { Look } from './gather/zone.ts';

/** Nothing was asked, because the answers of the resolver cannot be trusted. */
interface MayBeUnseen {
  readonly unseen?: true;
}

export interface ServiceReport extends JudgedService, MayBeUnseen {
  readonly kind: 'service';
  readonly severity: Severity;
  readonly findings: readonly Finding[];
}

interface OfDomain extends MayBeUnseen {
  /** The answers of each server of the domain's zone; empty if they are not needed. */
  readonly zones: readonly Look[];
  readonly severity: Severity;
  /** The findings about the domain as a whole. */
  readonly findings: readonly Finding[];
  readonly services: readonly ServiceReport[];
}

export interface MailReport extends OfDomain {
  readonly kind: 'mail';
  readonly route: MailRoute;
}

export interface XmppReport extends OfDomain {
  readonly kind: 'xmpp';
  readonly route: XmppRoute;
}

export type DomainReport = MailReport | XmppReport;

/** Of a configured certificate. */
export interface NamesReport extends MayBeUnseen {
  readonly kind: 'names';
  readonly facts: NamesFacts;
  readonly severity: Severity;
  readonly findings: readonly Finding[];
}

export type Report = ServiceReport | DomainReport | NamesReport;

/** Each once, the worst first, without those that the operator silenced. */
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

export function domainReport(
  judged: Omit<MailReport, 'severity'> | Omit<XmppReport, 'severity'>,
  silenced: ReadonlySet<RuleName>,
): DomainReport {
  const findings = heard(judged.findings, silenced);
  const all = [...findings, ...judged.services.flatMap((service) => service.findings)];
  return { ...judged, findings, severity: worstOf(all.map((one) => one.severity)) };
}

/** Including those of the services. */
export function findingsIn(report: Report): readonly Finding[] {
  const services = 'services' in report ? report.services : [];
  return [...report.findings, ...services.flatMap(({ findings }) => findings)];
}

export function namesReport(
  facts: NamesFacts,
  findings: readonly Finding[],
  silenced: ReadonlySet<RuleName>,
): NamesReport {
  const own = heard(findings, silenced);
  return { kind: 'names', facts, findings: own, severity: worstOf(own.map((one) => one.severity)) };
}

/** One more finding about the target as a whole. */
export function withFinding<T extends Report>(
  report: T,
  found: Finding,
  silenced: ReadonlySet<RuleName>,
): T {
  const findings = heard([...report.findings, found], silenced);
  const severity = worstOf([report.severity, ...findings.map((one) => one.severity)]);
  return { ...report, findings, severity };
}

export function targetOf(report: Report): Target {
  const isDomain = 'route' in report;
  return isDomain ? { kind: report.kind, domain: report.route.domain } : report.facts.target;
}
