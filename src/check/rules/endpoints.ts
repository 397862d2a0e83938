// What each address says: the verdicts themselves, as findings.
import type { Finding } from '../finding.ts';
import { finding } from '../finding.ts';
import type { JudgedService } from '../judged.ts';
import type { Severity } from '../severity.ts';
import type { EndpointVerdict } from '../verdict.ts';

/** Clients insist on TLS only where usable records tell them to. */
function insists({ facts }: JudgedService): boolean {
  return facts.tlsa.state === 'secure' && facts.tlsa.records.length > 0;
}

const detailOf = ({ look }: EndpointVerdict): string =>
  'detail' in look ? look.detail : 'a certificate was presented';

function mismatches(service: JudgedService): readonly Finding[] {
  const { verdicts } = service;
  return verdicts
    .filter(({ outcome }) => outcome === 'mismatch')
    .map((verdict) => {
      const { address, algorithm } = verdict;
      const other = verdicts.find((one) => one.address === address && one.algorithm !== algorithm);
      const name = algorithm.toUpperCase();
      return other?.outcome === 'secure'
        ? finding(
            'algorithm-neglected',
            address,
            `no record matches its ${name} certificate, though one matches the other`,
          )
        : finding(
            'mismatch',
            address,
            `no record matches what it presents to clients that take ${name}`,
          );
    });
}

function starttls(service: JudgedService): readonly Finding[] {
  const severity: Severity = insists(service) ? 'critical' : 'warning';
  // Both kinds of signature begin with the same dialogue: their looks count together, and one finding for an address is enough.
  return eachAddress(service, 'no-starttls', (verdict) => {
    const { address } = verdict;
    const own = service.verdicts.filter((one) => one.address === address);
    const missing = own.filter(({ outcome }) => outcome === 'no-starttls');
    const times = sumOf(missing.map((one) => one.times));
    const all = sumOf(own.map(({ of }) => of));
    return times === all
      ? finding('no-starttls', address, detailOf(verdict), severity)
      : finding(
          'starttls-sometimes',
          address,
          `STARTTLS was missing in ${times} of ${all} looks`,
          severity,
        );
  });
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0);

function handshakes(service: JudgedService): readonly Finding[] {
  const severity: Severity = insists(service) ? 'critical' : 'warning';
  const failed = eachAddress(service, 'tls-failed', (verdict) =>
    finding('tls-fails', verdict.address, detailOf(verdict), severity),
  );
  const { verdicts, facts } = service;
  const empty = facts.addresses.filter((address) => {
    const own = verdicts.filter((verdict) => verdict.address === address);
    return own.length > 0 && own.every(({ outcome }) => outcome === 'not-offered');
  });
  return [
    ...failed,
    ...empty.map((address) =>
      finding(
        'tls-fails',
        address,
        'it has neither an RSA nor an ECDSA certificate to show',
        severity,
      ),
    ),
  ];
}

function connections(service: JudgedService): readonly Finding[] {
  const { facts, verdicts } = service;
  const found = [
    ...eachAddress(service, 'no-connection', (verdict) =>
      finding('no-connection', verdict.address, `${verdict.look.status}: ${detailOf(verdict)}`),
    ),
    ...eachAddress(service, 'not-asked', (verdict) =>
      finding(
        'not-asked',
        verdict.address,
        `this machine has no route to it (${detailOf(verdict)})`,
      ),
    ),
  ];
  const nobody = verdicts.length > 0 && verdicts.every(({ outcome }) => outcome === 'not-asked');
  return nobody
    ? [
        ...found,
        finding(
          'not-checked',
          facts.target.url,
          'this machine has no route to any of its addresses',
        ),
      ]
    : found;
}

function eachAddress(
  { facts, verdicts }: JudgedService,
  outcome: EndpointVerdict['outcome'],
  say: (verdict: EndpointVerdict) => Finding,
): readonly Finding[] {
  return facts.addresses.flatMap((address) => {
    const verdict = verdicts.find((one) => one.address === address && one.outcome === outcome);
    return verdict === undefined ? [] : [say(verdict)];
  });
}

export function endpointFindings(service: JudgedService): readonly Finding[] {
  return [
    ...mismatches(service),
    ...starttls(service),
    ...handshakes(service),
    ...connections(service),
  ];
}
