// Hosts where a handshake does not reach a certificate, or only sometimes; and one with TLS from
// the first octet.
import { former, full, leafFor, next, record } from './authority.ts';
import { differ, type ServiceCase } from './case.ts';

const leaf = await leafFor('*.dane.test');
const other = await leafFor('other.dane.test');
const presents = [[full(leaf)]];
const tlsa = [record('3 1 1', leaf), record('3 1 1', next)];

const noStarttls = differ(['ldns-dane'], 'silent', 'has no STARTTLS');
const discards = 'discards the text and continues; it may be an attack (CVE-2011-0411)';
const everybody = ['posttls-finger', 'openssl', 'danetool', 'ldns-dane'] as const;

export const starttlsCases: readonly ServiceCase[] = [
  {
    name: 'no STARTTLS and no records',
    ...{ host: 'bare', presents, manner: 'no-starttls', tlsa: [] },
    ...{ severity: 'warning', outcome: 'no-starttls', finds: ['no-tlsa', 'no-starttls'] },
    differs: {
      ...noStarttls,
      ...differ(['danetool'], 'refused', 'wants TLS without records, too'),
    },
  },
  {
    name: 'no STARTTLS, with records',
    ...{ host: 'stripped', presents, manner: 'no-starttls', tlsa },
    ...{ severity: 'critical', outcome: 'no-starttls', finds: ['no-starttls'] },
    differs: noStarttls,
  },
  {
    name: 'STARTTLS answered with 454',
    ...{ host: 'not-now', presents, manner: 'not-now', tlsa },
    ...{ severity: 'critical', outcome: 'tls-failed', finds: ['tls-fails'] },
    differs: noStarttls,
  },
  {
    name: 'a TLS alert after STARTTLS',
    ...{ host: 'alert', presents, manner: 'alert', tlsa },
    ...{ severity: 'critical', outcome: 'tls-failed', finds: ['tls-fails'] },
    differs: noStarttls,
  },
  {
    name: 'text in the clear after the answer to STARTTLS',
    ...{ host: 'injected', presents, manner: 'injects', tlsa },
    ...{ severity: 'unknown', outcome: 'no-connection', finds: ['no-connection'] },
    differs: {
      ...differ(['posttls-finger', 'openssl', 'danetool'], 'verified', discards),
      ...noStarttls,
    },
  },
  {
    name: 'a greeting that refuses every client',
    ...{ host: 'unwelcoming', presents, manner: 'unwelcoming', tlsa },
    ...{ severity: 'unknown', outcome: 'no-connection', finds: ['turned-away'] },
    differs: {
      ...differ(['openssl'], 'verified', 'does not read the code of the greeting'),
      ...differ(['danetool'], 'silent', 'waits for another greeting for as long as it may'),
      ...noStarttls,
    },
  },
  {
    name: 'nothing listens',
    ...{ host: 'refused', presents: [[]], tlsa },
    ...{ severity: 'unknown', outcome: 'no-connection', finds: ['no-connection'] },
    differs: noStarttls,
  },
  {
    name: 'a server that sends nothing',
    ...{ host: 'silent', presents, manner: 'silent', tlsa },
    ...{ severity: 'unknown', outcome: 'no-connection', finds: ['no-connection'] },
    differs: differ(everybody, 'silent', 'waits longer than a test can'),
  },
  {
    name: 'the right certificate only for clients that name the host',
    ...{ host: 'by-name', presents: [[full(leaf), full(other)]], manner: 'by-name', tlsa },
    ...{ severity: 'ok', outcome: 'secure', finds: [] },
  },
  {
    name: 'TLS from the first octet, and a good record',
    ...{ host: 'web', presents, manner: 'implicit-tls', tlsa },
    ...{ severity: 'ok', outcome: 'secure', finds: [] },
  },
  {
    name: 'TLS from the first octet, and a record of another key',
    ...{ host: 'web-bad', presents, manner: 'implicit-tls', tlsa: [record('3 1 1', former)] },
    ...{ severity: 'critical', outcome: 'mismatch', finds: ['mismatch'] },
  },
];

/** Observed more than once. */
export const repeatedCase: ServiceCase = {
  name: 'STARTTLS is missing for every third client',
  ...{ host: 'sometimes', presents, manner: 'sometimes', tlsa },
  ...{ severity: 'critical', outcome: 'no-starttls', finds: ['starttls-sometimes'] },
  differs: differ(everybody, 'silent', 'makes one handshake, and may see either'),
};
