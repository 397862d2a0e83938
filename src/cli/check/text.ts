// A report as text: what was looked up and how secure it was, what each address presents, and what
// to do.
import { formatInstant } from '../../base/clock.ts';
import { formatDuration } from '../../base/duration.ts';
import { RULES } from '../../check/rules/catalogue.ts';
import type { Finding } from '../../check/rules/finding.ts';
import type { Severity } from '../../check/rules/severity.ts';
import { SEVERITIES } from '../../check/rules/severity.ts';
import type { RecordState } from '../../check/judge/judged-service.ts';
import { recordName, recordStates } from '../../check/judge/judged-service.ts';
import type { NamesReport, Report, ServiceReport } from '../../check/report.ts';
import { targetText } from '../../check/gather/target.ts';
import { targetOf } from '../../check/report.ts';
import { addressesSecure } from '../../check/gather/tlsa.ts';
import type { EndpointVerdict, Outcome } from '../../check/judge/verdict.ts';
import type { Look } from '../../check/gather/zone.ts';
import { zoneSummaries } from '../../check/judge/zone-summary.ts';
import { tlsaFor } from '../../dane/association.ts';
import { keyAlgorithmText } from '../../dane/key-algorithm.ts';
import { tlsaText } from '../../dane/tlsa.ts';
import { hostOf } from '../../dns/name.ts';
import { line, missing, securityOf } from './lines.ts';
import { routeLines } from './route-lines.ts';
import { LABEL } from './words.ts';
import { serverLines, zoneVersions } from './zone-lines.ts';
import { paragraph } from '../terminal/render.ts';

const SECURITY = {
  secure: 'secure',
  absent: 'securely none',
  insecure: 'insecure',
  none: 'none, insecure',
  bogus: 'bogus',
  failed: 'failed',
} as const;

const WORDS: Readonly<Record<Outcome, string>> = {
  secure: 'secure',
  mismatch: 'MISMATCH',
  unusable: 'unusable',
  inert: 'inert',
  bogus: 'BOGUS',
  'no-tlsa': 'no TLSA',
  'tlsa-unknown': 'unknown',
  'no-starttls': 'NO TLS',
  'tls-failed': 'FAILED',
  'no-connection': 'no answer',
  'not-asked': 'no route',
  'not-offered': '-',
};

/** How one report is printed. */
interface Telling {
  /** Below 0: only what is wrong, and nothing if all is well. */
  readonly verbosity: number;
  /**
   * Zones and findings that were already printed: servers that many hosts share are explained once.
   */
  readonly told: Set<string>;
}

const isFirst = (what: string, told: Set<string>): boolean => told.size < told.add(what).size;

function headline(what: string, severity: Severity): string {
  return `${what}: ${LABEL[severity]}\n`;
}

function addressLines({ facts }: ServiceReport): string {
  const { hosts, addresses } = facts;
  const failures = hosts.filter(({ lookup }) => 'detail' in lookup).map(missing);
  const told =
    addresses.length === 0 ? [] : [`${addresses.join(', ')}${securityOf(addressesSecure(hosts))}`];
  const [found] = hosts.flatMap(({ lookup }) => (lookup.status === 'found' ? lookup : []));
  const isAlias = found !== undefined && found.aliases.length > 0;
  const path = isAlias ? line('alias of', hostOf(found.rrset.owner)) : '';
  const all = [...told, ...failures];
  return path + line('address', all.length === 0 ? 'none' : all.join('; '));
}

function fateOf({ usable, compared, matched, expected }: RecordState): string {
  if (!usable) return 'unusable';
  if (matched) return 'matches';
  if (expected) return 'for what comes next';
  return compared ? 'matches nothing' : 'not compared';
}

function recordLine(state: RecordState): string {
  return `            ${recordName(state.record)}  ${fateOf(state)}\n`;
}

function tlsaLines(report: ServiceReport): string {
  const { tlsa } = report.facts;
  const ttl = tlsa.ttl === undefined ? '' : `, TTL ${formatDuration(tlsa.ttl)}`;
  const detail = tlsa.detail === undefined ? '' : `: ${tlsa.detail}`;
  const states = recordStates(report);
  return (
    line('TLSA', `${hostOf(tlsa.owner)} (${SECURITY[tlsa.state]}${ttl})${detail}`) +
    states.map(recordLine).join('')
  );
}

function zoneLines(looks: readonly Look[], { verbosity, told }: Telling): string {
  return zoneSummaries(looks)
    .filter(({ zone }) => isFirst(`zone ${zone}`, told))
    .map((zone) => {
      const what = `${hostOf(zone.zone)} (${zone.security}): ${zoneVersions(zone)}`;
      const servers = verbosity > 0 ? serverLines(zone).map((one) => line('', one)) : [];
      return line('zone', what) + servers.join('');
    })
    .join('');
}

function sessionText(look: EndpointVerdict['look']): string {
  if (look.status !== 'presented' || look.session === undefined) return '';
  const { version, cipher, group } = look.session;
  return [version, group, cipher].flatMap((part) => part ?? []).join(' ');
}

function presented({ look, match, outcome, times, of }: EndpointVerdict): string {
  const often = times < of ? ` in ${times} of ${of} handshakes` : '';
  if (look.status !== 'presented') {
    return outcome === 'not-offered' ? 'no such certificate' : `${look.detail}${often}`;
  }
  const leaf = look.chain.certificates[0];
  const names = leaf?.names.join(' ') || 'no name';
  const until = leaf === undefined ? '' : `, until ${formatInstant(leaf.notAfter).slice(0, 10)}`;
  const matched = match?.matched;
  const where = matched?.depth === 0 ? 'leaf' : `depth ${matched?.depth ?? '?'}`;
  const by = matched === undefined ? '' : `${recordName(matched.record)} ${where}: `;
  return `${by}${names}${until}${often}`;
}

