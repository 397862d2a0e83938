// A domain: where its records lead, every service there, and the findings about the domain as a
// whole.
import type { Fqdn } from '../dns/name.ts';
import type { Asked } from './gather/lookups.ts';
import type { RuleName } from './rules/catalogue.ts';
import type { DomainTarget, ServiceTarget } from './gather/facts.ts';
import type { Finding } from './rules/finding.ts';
import type { LookContext } from './gather/service.ts';
import { mailRouteOf, namesBehind } from './gather/mail.ts';
import type { DomainReport, ServiceReport } from './report.ts';
import { domainReport } from './report.ts';
import { mailFindings } from './rules/mail.ts';
import { xmppFindings } from './rules/xmpp.ts';
import { zoneFindings } from './rules/zones.ts';
import { serviceReportOn } from './service.ts';
import { mxTarget } from './gather/target.ts';
import { xmppRouteOf, xmppTargets } from './gather/xmpp.ts';
import type { Look } from './gather/zone.ts';
import { lookAtRoute } from './gather/zone.ts';

type Silenced = ReadonlySet<RuleName>;

export async function domainReportOn(
  { kind, domain }: DomainTarget,
  context: LookContext,
  silenced: Silenced,
): Promise<DomainReport> {
  const { ask } = context;
  if (kind === 'mail') {
    const route = await mailRouteOf(domain, ask);
    const names = namesBehind(route);
    const targets = route.hosts.map(({ host }) => mxTarget(host, domain, names));
    const seen = await lookThere(domain, [route.asked], targets, context, silenced);
    const findings = [...mailFindings(route, seen.services), ...seen.findings];
    return domainReport({ kind, route, ...seen, findings }, silenced);
  }
  const route = await xmppRouteOf(domain, ask);
  const records = route.paths.map(({ asked }) => asked);
  const seen = await lookThere(domain, records, xmppTargets(route), context, silenced);
  const findings = [...xmppFindings(route, seen.services), ...seen.findings];
  return domainReport({ kind, route, ...seen, findings }, silenced);
}

/** The services, and the name servers that hold the records about them. */
async function lookThere(
  domain: Fqdn,
  records: readonly Asked[],
  targets: readonly ServiceTarget[],
  context: LookContext,
  silenced: Silenced,
): Promise<{
  readonly zones: readonly Look[];
  readonly services: readonly ServiceReport[];
  readonly findings: readonly Finding[];
}> {
  const { looking, world, deadline } = context;
  const isAsked = looking !== undefined && targets.length > 0;
  const [zones, services] = await Promise.all([
    isAsked
      ? deadline.within(lookAtRoute(domain, records, looking), () => [
          { name: domain, because: 'the time for this target ended before they answered' },
        ])
      : [],
    Promise.all(targets.map((target) => serviceReportOn(target, context, silenced))),
  ]);
  return { zones, services, findings: zoneFindings(zones, world.clock.now()) };
}
