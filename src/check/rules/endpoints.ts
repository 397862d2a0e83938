// What each address says: the verdicts themselves, as findings. One finding for an address, whatever kinds of certificate it concerns.
import type { Finding } from '../finding.ts';
import { finding } from '../finding.ts';
import type { JudgedService } from '../judged.ts';
import type { Severity } from '../severity.ts';
import type { EndpointVerdict, Outcome } from '../verdict.ts';

/** Records that are securely found make TLS mandatory, even where a client can use none of them (RFC 7672 §2.2). */
function insists({ facts }: JudgedService): boolean {
  return facts.tlsa.state === 'secure' && facts.tlsa.records.length > 0;
}

const detailOf = ({ look }: EndpointVerdict): string =>
  'detail' in look ? look.detail : 'a certificate was presented';

const kindOf = ({ algorithm }: EndpointVerdict): string => algorithm.toUpperCase();

const oftenOf = ({ times, of }: EndpointVerdict): string =>
  times < of ? ` in ${times} of ${of} looks` : '';

/** What is said of one address, given all verdicts on it. */
type Say = (own: readonly EndpointVerdict[], service: JudgedService) => Finding | undefined;

const mismatch: Say = (own) => {
  const [first, second] = own.filter(({ outcome }) => outcome === 'mismatch');
  if (first === undefined) return undefined;
  const { address } = first;
  if (second === undefined && own.some(({ outcome }) => outcome === 'secure')) {
    const because = `no record matches its ${kindOf(first)} certificate${oftenOf(first)}, though one matches the other`;
    return finding('algorithm-neglected', address, because);
  }
  const kinds = [first, ...(second === undefined ? [] : [second])].map(kindOf).join(' and ');
  return finding(
    'mismatch',
    address,
    `no record matches its ${kinds} ${second === undefined ? 'certificate' : 'certificates'}${oftenOf(first)}`,
  );
};

/** Both kinds of certificate begin with the same dialogue. */
const starttls: Say = (own, service) => {
  const severity: Severity = insists(service) ? 'critical' : 'warning';
  const without = own.filter(({ outcome }) => outcome === 'no-starttls');
  const [first] = without;
  if (first === undefined) return undefined;
  const times = without.reduce((sum, one) => sum + one.times, 0);
  const of = own
    .filter(({ outcome }) => outcome !== 'no-connection' && outcome !== 'not-asked')
    .reduce((sum, one) => sum + one.of, 0);
  return times === of
    ? finding('no-starttls', first.address, detailOf(first), severity)
    : finding(
        'starttls-sometimes',
        first.address,
        `STARTTLS was missing in ${times} of ${of} looks`,
        severity,
      );
};

const handshake: Say = (own, service) => {
  const severity: Severity = insists(service) ? 'critical' : 'warning';
  const failed = own.find(({ outcome }) => outcome === 'tls-failed');
  if (failed !== undefined) {
    const because = `${kindOf(failed)}: ${detailOf(failed)}${oftenOf(failed)}`;
    return finding('tls-fails', failed.address, because, severity);
  }
  const [first] = own;
  if (first === undefined || own.some(({ outcome }) => outcome !== 'not-offered')) return undefined;
  const because = 'it has neither an RSA nor an ECDSA certificate to show';
  return finding('tls-fails', first.address, because, severity);
};

const withOutcome = (own: readonly EndpointVerdict[], wanted: Outcome) =>
  own.find(({ outcome }) => outcome === wanted);

const silent: Say = (own) => {
  const one = withOutcome(own, 'no-connection');
  if (one === undefined) return undefined;
  const because = `${one.look.status}: ${detailOf(one)}${oftenOf(one)}`;
  return finding('no-connection', one.address, because);
};

const unrouted: Say = (own) => {
  const one = withOutcome(own, 'not-asked');
  if (one === undefined) return undefined;
  return finding('not-asked', one.address, `this machine has no route to it (${detailOf(one)})`);
};

export function endpointFindings(service: JudgedService): readonly Finding[] {
  const { facts, verdicts } = service;
  const addresses = [...new Set(verdicts.map(({ address }) => address))];
  const found = [mismatch, starttls, handshake, silent, unrouted].flatMap((say) =>
    addresses.flatMap(
      (address) =>
        say(
          verdicts.filter((verdict) => verdict.address === address),
          service,
        ) ?? [],
    ),
  );
  const nobody = verdicts.length > 0 && verdicts.every(({ outcome }) => outcome === 'not-asked');
  const because = 'this machine has no route to any of its addresses';
  return nobody ? [...found, finding('not-checked', facts.target.url, because)] : found;
}
