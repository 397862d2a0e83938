// The rows of the list: which of them a request asks for, and in which order. What needs a person
// comes first.
import type { Instant } from '../../base/clock.ts';
import { visibleLine } from '../../base/visible.ts';
import type { PageQuery } from '../../web/served.ts';
import type { CertificateStatus } from '../status/certificate-status.ts';

/** A browser draws them at once, and a person still reads them. */
const ROWS = 200;
/** A domain name has at most that many characters (RFC 1035 §2.3.4). */
const LONGEST_SEARCH = 253;
const LONGEST_WHY = 300;

/** In the order of the list. */
export const STATES = ['needs a person', 'failed', 'under way', 'idle'] as const;
export type State = (typeof STATES)[number];

export const STYLE_OF = {
  'needs a person': 'bad',
  failed: 'bad',
  'under way': 'wait',
  idle: 'good',
} as const;

export interface Row {
  readonly name: string;
  readonly phase: string;
  readonly state: State;
  readonly notAfter: Instant | undefined;
  readonly until: Instant | undefined;
  readonly next: string | undefined;
  readonly waitingFor: string | undefined;
  /** The failure, or the first reason. */
  readonly why: string | undefined;
  /** What a search looks into, in lower case. */
  readonly words: string;
}

export interface Selection {
  readonly q: string;
  readonly state: State | undefined;
  readonly rows: readonly Row[];
  /** Of those that the search finds, in each state. */
  readonly counts: ReadonlyMap<State, number>;
  readonly found: number;
  /** From 1. */
  readonly page: number;
  readonly pages: number;
  /** The place of the first row, from 1. */
  readonly first: number;
}

export function pageRowOf(status: CertificateStatus): Row {
  const { certificate, phase, names, notAfter, until, next, waitingFor, why } = status;
  const said = status.trouble?.message ?? why[0];
  // Written out: V8 gives each object that is made with a spread a description of its own.
  return {
    name: certificate,
    phase,
    state: stateOf(status),
    notAfter,
    until,
    next,
    waitingFor,
    why: said === undefined ? undefined : visibleLine(said, LONGEST_WHY),
    words: [certificate, ...names].join('\n').toLowerCase(),
  };
}

export function stateOf({ phase, trouble }: CertificateStatus): State {
  if (phase === 'needs a person') return 'needs a person';
  if (trouble !== undefined) return 'failed';
  return phase === 'idle' ? 'idle' : 'under way';
}

/** Within a state, what ends first comes first. */
export function inOrder(rows: readonly Row[]): readonly Row[] {
  const rank = ({ state }: Row): number => STATES.indexOf(state);
  const end = ({ notAfter = 0 }: Row): number => notAfter;
  return [...rows].sort(
    (a, b) => rank(a) - rank(b) || end(a) - end(b) || (a.name < b.name ? -1 : 1),
  );
}

/** `rows`: in order. What is not valid in a request is as if it were not there. */
export function select(rows: readonly Row[], query: PageQuery): Selection {
  const q = (query.q ?? '').trim().slice(0, LONGEST_SEARCH);
  const state = STATES.find((one) => one === query.state);
  const search = q.toLowerCase();
  const matching = rows.filter(({ words }) => words.includes(search));
  const found = matching.filter((row) => state === undefined || row.state === state);
  const pages = Math.max(1, Math.ceil(found.length / ROWS));
  const asked = /^\d{1,9}$/.test(query.page ?? '') ? Number(query.page) : 1;
  const page = Math.min(pages, Math.max(1, asked));
  const from = (page - 1) * ROWS;
  return {
    ...{ q, state, page, pages, found: found.length, first: from + 1 },
    rows: found.slice(from, from + ROWS),
    counts: new Map(STATES.map((one) => [one, countOf(matching, one)])),
  };
}

const countOf = (rows: readonly Row[], state: State): number =>
  rows.filter((row) => row.state === state).length;
