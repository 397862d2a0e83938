// The targets of `check --configured`: every service of the configuration, and whether the CA may
// issue its certificates again.
import { defined } from '../../base/defined.ts';
import { entryOf } from '../../base/table.ts';
import type { Configured, NamesTarget, ServiceTarget, Target } from '../../check/gather/facts.ts';
import type { ServiceConfig } from '../../config/options/service.ts';
import type { CertificateConfig } from '../../config/schema.ts';
import { combinationFrom, namesAuthority } from '../../dane/tlsa.ts';
import { hostOf } from '../../dns/name.ts';
import { liveGeneration } from '../../rollover/model.ts';
import type { Lineage } from '../../rollover/model.ts';
import { isWithdrawn } from '../../rollover/plan/records/desired-records.ts';
import type { OwnState } from './own-state.ts';

export interface CaFacts {
  /** RFC 8555 §7.1.1 `caaIdentities`. */
  readonly issuers: readonly string[];
  readonly account?: string;
  readonly method?: string;
}

/** Clients never ask for a wildcard name. */
function askedOwner({ tlsaOwner }: ServiceConfig): Pick<Configured, 'owner'> {
  return tlsaOwner === undefined || tlsaOwner.startsWith('*.') ? {} : { owner: tlsaOwner };
}

function unseen({ running, reachable }: ServiceConfig): Pick<Configured, 'unseen'> {
  if (!running) return { unseen: 'not running' };
  return reachable ? {} : { unseen: 'unreachable' };
}

interface Naming {
  readonly certificate: CertificateConfig;
  readonly service: ServiceConfig;
  readonly lineage: Lineage | undefined;
}

/**
 * Several certificates may name one service (RSA beside ECDSA): records are wanted if one of them
 * wants some.
 */
function recordsWanted(naming: readonly Naming[]): Configured['records'] {
  const dane = naming.filter(({ certificate }) => certificate.dane);
  if (dane.length === 0) return 'none';
  const off = dane.every(({ lineage }) => lineage !== undefined && isWithdrawn(lineage));
  return off ? 'withdrawn' : 'wanted';
}

/**
 * Before the first deployment, or without a readable state, it is not known which chains are
 * foreign.
 */
function leavesOf(naming: readonly Naming[]): Pick<Configured, 'leaves'> {
  const lineages = naming.flatMap(({ lineage }) => lineage ?? []);
  const areDeployed = lineages.every((one) => liveGeneration(one)?.deployedAt !== undefined);
  if (lineages.length < naming.length || !areDeployed) return {};
  const generations = lineages.flatMap((one) => one.generations);
  return { leaves: generations.flatMap(({ chain }) => chain?.certificates[0]?.der ?? []) };
}

function serviceTarget(naming: readonly [Naming, ...Naming[]]): ServiceTarget {
  const certificates = naming.map(({ certificate }) => certificate.name);
  return targetOf(naming[0].service, {
    certificates,
    records: recordsWanted(naming),
    ...leavesOf(naming),
  });
}

function targetOf(
  service: ServiceConfig,
  saying: Pick<Configured, 'certificates' | 'records' | 'leaves'>,
): ServiceTarget {
  const { scheme, host, port, protocol, smtpLike, connect, xmppDomain } = service;
  return {
    kind: 'service',
    url: `${scheme}://${hostOf(host)}:${port}`,
    ...{ scheme, host, port, protocol, smtpLike },
    names: [xmppDomain ?? host],
    ...defined({ domain: xmppDomain }),
    configured: {
      ...saying,
      ...askedOwner(service),
      ...defined({ connect }),
      ...unseen(service),
    },
  };
}

function serviceTargets({ certificates, lineages }: OwnState): readonly ServiceTarget[] {
  const named = new Map<string, [Naming, ...Naming[]]>();
  for (const certificate of certificates) {
    for (const service of certificate.services) {
      const key = `${service.scheme} ${service.host} ${service.port}`;
      const naming = { certificate, service, lineage: lineages.get(certificate.name) };
      const known = named.get(key);
      if (known === undefined) named.set(key, [naming]);
      else known.push(naming);
    }
  }
  return [...named.values()].map(serviceTarget);
}

/**
 * No certificate names it any more, but records of holger may still be there: clients check
 * certificates against them.
 */
export function leftTarget(service: ServiceConfig): ServiceTarget {
  return targetOf(service, { certificates: [], records: 'left' });
}

function namesTarget(certificate: CertificateConfig, { issuers, ...ca }: CaFacts): NamesTarget {
  const { name, domains, dane, services, records, trustAnchors } = certificate;
  const ofIssuer = records.map(combinationFrom).some(namesAuthority);
  return {
    kind: 'names',
    certificate: name,
    domains,
    issuers,
    ...defined(ca),
    trustsIssuer: dane && services.length > 0 && ofIssuer && trustAnchors !== 'none',
  };
}

/** `caOf`: what is known of the CA of a certificate. */
export function ownTargets(
  state: OwnState,
  caOf: (certificate: CertificateConfig) => CaFacts,
): readonly Target[] {
  const names = state.certificates.map((one) => namesTarget(one, caOf(one)));
  return [...serviceTargets(state), ...names];
}

/** Names that do not change; other CAs are asked. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  'acme-v02.api.letsencrypt.org': ['letsencrypt.org'],
  'acme-staging-v02.api.letsencrypt.org': ['letsencrypt.org'],
  'dv.acme-v02.api.pki.goog': ['pki.goog'],
  'acme.zerossl.com': ['sectigo.com'],
};

/** `directory`: of the CA. */
export function knownIssuers(directory: string): readonly string[] | undefined {
  try {
    return entryOf(KNOWN, new URL(directory).hostname);
  } catch {
    return undefined;
  }
}
