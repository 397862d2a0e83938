// When a certificate is due, and why: one line for each time, and one for each reason to be
// earlier.
import type { RenewalCandidateStatus, RenewalStatus } from '../../app/status/renewal.ts';
import type { Instant } from '../../base/clock.ts';
import { formatInstant } from '../../base/clock.ts';
import { formatDuration } from '../../base/duration.ts';
import { when } from '../terminal/render.ts';

export function renewalLines(renewal: RenewalStatus, now: Instant): readonly string[] {
  const { candidates, wait, spread, window } = renewal;
  const [first, ...others] = candidates;
  if (first === undefined) return [];
  const time = first.dueAt === undefined ? 'at once' : when(first.dueAt, now);
  const length = formatDuration(wait);
  return [
    `${time}: ${first.because}${moved(first)}`,
    ...others.map((one) => `later ${formatInstant(one.dueAt ?? now)}: ${one.because}${moved(one)}`),
    // A wait of less than a second is printed as none.
    ...(wait < 1 ? [] : [`${length} earlier, because the last rollover waited for caches so long`]),
    ...(spread === 0
      ? []
      : [
          `${formatDuration(spread)} earlier, because certificates of one day are spread over ${formatDuration(window)} where the CA names no time (ARI)`,
        ]),
  ];
}

function moved({ at, dueAt }: RenewalCandidateStatus): string {
  if (at === undefined || dueAt === undefined || at === dueAt) return '';
  return ` at ${formatInstant(at)}, and the renewal begins ${formatDuration(at - dueAt)} earlier`;
}
