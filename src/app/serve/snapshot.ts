// What is served of all certificates: as `status` shows each of them, made after each round for
// those that were examined in it, and kept as text, which is much smaller than the objects.
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { withTimes } from '../../base/json-times.ts';
import { formatInstant, parseInstant } from '../../base/clock.ts';
import type { Instant } from '../../base/clock.ts';
import type { CertificateSample } from '../../web/metrics.ts';
import type { Seen } from '../page/certificate-page.ts';
import { inOrder, pageRowOf } from '../page/rows.ts';
import type { Row } from '../page/rows.ts';
import type { CertificateStatus } from '../status/certificate-status.ts';

interface Entry {
  /** JSON of a row of the list; once it is made, a part of it. */
  row: Buffer;
  /** JSON of the whole, compressed: of ten thousand, few are asked for. */
  readonly whole: Uint8Array;
  readonly sample: CertificateSample;
  /** Of the page. */
  readonly brief: Row;
}

export interface Rows {
  /** In the order of the page. */
  readonly rows: readonly Row[];
  readonly at: Instant;
}

const EMPTY = Buffer.alloc(0);
const BETWEEN = Buffer.from(',\n');
const END = Buffer.from('\n]}\n');

/** Small texts need little room for it. */
const PACKING = { windowBits: 12, memLevel: 4 };

export class Snapshot {
  readonly #entries = new Map<string, Entry>();
  /** One text like all the others, to compress them with. */
  #example: Buffer | undefined;
  #list: Buffer | undefined;
  #rows: Rows | undefined;

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  take(status: CertificateStatus, at: Instant): void {
    const whole = { schema: 1, at: formatInstant(at), status: withTimes(status, null) };
    this.#entries.set(status.certificate, {
      row: Buffer.from(JSON.stringify(rowOf(status))),
      whole: this.#packed(JSON.stringify(whole)),
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
    const head = `{"schema":1,"at":"${formatInstant(at)}","certificates":[\n`;
    const parts: Uint8Array[] = [Buffer.from(head)];
    const sorted = [...this.#entries].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [index, [, { row }]] of sorted.entries()) {
      parts.push(index === 0 ? EMPTY : BETWEEN, row);
    }
    const list = Buffer.concat([...parts, END]);
    let from = head.length;
    for (const [index, [, entry]] of sorted.entries()) {
      from += index === 0 ? 0 : BETWEEN.length;
      entry.row = list.subarray(from, from + entry.row.length);
      from += entry.row.length;
    }
    this.#list = list;
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
    const found = this.#entries.get(name);
    return found && inflateRawSync(found.whole, this.#packing()).toString();
  }

  samples(): readonly CertificateSample[] {
    return [...this.#entries.values()].map(({ sample }) => sample);
  }

  #packed(text: string): Uint8Array {
    const octets = Buffer.from(text);
    this.#example ??= octets;
    // A copy: what zlib returns keeps 16 KB, whatever its length is.
    return Uint8Array.from(deflateRawSync(octets, this.#packing()));
  }

  #packing() {
    return { ...PACKING, dictionary: this.#example };
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
  // Written out: V8 gives each object that is made with a spread a description of its own.
  return {
    certificate,
    phase,
    notAfter,
    until,
    failure: trouble?.code,
    others: Object.fromEntries(others),
    silent: new Set(owners.flatMap(({ silent }) => silent)).size,
    limited: limited && { directory, until: limited.until },
  };
}
