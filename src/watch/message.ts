// News as one message: a subject that is enough on a locked phone, a text that says what to do, and
// a document for programs.
import { formatInstant } from '../base/clock.ts';
import type { Instant } from '../base/clock.ts';
import { formatDuration } from '../base/duration.ts';
import { visibleLine } from '../base/visible.ts';
import type { Notice } from '../ports/notifier.ts';
import { RULES } from '../check/rules/catalogue.ts';
import type { News } from './changes.ts';
import type { Finding } from '../check/rules/finding.ts';
import type { Severity } from '../check/rules/severity.ts';
import { SEVERITIES, worstOf } from '../check/rules/severity.ts';

/** Phones show fewer characters of a subject; mail servers pass on many more. */
const LONGEST_SUBJECT = 160;
/** Targets that are reported with all their findings; the others get one line each. */
const MOST_IN_FULL = 10;
const MOST_LINES = 200;

type RowNews = Extract<News, { readonly row: unknown }>;

export interface Occasion {
  readonly id: string;
  readonly at: Instant;
  /** This machine, so that the reader of the mail knows where to look. */
  readonly host: string;
}

const upper = (severity: Severity): string => severity.toUpperCase();

const shortened = (text: string): string => visibleLine(text, LONGEST_SUBJECT);

function severityOf(news: News): Severity {
  if (news.kind === 'blind') return 'unknown';
  return news.kind === 'sighted' ? 'ok' : news.row.severity;
}

/** The text names the scheme; a subject has no room for it. */
const shortName = (target: string): string => target.replace(/^[a-z0-9+.-]+:\/\//, '');

const worth = ({ row }: RowNews): readonly Finding[] =>
  row.findings.filter(({ severity }) => severity !== 'ok');

/** Better than before, but not OK yet. */
function isBetter(news: News): news is RowNews & { readonly before: Severity } {
  if (!('row' in news) || news.kind !== 'changed' || news.before === undefined) return false;
  return SEVERITIES.indexOf(news.row.severity) > SEVERITIES.indexOf(news.before);
}

function gist(news: News, at: Instant): string {
  const lasted = formatDuration(at - news.since);
  switch (news.kind) {
    case 'blind':
      return news.because;
    case 'sighted':
      return `targets can be checked again, after ${lasted}`;
    case 'recovered':
      return `recovered after ${lasted}`;
    default: {
      const [first, ...more] = worth(news);
      const why = first === undefined ? '' : `${first.rule}, ${first.because}`;
      const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
      const then =
        news.kind === 'reminder'
          ? `still, for ${lasted}: `
          : isBetter(news)
            ? `better, was ${upper(news.before)}: `
            : '';
      return `${then}${why}${others}`;
    }
  }
}

function subjectOf(all: readonly News[], at: Instant): string {
  const severity = worstOf(all.map(severityOf));
  const [first] = all;
  if (first === undefined) return `[holger] ${upper(severity)}`;
  const name = 'row' in first ? `${shortName(first.row.target)}: ` : '';
  if (all.length === 1) return shortened(`[holger] ${upper(severity)} ${name}${gist(first, at)}`);
  const names = all.flatMap((news) => ('row' in news ? [shortName(news.row.target)] : []));
  const many = names.length === 1 ? 'target' : 'targets';
  const better = all.every((news) => news.kind === 'recovered' || isBetter(news)) ? ' better' : '';
  return shortened(
    `[holger] ${upper(severity)} ${names.length} ${many}${better}: ${names.join(', ')}`,
  );
}

function headline(news: RowNews, at: Instant): string {
  const { kind, row, before, since } = news;
  const lasted = `since ${formatInstant(since)}, ${formatDuration(at - since)}`;
  const was =
    kind === 'first'
      ? ' (first look)'
      : kind === 'reminder'
        ? ` still (${lasted})`
        : before === row.severity
          ? ` still (${lasted}), and the findings have changed`
          : ` (was ${upper(before ?? 'unknown')} ${lasted})`;
  return `${row.target} is ${upper(row.severity)}${was}`;
}

function findingText({ rule, severity, about, because }: Finding): string {
  return `* ${upper(severity)} ${rule} at ${visibleLine(about)}\n  because: ${visibleLine(because)}\n  todo: ${RULES[rule].todo}`;
}

function paragraphOf(news: News, at: Instant, inFull: boolean): string {
  if (news.kind === 'blind') {
    return (
      `Checks have failed since ${formatInstant(news.since)}: ` +
      `${visibleLine(news.because)}\n  todo: check the resolver and the network of this ` +
      'machine; the state of the targets is not known until then'
    );
  }
  if (news.kind === 'sighted')
    return (
      `Checks failed since ${formatInstant(news.since)}; now the targets can be checked ` + 'again.'
    );
  const head = headline(news, at);
  return inFull ? [head, ...worth(news).map(findingText)].join('\n') : head;
}

function textOf(all: readonly News[], { at, host }: Occasion): string {
  const full = all.slice(0, MOST_IN_FULL).map((news) => paragraphOf(news, at, true));
  const rest = all.slice(MOST_IN_FULL, MOST_LINES).map((news) => paragraphOf(news, at, false));
  const untold = all.length - full.length - rest.length;
  const more = untold > 0 ? [`and ${untold} more targets`] : [];
  const foot = `${formatInstant(at)}, holger check --watch on ${host}`;
  return `${[...full, ...(rest.length === 0 ? [] : [rest.join('\n')]), ...more, foot].join('\n\n')}\n`;
}

function newsJson(news: News): Readonly<Record<string, unknown>> {
  const { kind } = news;
  const since = formatInstant(news.since);
  if (kind === 'blind') return { change: kind, severity: 'unknown', since, because: news.because };
  if (kind === 'sighted') return { change: kind, severity: 'ok', since };
  const { row, before } = news;
  const findings = row.findings.map(({ rule, severity, about, because }) => {
    const { means, todo, source } = RULES[rule];
    return { rule, severity, about, because, means, todo, source };
  });
  const was = before ?? null;
  return { change: kind, target: row.target, severity: row.severity, before: was, since, findings };
}

/** One message for all news of a round, the worst first. */
export function noticeOf(given: readonly News[], occasion: Occasion): Notice {
  const rank = (news: News): number => SEVERITIES.indexOf(severityOf(news));
  const all = [...given].sort((a, b) => rank(a) - rank(b));
  const { id, at, host } = occasion;
  return {
    id,
    at,
    subject: subjectOf(all, at),
    text: textOf(all, occasion),
    document: {
      schema: 1,
      id,
      at: formatInstant(at),
      host,
      severity: worstOf(all.map(severityOf)),
      news: all.map(newsJson),
    },
  };
}
