// One service: what was observed, the verdicts, and everything that the rules find in both.
import type { RuleName } from './rules/catalogue.ts';
import type { ServiceTarget } from './gather/facts.ts';
import type { JudgedService } from './judge/judged-service.ts';
import { chainsOf } from './judge/judged-service.ts';
import { lookAtService } from './gather/service.ts';
import type { LookContext } from './gather/service.ts';
import type { ServiceReport } from './report.ts';
import { serviceReport } from './report.ts';
import { configuredFindings } from './rules/configured.ts';
import { endpointFindings } from './rules/endpoints.ts';
import { lifetimeFindings } from './rules/lifetimes.ts';
import { nextIssuerFindings } from './rules/next-issuer.ts';
import { presenceFindings } from './rules/presence.ts';
import { recordFindings } from './rules/records.ts';
import { zoneFindings } from './rules/zones.ts';
import { judgingOf, verdictOf } from './judge/verdict.ts';

export async function serviceReportOn(
  target: ServiceTarget,
  context: LookContext,
  silenced: ReadonlySet<RuleName>,
): Promise<ServiceReport> {
  const facts = await lookAtService(target, context);
  const { pki } = context.world;
  const looked = { facts, verdicts: [], judging: judgingOf(facts, {}, pki) };
  const trusted = target.smtpLike ? {} : await pki.trusted(chainsOf(looked));
  const judging = judgingOf(facts, trusted, pki);
  const verdicts = facts.endpoints.map((endpoint) => verdictOf(endpoint, facts, judging));
  const service: JudgedService = { facts, verdicts, judging };
  const findings = [
    ...presenceFindings(facts),
    ...configuredFindings(facts),
    ...endpointFindings(service),
    ...recordFindings(service),
    ...lifetimeFindings(service),
    ...nextIssuerFindings(service, context.world.issuingSets),
    ...zoneFindings(facts.zones, facts.lookedAt, service),
  ];
  return serviceReport(service, findings, silenced);
}
