// DANE clients that share no code with holger: they connect again and again, as real clients do,
// and must never be refused. posttls-finger finds and judges the records itself; openssl gets what
// a caching, validating resolver answers.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab, LabService } from './lab.ts';
import { signatures } from './observe.ts';
import type { RunResult } from './processes.ts';

export interface ProbeFailure {
  readonly at: Date;
  readonly client: string;
  readonly target: string;
  readonly detail: string;
}

export interface Verdict {
  /** secure: records were there and matched. plain: the resolver proves that there are none. */
  readonly result: 'secure' | 'plain' | 'failed';
  readonly client: string;
  readonly target: string;
  readonly detail: string;
}

export interface ProbeReport {
  readonly count: number;
  readonly secureCount: number;
  readonly failures: readonly ProbeFailure[];
}

export interface Probes extends ProbeReport {
  /**
   * Ends the current round. Throws when a probe could not be run: that is neither a pass nor a
   * finding.
   */
  stop(): Promise<ProbeReport>;
}

export function startProbes(lab: Lab, options: { readonly pauseMs?: number } = {}): Probes {
  const state = { count: 0, secureCount: 0, failures: [] as ProbeFailure[] };
  let isStopping = false;
  let problem: Error | undefined;
  const rounds = async (): Promise<void> => {
    while (!isStopping) {
      const at = new Date();
      for (const verdict of await probeOnce(lab)) {
        const { result, ...rest } = verdict;
        state.count += 1;
        if (result === 'secure') state.secureCount += 1;
        if (result === 'failed') state.failures.push({ at, ...rest });
      }
      await sleep(options.pauseMs ?? 300);
    }
  };
  const ended = rounds().catch((error: unknown) => {
    problem = error instanceof Error ? error : new Error(String(error));
  });
  return Object.assign(state, {
    stop: async () => {
      isStopping = true;
      await ended;
      if (problem !== undefined) throw problem;
      return state;
    },
  });
}

/** One round: every client at every address of every service, all at the same time. */
export async function probeOnce(lab: Lab): Promise<Verdict[]> {
  const services = Object.values(lab.services);
  const jobs = [
    ...services
      .filter(({ protocol }) => protocol === 'smtp')
      .flatMap((service) =>
        (['ipv4', 'ipv6'] as const).map((family) => probePosttls(lab, service, family)),
      ),
    ...services.map((service) => probeOpenssl(lab, service)),
  ];
  return (await Promise.all(jobs)).flat();
}

async function probePosttls(
  lab: Lab,
  service: LabService,
  family: 'ipv4' | 'ipv6',
): Promise<Verdict[]> {
  const flags = ['-c', '-l', 'dane', '-L', 'verbose,summary', '-a', family];
  const before = await lookUp(lab, service);
  const seen = await lab.run(
    [...lab.withResolver, 'posttls-finger', ...flags, `[${service.host}]`],
    { timeoutMs: 20_000 },
  );
  const about = { client: 'posttls-finger', target: `${service.host}:25 ${family}` };
  const output = seen.stdout + seen.stderr;
  // Its exit status is always 0; its output is the verdict.
  if (/: Verified TLS connection established/.test(output)) {
    return [{ ...about, result: 'secure', detail: 'Verified' }];
  }
  const isConnected = /(Trusted|Untrusted|Anonymous) TLS connection established/.test(output);
  if (isConnected && !output.includes('TLSA record: ')) {
    // Opportunistic TLS is right only without records: proven to be absent shortly before, or
    // shortly after.
    const proofs = [before, await lookUp(lab, service)];
    if (proofs.some((proof) => proof.kind === 'found' && proof.records.length === 0)) {
      return [{ ...about, result: 'plain', detail: 'no records' }];
    }
  }
  return [{ ...about, result: 'failed', detail: lastLines(seen) }];
}

async function probeOpenssl(lab: Lab, service: LabService): Promise<Verdict[]> {
  const found = await lookUp(lab, service);
  const jobs = service.addresses.map(async (address): Promise<Verdict[]> => {
    const target = `${service.host}:${service.port} ${address}`;
    if (found.kind === 'failed') {
      return [{ client: 'dig', target, result: 'failed', detail: found.detail }];
    }
    const clients = algorithmsOf(service).flatMap((one) => clientsOf(found.records, one));
    return Promise.all(clients.map((client) => handshake(lab, service, address, client)));
  });
  return (await Promise.all(jobs)).flat();
}

