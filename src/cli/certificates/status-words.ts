// What both forms of `status` share: the state of a certificate in a few words, and a change that a
// person must make.
import type {
  CertificateStatus,
  LimitStatus,
  PendingChange,
} from '../../app/status/certificate-status.ts';
import type { Instant } from '../../base/clock.ts';
import { formatDuration } from '../../base/duration.ts';
import { paragraph, verbatim, when } from '../terminal/render.ts';
import type { Style } from '../terminal/style.ts';

export function styleOf({ phase, trouble: failure }: CertificateStatus): Style {
  if (phase === 'needs a person') return 'bad';
  if (failure !== undefined) return 'bad';
  return phase === 'idle' ? 'good' : 'wait';
}

/** The first words: what it does, and until when. */
export function stateWords(it: CertificateStatus, now: Instant): string {
  if (it.phase === 'new') return 'new: no order was placed yet; holger run places it';
  if (it.phase === 'idle') {
    return it.until === undefined || !Number.isFinite(it.until)
      ? 'idle'
      : `idle: nothing is due before ${when(it.until, now)}`;
  }
  const until = it.until === undefined ? '' : ` until ${when(it.until, now)}`;
  return `${it.phase}${until}`;
}

/** Until when the CA takes no new order of the account. */
export function limitText({ until, because }: LimitStatus, now: Instant): string {
  return `no new orders until ${when(until, now)}: ${because}`;
}

type Change = Pick<PendingChange, 'zone' | 'owner' | 'type' | 'ttl' | 'add' | 'remove'> & {
  readonly retime?: readonly string[];
};

function nsupdateLines({ zone, owner, type, ttl, add, remove, retime = [] }: Change): string[] {
  return [
    `zone ${zone}`,
    // Adding a record that exists sets its TTL (RFC 2136 §3.4.2.2).
    ...[...retime, ...add].map((data) => `update add ${owner} ${ttl} ${type} ${data}`),
    ...remove.map((data) => `update delete ${owner} ${type} ${data}`),
    'send',
  ];
}

/** As zone file lines and as nsupdate commands (nsupdate(1)): to be copied. */
export function changeLines(change: Change): readonly string[] {
  const { owner, type, ttl, add, remove, retime = [] } = change;
  const records = (data: readonly string[]): string[] =>
    data.map((one) => `${owner} ${ttl} IN ${type} ${one}`);
  const section = (head: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : [head, ...lines.map((one) => `  ${one}`)];
  return [
    ...section('add', records(add)),
    ...section('remove', records(remove)),
    ...section(`with a TTL of ${ttl}`, records(retime)),
    ...section('or with nsupdate', nsupdateLines(change)),
  ];
}

export function changeText(change: PendingChange, now: Instant, indent = ''): string {
  const asked = formatDuration(now - change.since);
  const head = `to be changed by hand in zone ${change.zone}, all at once (asked ${asked} ago):`;
  return paragraph(head, indent) + verbatim(changeLines(change), `${indent}  `);
}
