// The verdicts of each address, as findings. One finding for an address, whatever kinds of
// certificate it concerns.
import { keyAlgorithmText } from '../../dane/key-algorithm.ts';
import type { Finding } from './finding.ts';
import { finding } from './finding.ts';
import type { JudgedService } from '../judge/judged-service.ts';
import type { Severity } from './severity.ts';
import type { EndpointVerdict, Outcome } from '../judge/verdict.ts';

/**
 * Records that are securely found make TLS mandatory, even if a client can use none of them (RFC
 * 7672 §2.2).
 */
function insists({ facts }: JudgedService): boolean {
  return facts.tlsa.state === 'secure' && facts.tlsa.records.length > 0;
}

const detailOf = ({ look }: EndpointVerdict): string =>
  'detail' in look ? look.detail : 'a certificate was presented';

const kindOf = ({ algorithm }: EndpointVerdict): string => keyAlgorithmText(algorithm);

const oftenOf = ({ times, of }: EndpointVerdict): string =>
  times < of ? ` in ${times} of ${of} handshakes` : '';

/** The findings about one address, from all its verdicts. */
type Say = (own: readonly EndpointVerdict[], service: JudgedService) => Finding | undefined;

const mismatch: Say = (own) => {
  const all = own.filter(({ outcome }) => outcome === 'mismatch');
  const [first] = all;
  if (first === undefined) return undefined;
  const { address } = first;
  const kinds = all.map(kindOf).join(' and ');
  const because = `no record matches its ${kinds} ${all.length === 1 ? 'certificate' : 'certificates'}${oftenOf(first)}`;
  return own.some(({ outcome }) => outcome === 'secure')
    ? finding('algorithm-neglected', address, `${because}, but a record matches the other`)
    : finding('mismatch', address, because);
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
        `STARTTLS was missing in ${times} of ${of} handshakes`,
        severity,
      );
};

const handshake: Say = (own, service) => {
  const severity: Severity = insists(service) ? 'critical' : 'warning';
  const failed = own.find(({ outcome }) => outcome === 'tls-failed');
  if (failed === undefined) return undefined;
  // If it fails whatever is offered, the kind of certificate is not the cause.
  const kind = own.every(({ outcome }) => outcome === 'tls-failed') ? '' : `${kindOf(failed)}: `;
  const because = `${kind}${detailOf(failed)}${oftenOf(failed)}`;
  return finding('tls-fails', failed.address, because, severity);
};

const tooLong: Say = (own) => {
  const [first] = own.flatMap(({ address, look }) =>
    look.status === 'presented' && look.chain.more !== undefined
      ? [{ address, sent: look.chain.certificates.length + look.chain.more }]
      : [],
  );
  if (first === undefined) return undefined;
  return finding('chain-too-long', first.address, `it sends ${first.sent} certificates`);
};

const withOutcome = (own: readonly EndpointVerdict[], wanted: Outcome) =>
  own.find(({ outcome }) => outcome === wanted);

const silent: Say = (own) => {
  const one = withOutcome(own, 'no-connection');
  if (one === undefined) return undefined;
  const because = `${detailOf(one)}${oftenOf(one)}`;
  switch (one.look.status) {
    case 'turned-away':
      return finding('turned-away', one.address, because);
    case 'out-of-resources':
      return finding('no-resources', one.address, because);
    default:
      return finding('no-connection', one.address, `${one.look.status}: ${because}`);
  }
};

const unrouted: Say = (own) => {
  const one = withOutcome(own, 'not-asked');
  if (one === undefined) return undefined;
  return finding('not-asked', one.address, `this machine has no route to it (${detailOf(one)})`);
};

export function endpointFindings(service: JudgedService): readonly Finding[] {
  const { facts, verdicts } = service;
  const addresses = [...new Set(verdicts.map(({ address }) => address))];
  const found = [mismatch, starttls, handshake, silent, unrouted, tooLong].flatMap((say) =>
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
