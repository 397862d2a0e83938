// Many certificates: one row each, and below it only what is not idle.
import type { CertificateStatus } from '../../app/status/certificate-status.ts';
import type { Instant } from '../../base/clock.ts';
import { formatInstant } from '../../base/clock.ts';
import { formatDuration } from '../../base/duration.ts';
import { paragraph, table } from '../terminal/render.ts';
import { changeText, limitText, styleOf } from './status-words.ts';
import { styled } from '../terminal/style.ts';

/** A day is exact enough in a table: "2027-02-27, 89d". */
function end(it: CertificateStatus, now: Instant): string {
  if (it.notAfter === undefined) return '-';
  const left = it.notAfter - now;
  const date = formatInstant(it.notAfter).slice(0, 10);
  const [days = ''] = formatDuration(left).split(' ');
  return left <= 0 ? `${date} EXPIRED` : `${date} ${days}`;
}

function next(it: CertificateStatus, now: Instant): string {
  if (it.phase === 'new') return 'order, with the next run';
  const what = it.next?.replace(/ at _.*$/, '');
  const known = it.until !== undefined && Number.isFinite(it.until);
  const time = known ? `in ${formatDuration(Math.max(0, (it.until ?? now) - now))}` : undefined;
  if (what === undefined) return it.waitingFor === undefined ? '' : `waits for ${it.waitingFor}`;
  return time === undefined ? `${what}, with the next run` : `${time}: ${what}`;
}

function row(it: CertificateStatus, now: Instant): readonly string[] {
  const { certificate, phase, trouble: failure, tlsa, ca } = it;
  const state = failure === undefined ? phase : 'failed';
  const staging = (it.live?.staging ?? ca.staging) ? ' (staging)' : '';
  return [
    certificate,
    styled(styleOf(it), state),
    `${end(it, now)}${staging}`,
    tlsa.state === 'none' ? '-' : tlsa.state,
    next(it, now),
  ];
}

/** Why it is not idle, and what to do. */
function explanation(it: CertificateStatus, now: Instant): string {
  const { certificate, why, trouble: failure, hints, pending, ca } = it;
  const failed = failure === undefined ? [] : [`failed${at(failure.at, now)}: ${failure.message}`];
  const all = [...failed, ...why];
  // What all certificates of a CA wait for is said once.
  if (pending.length === 0 && all.every((text) => text === ca.limited?.because)) return '';
  const advice = [...new Set([...hints, ...(failure?.hint === undefined ? [] : [failure.hint])])];
  return [
    ...all.map((text) => paragraph(`${styled('strong', certificate)}: ${text}`, '', '  ')),
    ...advice.map((text) => paragraph(text, '  hint: ', '    ')),
    ...pending.map((change) => changeText(change, now, '  ')),
  ].join('');
}

/** Once for each CA, however many certificates wait for it. */
function limitTexts(all: readonly CertificateStatus[], now: Instant): readonly string[] {
  const texts = all.flatMap(({ ca: { directory, limited } }) => {
    if (limited === undefined) return [];
    const text = `${styled('strong', directory)}: ${limitText(limited, now)}`;
    const hint = limited.hint === undefined ? '' : paragraph(limited.hint, '  hint: ', '    ');
    return [paragraph(text, '', '  ') + hint];
  });
  return [...new Set(texts)];
}

const at = (instant: Instant | undefined, now: Instant): string =>
  instant === undefined ? '' : ` ${formatDuration(now - instant)} ago`;

export function overviewText(all: readonly CertificateStatus[], now: Instant): string {
  const heads = ['CERTIFICATE', 'STATE', 'VALID UNTIL', 'TLSA', 'NEXT'];
  const each = all.map((one) => explanation(one, now)).filter((text) => text !== '');
  const told = [...limitTexts(all, now), ...each];
  return [
    table(
      heads,
      all.map((one) => row(one, now)),
    ),
    told.length === 0 ? '' : `\n${told.join('')}`,
    '\nOne in full: holger status NAME\n',
  ].join('');
}
