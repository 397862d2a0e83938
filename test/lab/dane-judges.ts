// Programs of others that judge a host by its TLSA records, each run once, with its result in the
// same few words.

import { dig } from './checks.ts';
import type { Lab } from './lab.ts';
import { signatures } from './observe.ts';
import type { RunResult } from './processes.ts';

/**
 * What a client does in the end. `plain`: continues without DANE; `deferred`: mail waits for an
 * answer or a connection.
 */
export type Judgement = 'verified' | 'refused' | 'plain' | 'deferred';

export interface Judged {
  readonly says: Judgement;
  /** Its own output. */
  readonly words: string;
}

const TIMEOUT_MS = 30_000;
const text = ({ stdout, stderr }: RunResult): string => stdout + stderr;

/** `next`: a mail domain, or a host in brackets. Its exit status is always 0. */
export async function posttlsFinger(lab: Lab, next: string): Promise<Judged> {
  const argv = ['posttls-finger', '-c', '-l', 'dane', '-L', 'verbose,summary', next];
  const words = text(await lab.run([...lab.withResolver, ...argv], { timeoutMs: TIMEOUT_MS }));
  const hasRecords = words.includes('DNSSEC-signed TLSA record: ');
  const goesOn = words.includes('all TLSA records unusable') || !hasRecords;
  // With unsigned MX records it judges as always and calls the good end "Trusted".
  const says = /: Verified TLS connection established|MX RRset insecure: log verified/.test(words)
    ? 'verified'
    : /lookup (error|problem|failed)|Connection refused|service not available/.test(words)
      ? 'deferred'
      : goesOn
        ? 'plain'
        : 'refused';
  return { says, words };
}

/**
 * One address and one kind of certificate, with the records that a resolver validates.
 */
export async function openssl(
  lab: Lab,
  { host, address, port }: { host: string; address: string; port: number },
  algorithm: keyof typeof signatures,
): Promise<Judged> {
  const owner = `_${port}._tcp.${host}`;
  const found = await dig(['+dnssec', '+time=5', '+tries=2', `@${lab.resolver.v4}`, owner, 'TLSA']);
  if (!/status: (NOERROR|NXDOMAIN)/.test(found)) return { says: 'deferred', words: found };
  const records = /flags:[^;]* ad[ ;]/.test(found) ? tlsaIn(found) : [];
  // It uses usages 0 and 1 as they are; ignoring them is left to mail programs (RFC 7672 §3.1.3).
  const known = records.filter((record) => port !== 25 || /^[^01]/.test(record));
  const where = address.includes(':') ? `[${address}]` : address;
  const seen = await lab.run(
    [
      ...['openssl', 's_client', '-brief', '-connect', `${where}:${port}`, '-servername', host],
      ...(port === 25 ? ['-starttls', 'smtp'] : []),
      ...signatures[algorithm],
      ...(known.length === 0 ? [] : ['-dane_tlsa_domain', host, '-dane_ee_no_namechecks']),
      ...known.flatMap((record) => ['-dane_tlsa_rrdata', record]),
    ],
    { timeoutMs: TIMEOUT_MS },
  );
  const words = `${found}\n${text(seen)}`;
  if (/Connection refused/.test(words)) return { says: 'deferred', words };
  if (known.length === 0 || /Failed to import any TLSA/i.test(words)) {
    return { says: 'plain', words };
  }
  return { says: /Verification: OK/.test(words) ? 'verified' : 'refused', words };
}

function tlsaIn(answer: string): string[] {
  const lines = answer.matchAll(/^\S+\s+\d+\s+IN\s+TLSA\s+(\d+ \d+ \d+) ([\dA-Fa-f ]+)$/gm);
  return [...lines].map(([, head = '', hex = '']) => `${head} ${hex.replaceAll(' ', '')}`);
}

/**
 * The library in it refuses names below test. and validates by itself, from an anchor at a fixed
 * path: it gets other names for the same records (`aliasZones`), and the lab's anchor at that path.
 */
export async function danetool(lab: Lab, host: string, port: number): Promise<Judged> {
  const anchor = 'mount --bind "$0/keys/root.ds" /usr/share/dns/root.key && exec "$@"';
  const argv = [
    ...['danetool', '--check', host.replace(/\.test$/, '.example'), '--port', String(port)],
    ...['--local-dns', ...(port === 25 ? ['--starttls-proto', 'smtp'] : [])],
  ];
  const words = text(
    // It leaves the certificates that it has seen in the current folder.
    await lab.run([...lab.withResolver, 'sh', '-c', anchor, lab.dir, ...argv], {
      timeoutMs: TIMEOUT_MS,
      cwd: lab.dir,
    }),
  );
  const says = /Verification: Certificate matches/.test(words)
    ? 'verified'
    : /signature is invalid|Cannot resolve|Could not connect/.test(words)
      ? 'deferred'
      : /No DANE data were found|No DNSSEC signature was found/.test(words)
        ? 'plain'
        : 'refused';
  return { says, words };
}

/** Makes names below `example.` stand for those below `test.`. */
export const aliasZones = (lab: Lab): Promise<void> =>
  lab.nsupdate([`update add example. ${lab.ttl} DNAME test.`], '.');

/** It does not support STARTTLS: for mail it gets the chain in a file. */
export async function ldnsDane(
  lab: Lab,
  host: string,
  port: number,
  chainFile?: string,
): Promise<Judged> {
  const chain = chainFile === undefined ? [] : ['-c', chainFile];
  const argv = ['ldns-dane', '-r', lab.resolver.v4, ...chain, 'verify', host, String(port)];
  const words = text(await lab.run(argv, { timeoutMs: TIMEOUT_MS }));
  const says = /PKIX validation without DANE will be performed/.test(words)
    ? 'plain'
    : /dane-validated successfully/.test(words)
      ? 'verified'
      : /did not dane-validate/.test(words)
        ? 'refused'
        : 'deferred';
  return { says, words };
}
