// Metrics in the text format of Prometheus. Most certificates are idle and have one line each; what
// is not as it should be has more. The whole is bounded, and what is urgent comes first.
import { Counter, Gauge, Registry } from 'prom-client';

/** Seconds since 1970. */
type Time = number;

export interface CertificateSample {
  readonly certificate: string;
  readonly phase: string;
  readonly notAfter: Time | undefined;
  /** What it waits for ends then. */
  readonly until: Time | undefined;
  /** The code of the last failure, while it lasts. */
  readonly failure: string | undefined;
  /** How many endpoints of a service do not present the live chain; only services that have any. */
  readonly others: Readonly<Record<string, number>>;
  /** Name servers that did not answer in the last sweep. */
  readonly silent: number;
  /** The CA takes no order of the account before this time. */
  readonly limited: { readonly directory: string; readonly until: Time } | undefined;
}

export interface RoundSample {
  readonly endedAt: Time;
  readonly seconds: number;
  readonly nextAt: Time;
}

/** Prometheus reads it every minute or so. */
const MOST_BYTES = 1_900_000;
/** Besides its labels, a line has its name, the value and punctuation. */
const LINE_BYTES = 90;

const COUNTED = {
  ordered: ['orders_total', 'Orders that were placed.'],
  issued: ['issued_total', 'Certificates that CAs issued.'],
  published: ['publications_total', 'Writes of TLSA records.'],
  deployed: ['deployments_total', 'Deployments that every target took.'],
  proven: ['proofs_total', 'Deployments that every endpoint was seen to present.'],
} as const;

const isIdle = ({ phase }: CertificateSample): boolean => phase === 'idle';

function urgency({ phase, failure, notAfter = Infinity }: CertificateSample): number {
  if (phase === 'needs a person') return -2e12;
  return failure === undefined ? notAfter : -1e12;
}

export class Metrics {
  /** What counts up while the process runs. */
  readonly #counters = new Registry();
  readonly #events: Readonly<Record<keyof typeof COUNTED, Counter>>;
  readonly #failures: Counter;
  readonly #rounds: Counter;
  readonly #version: string;

  constructor(version: string) {
    this.#version = version;
    const registers = [this.#counters];
    const counter = (name: string, help: string, labelNames: string[] = []): Counter =>
      new Counter({ name: `holger_${name}`, help, labelNames, registers });
    const events = Object.entries(COUNTED).map(([kind, [name, help]]) => [
      kind,
      counter(name, help),
    ]);
    this.#events = Object.fromEntries(events) as Record<keyof typeof COUNTED, Counter>;
    this.#failures = counter('failures_total', 'Failures, by error code.', ['code']);
    this.#rounds = counter('rounds_total', 'Rounds, by how they ended.', ['result']);
    for (const result of ['done', 'failed']) this.#rounds.inc({ result }, 0);
  }

  /** `code`: one of the program, or any text of a failure. */
  count(event: string, code?: string): void {
    if (code !== undefined) this.#failures.inc({ code });
    if (Object.hasOwn(COUNTED, event)) this.#events[event as keyof typeof COUNTED].inc();
  }

  countRound(result: 'done' | 'failed'): void {
    this.#rounds.inc({ result });
  }

  async render(samples: readonly CertificateSample[], round: RoundSample): Promise<string> {
    const registry = new Registry();
    const gauges = new Gauges(registry);
    gauges.set('build_info', 'The version of holger.', { version: this.#version }, 1);
    gauges.set('round_seconds', 'How long the last round took.', {}, round.seconds);
    gauges.set('round_timestamp_seconds', 'When the last round ended.', {}, round.endedAt);
    gauges.set('next_round_timestamp_seconds', 'When the next one begins.', {}, round.nextAt);
    for (const [phase, count] of counted(samples.map(({ phase }) => phase))) {
      gauges.set('certificates', 'Certificates in each phase.', { phase }, count);
    }
    for (const sample of samples) limits(gauges, sample);
    const omitted = detailed(gauges, samples);
    gauges.set('omitted_certificates', 'Certificates for which there was no room.', {}, omitted);
    return `${await this.#counters.metrics()}\n${await registry.metrics()}`;
  }
}

/** One of each name, made with its first value. */
class Gauges {
  readonly #registry: Registry;
  readonly #known = new Map<string, Gauge>();
  bytes = 0;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  set(name: string, help: string, labels: Readonly<Record<string, string>>, value: number): void {
    const gauge = this.#known.get(name) ?? this.#make(name, help, Object.keys(labels));
    gauge.set({ ...labels }, value);
    for (const text of Object.values(labels)) this.bytes += Buffer.byteLength(text);
    this.bytes += LINE_BYTES;
  }

  #make(name: string, help: string, labelNames: string[]): Gauge {
    const registers = [this.#registry];
    const gauge = new Gauge({ name: `holger_${name}`, help, labelNames, registers });
    this.#known.set(name, gauge);
    return gauge;
  }
}

function counted(phases: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>([
    ['idle', 0],
    ['needs a person', 0],
  ]);
  for (const phase of phases) counts.set(phase, (counts.get(phase) ?? 0) + 1);
  return counts;
}

/** The CA is the same for many. */
function limits(gauges: Gauges, { limited }: CertificateSample): void {
  if (limited === undefined) return;
  const { directory, until } = limited;
  const help = 'Until when a CA takes no orders of the account.';
  gauges.set('ca_limited_until_timestamp_seconds', help, { directory }, until);
}

/** @returns how many had no room */
function detailed(gauges: Gauges, samples: readonly CertificateSample[]): number {
  const sorted = [...samples].sort((a, b) => urgency(a) - urgency(b));
  for (const [index, sample] of sorted.entries()) {
    if (gauges.bytes > MOST_BYTES) return sorted.length - index;
    detail(gauges, sample);
  }
  return 0;
}

function detail(gauges: Gauges, sample: CertificateSample): void {
  const { certificate, phase, notAfter, until, failure, others, silent } = sample;
  const at = (name: string, help: string, value: number, more = {}): void =>
    gauges.set(`certificate_${name}`, help, { certificate, ...more }, value);
  if (notAfter !== undefined) {
    at('not_after_timestamp_seconds', 'The end of the live certificate.', notAfter);
  }
  if (!isIdle(sample)) at('phase', '1: its phase. Idle ones are left out.', 1, { phase });
  if (!isIdle(sample) && until !== undefined && Number.isFinite(until)) {
    at('until_timestamp_seconds', 'When what it waits for ends.', until);
  }
  if (failure !== undefined) at('failing', '1: its last failure lasts.', 1, { code: failure });
  for (const [service, count] of Object.entries(others)) {
    at('other_chain_endpoints', 'Endpoints that do not present its chain.', count, { service });
  }
  if (silent > 0) at('silent_name_servers', 'Name servers that did not answer.', silent);
}