type Algorithm = keyof typeof signatures;

interface Client {
  readonly client: string;
  readonly records: readonly string[];
  /** The only CA whose certificates it accepts. */
  readonly algorithm?: Algorithm | undefined;
}

const algorithmsOf = ({ rsa }: LabService): (Algorithm | undefined)[] =>
  rsa === undefined ? [undefined] : ['ecdsa', 'rsa'];

/**
 * A client that supports every combination, and for each combination one that supports no other
 * (RFC 7671 §8.4).
 */
function clientsOf(records: readonly string[], algorithm: Algorithm | undefined): Client[] {
  const name = algorithm === undefined ? 'openssl' : `openssl, ${algorithm}`;
  const combinations = new Set(records.map((record) => record.slice(0, 5)));
  const narrow = [...combinations].map((only) => ({
    client: `${name}, ${only} only`,
    records: records.filter((record) => record.startsWith(only)),
    algorithm,
  }));
  return [{ client: name, records, algorithm }, ...(narrow.length > 1 ? narrow : [])];
}

async function handshake(
  lab: Lab,
  service: LabService,
  address: string,
  { client, records, algorithm }: Client,
): Promise<Verdict> {
  const where = address.includes(':') ? `[${address}]` : address;
  const dane = [
    '-dane_tlsa_domain',
    service.host,
    '-dane_ee_no_namechecks',
    '-verify_return_error',
  ];
  const seen = await lab.run(
    [
      ...['openssl', 's_client', '-brief', '-connect', `${where}:${service.port}`],
      ...[
        '-servername',
        service.host,
        ...(service.protocol === 'smtp' ? ['-starttls', 'smtp'] : []),
      ],
      ...(algorithm === undefined ? [] : signatures[algorithm]),
      ...(records.length > 0 ? dane : []),
      ...records.flatMap((record) => ['-dane_tlsa_rrdata', record]),
    ],
    { timeoutMs: 20_000 },
  );
  const about = { client, target: `${service.host}:${service.port} ${address}` };
  const isConnected = seen.status === 0 && seen.stderr.includes('CONNECTION ESTABLISHED');
  if (isConnected && records.length === 0) {
    return { ...about, result: 'plain', detail: 'no records' };
  }
  if (isConnected && seen.stderr.includes('Verification: OK')) {
    return { ...about, result: 'secure', detail: records.join(', ') };
  }
  return { ...about, result: 'failed', detail: `${records.join(', ')}: ${lastLines(seen)}` };
}

type Records =
  | { readonly kind: 'found'; readonly records: readonly string[] }
  | { readonly kind: 'failed'; readonly detail: string };

/**
 * What the clients' resolver answers now, from its cache. Only an answer with AD counts: mail must
 * wait after any other.
 */
export async function lookUp(lab: Lab, service: LabService): Promise<Records> {
  // As long as a mail server's own resolver library waits: with a dead name server Unbound needs
  // several rounds for each of the names whose two seconds are over.
  const query = [
    '+dnssec',
    '+time=5',
    '+tries=3',
    `@${lab.resolver.v4}`,
    service.tlsaOwner,
    'TLSA',
  ];
  const seen = await lab.run(['dig', ...query], { timeoutMs: 20_000 });
  const answer = seen.stdout;
  const isAuthentic =
    /flags:[^;]* ad[ ;]/.test(answer) && /status: (NOERROR|NXDOMAIN)/.test(answer);
  if (!isAuthentic) return { kind: 'failed', detail: `no authentic answer: ${lastLines(seen)}` };
  const lines = answer.matchAll(/^\S+\s+\d+\s+IN\s+TLSA\s+(\d) (\d) (\d) ([\dA-Fa-f ]+)$/gm);
  const records = [...lines].map(
    ([, usage, selector, type, hex = '']) =>
      `${usage} ${selector} ${type} ${hex.replaceAll(' ', '').toLowerCase()}`,
  );
  return { kind: 'found', records };
}

const lastLines = (seen: RunResult): string =>
  `status ${seen.status}: ${(seen.stdout + seen.stderr).trim().split('\n').slice(-6).join(' | ')}`;
