// A report as JSON. Names and meanings are part of the public interface: `schema` is raised when
// one changes.
import { formatInstant } from '../../base/clock.ts';
import { createHash } from 'node:crypto';
import { RULES } from '../../check/rules/catalogue.ts';
import type { Asked } from '../../check/gather/lookups.ts';
import type { Finding } from '../../check/rules/finding.ts';
import { recordStates } from '../../check/judge/judged-service.ts';
import type { DomainReport, NamesReport, Report, ServiceReport } from '../../check/report.ts';
import type { EndpointVerdict } from '../../check/judge/verdict.ts';
import type { Look } from '../../check/gather/zone.ts';
import { zoneSummaries } from '../../check/judge/zone-summary.ts';
import type { ChainCertificate } from '../../dane/chain.ts';
import { tlsaText } from '../../dane/tlsa.ts';
import { hostOf } from '../../dns/name.ts';
import { genericText, tlsaRdataText } from '../../dns/rdata-text.ts';
import { addressText, mxOf, srvOf } from '../../dns/rdata.ts';
import type { RdataHex, RecordType } from '../../dns/rrset.ts';
import type { Session } from '../../ports/probe.ts';

type Json = Readonly<Record<string, unknown>>;

const findingJson = ({ rule, severity, about, because }: Finding): Json => {
  const { source, means, todo } = RULES[rule];
  return { rule, severity, about, because, means, todo, source };
};

function dataText(type: RecordType, rdata: RdataHex): string {
  if (type === 'A' || type === 'AAAA') return addressText(type, rdata);
  if (type === 'TLSA') return tlsaRdataText(rdata);
  if (type === 'MX') {
    const { preference, exchange } = mxOf(rdata);
    return `${preference} ${exchange}`;
  }
  if (type !== 'SRV') return genericText(rdata);
  const { priority, weight, port, target } = srvOf(rdata);
  return `${priority} ${weight} ${port} ${target}`;
}

function askedJson({ name, type, lookup }: Asked): Json {
  const asked = { name: hostOf(name), type, status: lookup.status };
  if ('detail' in lookup) return { ...asked, detail: lookup.detail };
  const aliases = lookup.aliases.map((alias) => hostOf(alias.owner));
  const found =
    lookup.status === 'found'
      ? { ttl: lookup.rrset.ttl, data: lookup.rrset.rdata.map((rdata) => dataText(type, rdata)) }
      : {};
  return { ...asked, secure: lookup.authentic, aliases, ...found };
}

function certificateJson({ der, spki, names, notBefore, notAfter }: ChainCertificate): Json {
  const sha256 = (hex: string): string => createHash('sha256').update(hex, 'hex').digest('hex');
  return {
    names,
    notBefore: formatInstant(notBefore),
    notAfter: formatInstant(notAfter),
    sha256: sha256(der),
    spkiSha256: sha256(spki),
  };
}

/** Null: the server closed the connection after it had shown its certificates. */
function sessionJson(session: Session | undefined): Json | null {
  if (session === undefined) return null;
  const { version, cipher, group } = session;
  return { version, cipher, group: group ?? null };
}

function endpointJson({
  address,
  algorithm,
  outcome,
  look,
  match,
  times,
  of,
}: EndpointVerdict): Json {
  const matched = match?.matched;
  return {
    address,
    algorithm,
    outcome,
    detail: 'detail' in look ? look.detail : null,
    looks: { these: times, all: of },
    session: look.status === 'presented' ? sessionJson(look.session) : null,
    match:
      matched === undefined
        ? null
        : {
            record: tlsaText(matched.record),
            depth: matched.depth ?? null,
            certificate: matched.certificate ?? null,
          },
    certificates: look.status === 'presented' ? look.chain.certificates.map(certificateJson) : [],
  };
}

function zonesJson(looks: readonly Look[]): readonly Json[] {
  return zoneSummaries(looks).map(({ zone, security, servers }) => ({
    zone: hostOf(zone),
    security,
    servers: servers.map(({ server, address, has }) => ({
      server: hostOf(server),
      address,
      serial: 'serial' in has ? has.serial : null,
      detail: 'fault' in has ? has.fault : null,
    })),
  }));
}

function serviceJson(report: ServiceReport): Json {
  const { facts, verdicts, severity, findings } = report;
  const { target, tlsa, hosts } = facts;
  return {
    kind: 'service',
    target: target.url,
    severity,
    host: hostOf(target.host),
    port: target.port,
    scheme: target.scheme,
    judgedAt: formatInstant(facts.at),
    addresses: facts.addresses,
    lookups: [...hosts, ...tlsa.candidates.map(({ asked }) => asked)].map(askedJson),
    tlsa: {
      state: tlsa.state,
      base: hostOf(tlsa.base),
      owner: hostOf(tlsa.owner),
      ttl: tlsa.ttl ?? null,
      records: recordStates(report).map(({ record, ...state }) => ({
        record: tlsaText(record),
        ...state,
      })),
    },
    zones: zonesJson(facts.zones),
    endpoints: verdicts.map(endpointJson),
    findings: findings.map(findingJson),
  };
}

function namesJson({ facts, severity, findings }: NamesReport): Json {
  return {
    kind: 'certificate',
    target: facts.target.certificate,
    severity,
    domains: facts.target.domains,
    caa: facts.caa.map(({ domain, at, properties }) => ({
      domain,
      at: at === undefined ? null : hostOf(at),
      properties: properties.map(({ critical, tag, value }) => ({ critical, tag, value })),
    })),
    findings: findings.map(findingJson),
  };
}

/** `mx` or `srv`: where the records lead. */
function routeJson(report: DomainReport): Json {
  if (report.kind === 'mail') {
    const { kind, asked, hosts } = report.route;
    return {
      mx: {
        kind,
        lookup: askedJson(asked),
        hosts: hosts.map(({ preference, host }) => ({ preference, host: hostOf(host) })),
      },
    };
  }
  return {
    srv: report.route.paths.map(({ scheme, kind, asked, hosts }) => ({
      scheme,
      kind,
      lookup: askedJson(asked),
      hosts: hosts.map(({ host, ...numbers }) => ({ ...numbers, host: hostOf(host) })),
    })),
  };
}

export function checkJson(report: Report): Json {
  if (report.kind === 'service') return serviceJson(report);
  if (report.kind === 'names') return namesJson(report);
  const { kind, route, zones, severity, findings, services } = report;
  return {
    kind,
    target: hostOf(route.domain),
    severity,
    ...routeJson(report),
    zones: zonesJson(zones),
    findings: findings.map(findingJson),
    services: services.map(serviceJson),
  };
}
