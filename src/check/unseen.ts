// The report of a target if the resolver cannot be trusted: one finding, and nothing else is asked.
import type { Fqdn } from '../dns/name.ts';
import { fqdn } from '../dns/name.ts';
import type { Call } from '../ports/call.ts';
import type { Standing, Standings } from '../ports/resolver.ts';
import type { Answer } from './gather/lookups.ts';
import type { ServiceTarget, Target } from './gather/facts.ts';
import type { Finding } from './rules/finding.ts';
import { finding } from './rules/finding.ts';
import type { JudgedService } from './judge/judged-service.ts';
import type { Report } from './report.ts';
import type { CheckWorld } from './gather/world.ts';
import { tlsaOwner } from '../dane/owner.ts';

/** The name below which everything of the target is asked; undefined: nothing is. */
function nameOf(target: Target): Fqdn | undefined {
  switch (target.kind) {
    case 'service':
      return target.host;
    case 'mail':
    case 'xmpp':
      return target.domain;
    case 'names': {
      const [first] = target.issuers.length === 0 ? [] : target.domains;
      return first === undefined ? undefined : fqdn(first.replace(/^\*\./, ''));
    }
  }
}

type Distrust = Exclude<Standing, { readonly status: 'validates' }>;

/** Why the resolver cannot be asked about the target; undefined: it can. */
export async function distrustAt(
  target: Target,
  resolver: Standings,
  call: Call,
): Promise<Distrust | undefined> {
  const name = nameOf(target);
  if (name === undefined) return undefined;
  const standing = await resolver.standing(name, call);
  return standing.status === 'validates' ? undefined : standing;
}

export function unseenReport(target: Target, why: Distrust, world: CheckWorld): Report {
  const rule = why.status === 'failed' ? 'resolver-fails' : 'resolver-unproven';
  const all = {
    ...{ severity: 'unknown' as const, unseen: true as const },
    findings: [finding(rule, why.server, why.detail)] as readonly Finding[],
  };
  const lookup: Answer =
    why.status === 'failed'
      ? { status: why.failure, detail: why.detail }
      : { status: 'unproven', detail: why.detail };
  switch (target.kind) {
    case 'service':
      return { kind: 'service', ...all, ...unseenService(target, lookup, world) };
    case 'names':
      return { kind: 'names', ...all, facts: { target, caa: [] } };
    case 'mail': {
      const { domain } = target;
      const asked = { name: domain, type: 'MX' as const, lookup };
      const nothing = { hosts: [], contradicts: false, tooLong: [], noHosts: [], beyond: 0 };
      const route = { domain, asked, failed: asked, kind: 'failed' as const, ...nothing };
      return { kind: 'mail', ...all, route, zones: [], services: [] };
    }
    case 'xmpp': {
      const route = { domain: target.domain, paths: [] };
      return { kind: 'xmpp', ...all, route, zones: [], services: [] };
    }
  }
}

function unseenService(target: ServiceTarget, lookup: Answer, world: CheckWorld): JudgedService {
  const { host, port, smtpLike } = target;
  const owner = target.configured?.owner ?? tlsaOwner(host, port);
  const now = world.clock.now();
  const detail = 'detail' in lookup ? { detail: lookup.detail } : {};
  const { anchorOf } = world.pki;
  return {
    facts: {
      ...{ target, addresses: [], beyond: 0, strays: [], endpoints: [], zones: [] },
      hosts: (['A', 'AAAA'] as const).map((type) => ({ name: host, type, lookup })),
      tlsa: {
        ...{ state: 'failed', base: host, asked: owner, owner, records: [] },
        ...{ candidates: [], applies: true, beyond: 0 },
        ...detail,
      },
      ...{ lookedAt: now, at: now, expected: new Set() },
    },
    verdicts: [],
    judging: { at: now, context: { names: [], smtpLike, anchorOf } },
  };
}
