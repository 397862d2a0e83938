// What both forms of `status` say: the state of a certificate in a few words, and a change that a person has to make.
import type { CertificateStatus, PendingChange } from '../app/certificate-status.ts';
import type { Instant } from '../base/clock.ts';
import { formatDuration } from '../base/duration.ts';
import { paragraph, verbatim, when } from './render.ts';
import type { Style } from './style.ts';

export function styleOf({ phase, trouble }: CertificateStatus): Style {
  if (phase === 'needs a person') return 'bad';
  if (trouble !== undefined) return 'bad';
  return phase === 'idle' ? 'good' : 'wait';
}

/** The first words: what it does, until when. */
export function stateWords(it: CertificateStatus, now: Instant): string {
  if (it.phase === 'new') return 'new: nothing is ordered yet; holger run orders it';
  if (it.phase === 'idle') {
    return it.until === undefined || !Number.isFinite(it.until)
      ? 'idle'
      : `idle: nothing is due before ${when(it.until, now)}`;
  }
  const until = it.until === undefined ? '' : ` until ${when(it.until, now)}`;
  return `${it.phase}${until}`;
}

/** As in a zone file, and as nsupdate takes it (nsupdate(1)). */
export function changeText(change: PendingChange, now: Instant, indent = ''): string {
  const { zone, owner, type, ttl, add, remove, since } = change;
  const deeper = `${indent}  `;
  const asked = formatDuration(now - since);
  const section = (head: string, lines: readonly string[]): string =>
    lines.length === 0 ? '' : `${deeper}${head}\n${verbatim(lines, `${deeper}  `)}`;
  return [
    paragraph(`to be changed by hand in zone ${zone}, all at once (asked ${asked} ago):`, indent),
    section(
      'add',
      add.map((data) => `${owner} ${ttl} IN ${type} ${data}`),
    ),
    section(
      'remove',
      remove.map((data) => `${owner} ${ttl} IN ${type} ${data}`),
    ),
    section('or with nsupdate', nsupdateLines(change)),
  ].join('');
}

function nsupdateLines({ zone, owner, type, ttl, add, remove }: PendingChange): readonly string[] {
  return [
    `zone ${zone}`,
    ...add.map((data) => `update add ${owner} ${ttl} ${type} ${data}`),
    ...remove.map((data) => `update delete ${owner} ${type} ${data}`),
    'send',
  ];
}
