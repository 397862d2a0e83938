// One certificate in full: where it is and why, the timeline of its rollover, what is served and
// presented, and what happened.
import type { Instant } from '../../base/clock.ts';
import { formatDuration } from '../../base/duration.ts';
import type { Event } from '../../engine/events.ts';
import type {
  CertificateStatus,
  FailureStatus,
  GenerationStatus,
  PendingChange,
  ReasonStatus,
} from '../status/certificate-status.ts';
import { historyHtml, timelineHtml } from './events.ts';
import type { Wording } from './events.ts';
import { framed, styledHtml, tableHtml, whenHtml } from './frame.ts';
import { markup } from './markup.ts';
import type { Html } from './markup.ts';
import { ownersHtml, servicesHtml, targetsHtml } from './places.ts';
import { stateOf, STYLE_OF } from './rows.ts';

export interface CertificateContext {
  readonly version: string;
  readonly now: Instant;
  readonly wording: Wording;
  /** Oldest first. */
  readonly events: readonly Event[];
  /** All of them are shown. */
  readonly isWhole: boolean;
}

export interface Seen {
  readonly status: CertificateStatus;
  /** When it was read. */
  readonly at: Instant;
}

export function certificatePage({ status, at }: Seen, context: CertificateContext): string {
  const { version, now, events, wording, isWhole } = context;
  const { certificate } = status;
  const path = `/certificates/${encodeURIComponent(certificate)}`;
  const main = markup`<h1>${certificate}</h1>
<p>As of ${whenHtml(at, now)}.</p>
${summaryHtml(status, now)}
${whyHtml(status, now)}
${failureHtml(status.trouble, now)}
${status.pending.map((change) => changeHtml(change, now))}
<h2>Timeline</h2>
${timelineHtml(status, events, { wording, now })}
<h2>Endpoints</h2>
${servicesHtml(status.services, now)}
<h2>Records</h2>
${ownersHtml(status.owners, now)}
<h2>Targets</h2>
${targetsHtml(status.targets)}
<h2>Generations</h2>
${generationsHtml(status, now)}
${renewalHtml(status, now)}
<h2 id="history">History</h2>
${historyHtml(events, { wording, path, isWhole })}`;
  return framed({ title: `${certificate} - holger`, version, main });
}

function summaryHtml(status: CertificateStatus, now: Instant): Html {
  const { phase, until, next, waitingFor, names, ca, tlsa, notAfter } = status;
  const state = stateOf(status);
  const shown = state === 'failed' ? `failed; ${phase}` : phase;
  const entries: readonly (readonly [string, Html | string])[] = [
    ['State', styledHtml(STYLE_OF[state], shown)],
    ['Valid until', whenHtml(notAfter, now)],
    ['Waits for', waitingFor ?? '-'],
    ['Until', whenHtml(until, now)],
    ['Next step', next ?? '-'],
    ['Names', names.join(' ')],
    ['CA', `${ca.directory}${ca.staging ? ' (staging: clients do not trust it)' : ''}`],
    ...insteadEntries(ca, now),
    [
      'TLSA',
      tlsa.since === undefined ? tlsa.state : markup`off since ${whenHtml(tlsa.since, now)}`,
    ],
  ];
  return markup`<dl>
${entries.map(([term, what]) => markup`<dt>${term}</dt><dd>${what}</dd>\n`)}</dl>`;
}

function insteadEntries(
  { insteadOf, limited }: CertificateStatus['ca'],
  now: Instant,
): readonly (readonly [string, Html])[] {
  return [
    ...(insteadOf === undefined
      ? []
      : [
          [
            'Instead of',
            markup`${insteadOf.directory}, where orders fail since ${whenHtml(insteadOf.since, now)}`,
          ] as const,
        ]),
    ...(limited === undefined
      ? []
      : [
          [
            'Limit',
            markup`no new orders until ${whenHtml(limited.until, now)}: ${limited.because}${hintHtml(limited.hint)}`,
          ] as const,
        ]),
  ];
}

function hintHtml(hint: string | undefined): Html | undefined {
  return hint === undefined ? undefined : markup`<br><span class="strong">hint:</span> ${hint}`;
}