/**
 * The record that would have matched, complete, to be pasted by an operator who knows that the key
 * is the right one.
 */
function keyLine({ look, outcome }: EndpointVerdict): string {
  const leaf = look.status === 'presented' ? look.chain.certificates[0] : undefined;
  if (outcome !== 'mismatch' || leaf === undefined || leaf.spki === '') return '';
  return `      key ${tlsaText(tlsaFor(leaf, 3, 1, 1))}\n`;
}

function endpointLine(verdict: EndpointVerdict, kind: string, verbosity: number): string {
  const label = `    ${kind.padEnd(kind.length > 5 ? 8 : 6)}${WORDS[verdict.outcome].padEnd(10)}`;
  const session = verbosity > 0 ? sessionText(verdict.look) : '';
  const below = session === '' ? '' : paragraph(session, ' '.repeat(label.length));
  return paragraph(presented(verdict), label) + below + keyLine(verdict);
}

/**
 * What is true for all certificates is printed once. A kind of certificate that no address has is
 * printed only with -v.
 */
function linesOf(own: readonly EndpointVerdict[], verbosity: number): string {
  const offered = own.filter(({ outcome }) => outcome !== 'not-offered');
  const shown = verbosity > 0 || offered.length === 0 ? own : offered;
  const [first] = shown;
  const same =
    first !== undefined &&
    shown.length > 1 &&
    shown.every(
      ({ look, outcome }) => look.status === first.look.status && outcome === first.outcome,
    );
  if (same && first.look.status !== 'presented') return endpointLine(first, 'both', verbosity);
  return shown.map((one) => endpointLine(one, keyAlgorithmText(one.algorithm), verbosity)).join('');
}

/** Addresses that present the same are grouped. */
function endpointLines({ facts, verdicts }: ServiceReport, verbosity: number): string {
  const told = new Map<string, string[]>();
  for (const address of facts.addresses) {
    const lines = linesOf(
      verdicts.filter((verdict) => verdict.address === address),
      verbosity,
    );
    told.set(lines, [...(told.get(lines) ?? []), address]);
  }
  return [...told]
    .map(([lines, addresses]) => paragraph(addresses.join(', '), '  ') + lines)
    .join('');
}

/** What to do is printed once, below all findings of the rule. */
function findingLines(all: readonly Finding[], { verbosity, told }: Telling): string {
  const findings = verbosity < 0 ? all.filter(({ severity }) => severity !== 'ok') : all;
  return findings
    .map(({ rule, severity, about, because }, at) => {
      const { todo, source } = RULES[rule];
      const label = `  ${(severity === 'ok' ? 'note' : LABEL[severity]).padEnd(9)} `;
      if (!isFirst(`${severity} ${rule} ${about} ${because}`, told)) {
        return paragraph(`${rule}: ${about}: as above`, label);
      }
      const said = paragraph(`${rule}: ${about}: ${because}`, label);
      const next = findings[at + 1];
      const goesOn = next?.rule === rule && next.severity === severity;
      return goesOn ? said : said + paragraph(`${todo} (${source})`, '            > ');
    })
    .join('');
}

function serviceText(report: ServiceReport, telling: Telling): string {
  const { target, zones } = report.facts;
  const { verbosity } = telling;
  const looked =
    verbosity < 0
      ? ''
      : addressLines(report) +
        tlsaLines(report) +
        zoneLines(zones, telling) +
        endpointLines(report, verbosity);
  return headline(target.url, report.severity) + looked + findingLines(report.findings, telling);
}

const NOT_JUDGED = 'not checked: the name under which the CA looks for itself is not known';

function namesText({ facts, severity, findings }: NamesReport, telling: Telling): string {
  const { certificate, domains, issuers } = facts.target;
  const known = issuers.length > 0;
  const caa = facts.caa.flatMap(({ domain, at }) =>
    at === undefined ? [] : [hostOf(at) === domain ? domain : `${domain} (at ${hostOf(at)})`],
  );
  const looked =
    telling.verbosity < 0
      ? ''
      : line('names', domains.join(', ')) +
        line('CAA', known ? caa.join(', ') || 'none' : NOT_JUDGED);
  return (
    headline(`certificate ${certificate}`, severity) + looked + findingLines(findings, telling)
  );
}

/** `verbosity` below 0: only what is wrong, and nothing if all is well. */
export function checkText(report: Report, verbosity: number): string {
  if (verbosity < 0 && report.severity === 'ok') return '';
  const telling: Telling = { verbosity, told: new Set() };
  if (report.unseen === true) {
    const { severity, findings } = report;
    return headline(targetText(targetOf(report)), severity) + findingLines(findings, telling);
  }
  if (report.kind === 'service') return serviceText(report, telling);
  if (report.kind === 'names') return namesText(report, telling);
  const quiet = verbosity < 0;
  const own =
    headline(targetText(targetOf(report)), report.severity) +
    (quiet ? '' : routeLines(report) + zoneLines(report.zones, telling)) +
    findingLines(report.findings, telling);
  const services = report.services.filter(({ severity }) => !quiet || severity !== 'ok');
  return own + services.map((service) => `\n${serviceText(service, telling)}`).join('');
}

/** The last line, if there was more than one target. */
export function summaryText(severities: readonly Severity[]): string {
  const counts = SEVERITIES.map((severity) => ({
    severity,
    count: severities.filter((one) => one === severity).length,
  })).filter(({ count }) => count > 0);
  const parts = counts.map(({ severity, count }) => `${count} ${LABEL[severity]}`).join(', ');
  return `\n${severities.length} targets: ${parts}\n`;
}
