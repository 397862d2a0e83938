// What is served of all certificates: as `status` shows each of them, made after each round for
// those that were examined in it, and kept as text.
import { withTimes } from '../../base/json-times.ts';
import { formatInstant, parseInstant } from '../../base/clock.ts';
import type { Instant } from '../../base/clock.ts';
import type { CertificateSample } from '../../web/metrics.ts';
import type { Seen } from '../page/certificate-page.ts';
import { inOrder, pageRowOf } from '../page/rows.ts';
import type { Row } from '../page/rows.ts';
import type { CertificateStatus } from '../status/certificate-status.ts';

interface Entry {
  /** JSON of a row of the list, and of the whole. */
  readonly row: string;
  readonly whole: string;
  readonly sample: CertificateSample;
  /** Of the page. */
  readonly brief: Row;
}

export interface Rows {
  /** In the order of the page. */
  readonly rows: readonly Row[];
  readonly at: Instant;
}

export class Snapshot {
  readonly #entries = new Map<string, Entry>();
  #list: Buffer | undefined;
  #rows: Rows | undefined;

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  take(status: CertificateStatus, at: Instant): void {
    this.#entries.set(status.certificate, {
      row: JSON.stringify(rowOf(status)),
      whole: JSON.stringify({
        ...{ schema: 1, at: formatInstant(at) },
        status: withTimes(status, null),
      }),
      sample: sampleOf(status),
      brief: pageRowOf(status),
    });
  }

  /** Only these exist. */
  keep(names: ReadonlySet<string>): void {
    for (const name of this.#entries.keys()) if (!names.has(name)) this.#entries.delete(name);
  }

  /** What was taken becomes the list. */
  finish(at: Instant): void {
    const rows = [...this.#entries]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { row }]) => row)
      .join(',\n');
    const head = `{"schema":1,"at":"${formatInstant(at)}","certificates":[\n`;
    this.#list = Buffer.from(`${head}${rows}\n]}\n`);
    this.#rows = { rows: inOrder([...this.#entries.values()].map(({ brief }) => brief)), at };
  }

  /** Undefined before the first time. */
  list(): Buffer | undefined {
    return this.#list;
  }

  /** Undefined before the first time. */
  rows(): Rows | undefined {
    return this.#rows;
  }

  /** As it was taken, with times in whole seconds. */
  seen(name: string): Seen | undefined {
    const text = this.whole(name);
    return text === undefined ? undefined : (JSON.parse(text, withInstants) as Seen);
  }

  whole(name: string): string | undefined {
    return this.#entries.get(name)?.whole;
  }

  samples(): readonly CertificateSample[] {
    return [...this.#entries.values()].map(({ sample }) => sample);
  }
}

const TIME = /^(at|until|since|notAfter|notBefore)$|[a-z]At$/;

/** Back from what withTimes makes. */
function withInstants(key: string, value: unknown): unknown {
  if (value === null) return undefined;
  return typeof value === 'string' && TIME.test(key) ? parseInstant(value) : value;
}

function rowOf(status: CertificateStatus): unknown {
  const { certificate, phase, names, notAfter, waitingFor, until, next, why, trouble } = status;
  const row = { certificate, phase, names, notAfter, waitingFor, until, next, why, trouble };
  return withTimes(row, null);
}

function sampleOf(status: CertificateStatus): CertificateSample {
  const { certificate, phase, notAfter, until, trouble, services, owners, ca } = status;
  const others = services
    .filter(({ endpoints, current }) => current < endpoints)
    .map(({ url, endpoints, current }) => [url, endpoints - current] as const);
  const { directory, limited } = ca;
  return {
    ...{ certificate, phase, notAfter, until, failure: trouble?.code },
    others: Object.fromEntries(others),
    silent: new Set(owners.flatMap(({ silent }) => silent)).size,
    limited: limited && { directory, until: limited.until },
  };
}