/** Hints that belong to no reason are named, too. */
function whyHtml({ reasons, hints }: CertificateStatus, now: Instant): Html | undefined {
  const known = new Set(reasons.map(({ hint }) => hint));
  const others = hints.filter((hint) => !known.has(hint));
  if (reasons.length === 0 && others.length === 0) return undefined;
  return markup`<h2>Why</h2>
<ul class="reasons">
${reasons.map((reason) => reasonHtml(reason, now))}${others.map((hint) => markup`<li>hint: ${hint}</li>\n`)}</ul>`;
}

function reasonHtml(reason: ReasonStatus, now: Instant): Html {
  const { rule, section, because, until, lines = [], hint } = reason;
  const time =
    until === undefined || !Number.isFinite(until)
      ? undefined
      : markup`; not before ${whenHtml(until, now)}`;
  const copied = lines.length === 0 ? undefined : markup`<pre>${lines.join('\n')}</pre>`;
  return markup`<li>${because}<br><span class="faint">rule ${rule} (${sectionHtml(section)})${time}</span>${copied}${hintHtml(hint)}</li>
`;
}

/** A section of an RFC leads to its text. */
function sectionHtml(section: string): Html {
  const [, rfc, part] = /^RFC (\d+) §([\d.]+)$/.exec(section) ?? [];
  if (rfc === undefined || part === undefined) return markup`${section}`;
  const href = `https://www.rfc-editor.org/rfc/rfc${rfc}#section-${part}`;
  return markup`<a href="${href}" rel="noreferrer">${section}</a>`;
}

function failureHtml(failure: FailureStatus | undefined, now: Instant): Html | undefined {
  if (failure === undefined) return undefined;
  const { code, message, hint, at, attempts = 1, notBefore = 0 } = failure;
  const often = attempts > 1 ? ` (${attempts} times in a row)` : '';
  const next =
    notBefore > now ? markup`<br>The next attempt is after ${whenHtml(notBefore, now)}.` : '';
  return markup`<h2>Last failure</h2>
<p class="alert">${at === undefined ? '' : markup`${whenHtml(at, now)}: `}<span class="bad">${code}</span>${often}: ${message}${hintHtml(hint)}${next}</p>`;
}

function changeHtml(change: PendingChange, now: Instant): Html {
  const { zone, owner, ttl, type, add, remove, since } = change;
  const records = (sign: string, data: readonly string[]): readonly string[] =>
    data.map((one) => `${sign} ${owner} ${ttl} IN ${type} ${one}`);
  return markup`<h2>To be changed by hand</h2>
<p>In zone ${zone}, all at once; asked ${whenHtml(since, now)}:</p>
<pre>${[...records('+', add), ...records('-', remove)].join('\n')}</pre>`;
}

function generationsHtml({ live, staged }: CertificateStatus, now: Instant): Html {
  const row = (role: string, it: GenerationStatus): readonly (Html | string)[] => [
    `${it.number}, ${role}`,
    it.keyType,
    whenHtml(it.notAfter, now),
    markup`${it.issuer ?? '-'}${it.staging ? ' (staging: clients do not trust it)' : ''}`,
    whenHtml(it.deployedAt, now),
    whenHtml(it.provenAt, now),
    markup`<span class="bad">${marksOf(it)}</span>`,
  ];
  const rows = [
    ...(live === undefined ? [] : [row('live', live)]),
    ...(staged === undefined ? [] : [row('staged', staged)]),
  ];
  if (rows.length === 0) return markup`<p>There is none yet.</p>`;
  const heads = ['Generation', 'Key', 'Valid until', 'Issued by', 'Deployed', 'Proven', 'Marks'];
  return tableHtml({ caption: 'The live and the staged generation', heads, rows });
}

const marksOf = ({ revokedAt, compromised }: GenerationStatus): string =>
  [...(revokedAt === undefined ? [] : ['revoked']), ...(compromised ? ['compromised'] : [])].join(
    ', ',
  );

function renewalHtml({ renewal }: CertificateStatus, now: Instant): Html | undefined {
  if (renewal === undefined || renewal.candidates.length === 0) return undefined;
  const rows = renewal.candidates.map(({ dueAt, because }) => [
    dueAt === undefined ? 'at once' : whenHtml(dueAt, now),
    because,
  ]);
  const caption = `When the renewal is due: the first line counts; the last rollover waited ${formatDuration(renewal.wait)}`;
  return markup`<h2>Renewal</h2>
${tableHtml({ caption, heads: ['Due', 'Because'], rows })}`;
}
