// The numbers of a run for monitoring, counted report by report.
import type { Instant } from '../../base/clock.ts';
import type { Finding } from '../../check/rules/finding.ts';
import type { Report, ServiceReport } from '../../check/report.ts';
import { findingsIn, targetOf } from '../../check/report.ts';
import { targetText } from '../../check/gather/target.ts';
import type { Severity } from '../../check/rules/severity.ts';
import { SEVERITIES, worstOf } from '../../check/rules/severity.ts';
import type { Outcome } from '../../check/judge/verdict.ts';
import { OUTCOMES } from '../../check/judge/verdict.ts';

/** A kind of certificate that an address does not have does not count. */
export type Counted = Exclude<Outcome, 'not-offered'>;
export const COUNTED = OUTCOMES.filter((outcome): outcome is Counted => outcome !== 'not-offered');

export interface ServiceTally {
  readonly service: string;
  readonly endpoints: Readonly<Record<Counted, number>>;
  /** When the first of the leaf certificates that were presented expires. */
  readonly notAfter: Instant | undefined;
}

export interface TargetTally {
  readonly target: string;
  readonly severity: Severity;
  /** The worst first, including the findings of all services. */
  readonly findings: readonly Finding[];
  readonly services: readonly ServiceTally[];
}

export const earliest = (instants: readonly (Instant | undefined)[]): Instant | undefined => {
  const known = instants.filter((instant) => instant !== undefined);
  return known.length === 0 ? undefined : known.reduce((a, b) => Math.min(a, b));
};

export function countOf(services: readonly ServiceTally[], outcome: Counted): number {
  return services.reduce((sum, { endpoints }) => sum + endpoints[outcome], 0);
}

function serviceTally({ facts, verdicts }: ServiceReport): ServiceTally {
  const of = (wanted: Counted): number =>
    verdicts.filter(({ outcome }) => outcome === wanted).length;
  const leaves = verdicts.map(({ look }) =>
    look.status === 'presented' ? look.chain.certificates[0]?.notAfter : undefined,
  );
  return {
    service: facts.target.url,
    endpoints: Object.fromEntries(COUNTED.map((outcome) => [outcome, of(outcome)])) as Record<
      Counted,
      number
    >,
    notAfter: earliest(leaves),
  };
}

export function tallyOf(report: Report): TargetTally {
  const services =
    report.kind === 'service' ? [report] : 'services' in report ? report.services : [];
  return {
    target: targetText(targetOf(report)),
    severity: report.severity,
    findings: [...findingsIn(report)].sort(
      (a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity),
    ),
    services: services.map(serviceTally),
  };
}

export const worstIn = (tallies: readonly TargetTally[]): Severity =>
  worstOf(tallies.map(({ severity }) => severity));
