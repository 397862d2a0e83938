// What is news in a round of checks. Pure: from the stored and the present results it makes the
// news and what to store next.
//
// A change counts when two checks in a row agree on it, so that a result that comes and goes alerts
// no person; the first result of a target is reported at once. Two checks agree when both are worse
// than the last report, or both better, or both have a finding that was not reported, or both lack
// one that was.
import type { Instant, Seconds } from '../base/clock.ts';
import type { Row } from './snapshot.ts';
import type { Severity } from '../check/rules/severity.ts';
import { SEVERITIES } from '../check/rules/severity.ts';

interface Gist {
  readonly severity: Severity;
  /**
   * Rule and place of each finding that is worse than "ok", sorted: the text of a finding can
   * change every day.
   */
  readonly findings: readonly string[];
}

export interface TargetMemory {
  readonly told: Gist;
  readonly seen: Gist;
  /** Since when it has the severity that was reported. */
  readonly since: Instant;
  readonly toldAt: Instant;
}

export interface WatchMemory {
  readonly targets: Readonly<Record<string, TargetMemory>>;
  /** Present while checks fail for all targets. */
  readonly blind?: { readonly since: Instant; readonly toldAt?: Instant };
}

export const NO_MEMORY: WatchMemory = { targets: {} };

export type News =
  | {
      readonly kind: 'first' | 'changed' | 'recovered' | 'reminder';
      readonly row: Row;
      readonly before?: Severity;
      /** For an unchanged state, since when; for a change, since when the former state applied. */
      readonly since: Instant;
    }
  | { readonly kind: 'blind'; readonly because: string; readonly since: Instant }
  | { readonly kind: 'sighted'; readonly since: Instant };

/** Rows, or why there are none. */
export type Looked = { readonly rows: readonly Row[] } | { readonly failure: string };

export interface Judged {
  readonly memory: WatchMemory;
  readonly news: readonly News[];
}

const rank = (severity: Severity): number => SEVERITIES.indexOf(severity);

function gistOf({ severity, findings }: Row): Gist {
  const keys = findings
    .filter((one) => one.severity !== 'ok')
    .map(({ rule, about }) => `${rule} ${about}`);
  return { severity, findings: [...new Set(keys)].sort() };
}

/** What the last two checks agree on; if they do not, what was reported. */
function settled(told: Gist, seen: Gist, now: Gist): Gist {
  const [least, most] = [seen.severity, now.severity].sort((a, b) => rank(b) - rank(a));
  const isWorse = least !== undefined && rank(least) < rank(told.severity);
  const isBetter = most !== undefined && rank(most) > rank(told.severity);
  const both = now.findings.filter((key) => seen.findings.includes(key));
  const either = new Set([...now.findings, ...seen.findings]);
  const kept = told.findings.filter((key) => either.has(key));
  return {
    severity: isWorse ? least : isBetter ? most : told.severity,
    findings: [...new Set([...kept, ...both])].sort(),
  };
}

function differ(a: Gist, b: Gist): boolean {
  return a.severity !== b.severity || a.findings.join('\n') !== b.findings.join('\n');
}

function judgeRow(
  before: TargetMemory | undefined,
  row: Row,
  now: Instant,
  remind: Seconds,
): { readonly memory: TargetMemory; readonly news?: News } {
  const gist = gistOf(row);
  if (before === undefined) {
    const memory = { told: gist, seen: gist, since: now, toldAt: now };
    return row.severity === 'ok'
      ? { memory }
      : { memory, news: { kind: 'first', row, since: now } };
  }
  const { told, seen, since } = before;
  const agreed = settled(told, seen, gist);
  // A result better than the agreed one is not reported yet; the next check may agree with it.
  if (differ(agreed, told) && rank(gist.severity) <= rank(agreed.severity)) {
    const isSame = gist.severity === told.severity;
    const kind = gist.severity === 'ok' ? 'recovered' : 'changed';
    return {
      memory: { told: gist, seen: gist, since: isSame ? since : now, toldAt: now },
      news: { kind, row, before: told.severity, since },
    };
  }
  const lasts = told.severity === 'critical' && row.severity === 'critical';
  if (lasts && remind > 0 && now - before.toldAt >= remind) {
    return {
      memory: { ...before, seen: gist, toldAt: now },
      news: { kind: 'reminder', row, before: 'critical', since },
    };
  }
  return { memory: { ...before, seen: gist } };
}

/**
 * All targets at once, and more than one of them newly: the fault is the resolver or the network
 * here, not hundreds of services.
 */
function blindness(memory: WatchMemory, looked: Looked): string | undefined {
  if ('failure' in looked) return looked.failure;
  const rows = looked.rows.filter(({ unasked }) => unasked !== true);
  const [first] = rows;
  // One target is enough: the resolver itself is the one that cannot be believed.
  if (first?.unseen !== undefined && rows.every(({ unseen }) => unseen !== undefined)) {
    return first.unseen;
  }
  if (first === undefined || !rows.every(({ severity }) => severity === 'unknown'))
    return undefined;
  const fresh = rows.filter(({ target }) => memory.targets[target]?.told.severity !== 'unknown');
  if (fresh.length < 2 && memory.blind === undefined) return undefined;
  const [why] = first.findings.filter(({ severity }) => severity === 'unknown');
  const example = why === undefined ? '' : `; of ${why.about}: ${why.because}`;
  return `all ${rows.length} targets are UNKNOWN at once${example}`;
}

function judgeBlind(memory: WatchMemory, because: string, now: Instant, remind: Seconds): Judged {
  const { blind } = memory;
  const isFirst = Object.keys(memory.targets).length === 0;
  if (blind === undefined && !isFirst)
    return { memory: { ...memory, blind: { since: now } }, news: [] };
  const since = blind?.since ?? now;
  const isDue = remind > 0 && now - (blind?.toldAt ?? now) >= remind;
  if (blind?.toldAt !== undefined && !isDue) return { memory, news: [] };
  return {
    memory: { ...memory, blind: { since, toldAt: now } },
    news: [{ kind: 'blind', because, since }],
  };
}

/** @param remind how long a CRITICAL lasts until it is reported again; 0: never */
export function changesIn(
  memory: WatchMemory,
  looked: Looked,
  now: Instant,
  remind: Seconds,
): Judged {
  const because = blindness(memory, looked);
  if (because !== undefined) return judgeBlind(memory, because, now, remind);
  const rows = 'rows' in looked ? looked.rows : [];
  const judged = rows.map((row) => {
    return { row, ...judgeRow(memory.targets[row.target], row, now, remind) };
  });
  const sighted: readonly News[] =
    memory.blind?.toldAt === undefined ? [] : [{ kind: 'sighted', since: memory.blind.since }];
  return {
    // A target that is not watched any more is removed.
    memory: { targets: Object.fromEntries(judged.map((one) => [one.row.target, one.memory])) },
    news: [...sighted, ...judged.flatMap(({ news }) => news ?? [])],
  };
}
