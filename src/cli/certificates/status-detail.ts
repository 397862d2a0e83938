// One certificate in full: its state first, then the live and the staged generation, its records,
// services and targets.
import type {
  CertificateStatus,
  EndpointStatus,
  GenerationStatus,
  OwnerStatus,
  RecordStatus,
  ServiceStatus,
} from '../../app/status/certificate-status.ts';
import type { Instant } from '../../base/clock.ts';
import { formatDuration } from '../../base/duration.ts';
import { paragraph, verbatim, when } from '../terminal/render.ts';
import { renewalLines } from './renewal-text.ts';
import { changeText, limitText, stateWords, styleOf } from './status-words.ts';
import { styled } from '../terminal/style.ts';

const LABEL = 10;

function line(label: string, content: string): string {
  return paragraph(content, `  ${label.padEnd(LABEL)}`);
}

const lines = (label: string, contents: readonly string[]): string =>
  contents.map((content, index) => line(index === 0 ? label : '', content)).join('');

function generationWords(it: GenerationStatus, now: Instant): string {
  const end = it.notAfter === undefined ? '' : `, valid until ${when(it.notAfter, now)}`;
  return [
    `generation ${it.number}: ${it.keyType}${end}`,
    it.origin === 'ordered' ? [] : it.origin,
    it.issuer === undefined ? [] : `issued by ${it.issuer}`,
    it.staging ? 'a staging CA: clients do not trust it' : [],
    missingProof(it),
    it.revokedAt === undefined ? [] : `REVOKED ${when(it.revokedAt, now)}`,
    it.compromised ? 'its key is COMPROMISED' : [],
  ]
    .flat()
    .join(', ');
}

/** Deployed but not seen everywhere: the services and targets below show what is there instead. */
function missingProof({ deployedAt, provenAt }: GenerationStatus): string | readonly string[] {
  return deployedAt !== undefined && provenAt === undefined
    ? 'not proven yet: not every endpoint has presented it'
    : [];
}

/** Its deployment has begun, perhaps at no target yet. */
function isUnderWay({ live }: CertificateStatus): boolean {
  return live !== undefined && live.deployedAt === undefined;
}

function liveWords(it: CertificateStatus, now: Instant): string {
  if (it.live !== undefined) return generationWords(it.live, now);
  const presented = it.services.flatMap(({ seen }) =>
    seen.flatMap(({ presents = [] }) => presents),
  );
  const others = [...new Set(presented)];
  return others.length === 0
    ? 'no generation of holger is deployed, and no service was seen'
    : `no generation of holger is deployed; the services present ${others.join(', ')}`;
}

function tlsaWords({ certificate, tlsa }: CertificateStatus, now: Instant): string {
  if (tlsa.state === 'on') return 'on';
  if (tlsa.state === 'none') return 'none: no services, or dane = false';
  const since = tlsa.since === undefined ? '' : ` since ${when(tlsa.since, now)}`;
  return `off${since}: records are withdrawn until holger off ${certificate} --undo`;
}

const ago = (instant: Instant | undefined, now: Instant): string =>
  instant === undefined ? 'never seen' : `seen ${when(instant, now)}`;

const GROUPS: readonly (readonly [string, (record: RecordStatus) => boolean])[] = [
  ['served', ({ wanted, served }) => wanted && served === 'everywhere'],
  [
    'wanted, not served by every name server yet',
    ({ wanted, served }) => wanted && served !== 'everywhere',
  ],
  ['served, to be withdrawn', ({ wanted, ours }) => !wanted && ours],
  ['served, not written by holger', ({ wanted, ours }) => !wanted && !ours],
];

function ownerText(it: OwnerStatus, now: Instant): string {
  const { owner, target, ttl, security, records, silent } = it;
  const alias = target === owner ? '' : ` (alias of ${target})`;
  const life = ttl === undefined ? '' : `, TTL ${formatDuration(ttl)}`;
  const signed = security === 'secure' ? '' : `, ${security}`;
  const head = `${owner}${alias}: ${ago(it.seenAt, now)}${life}${signed}`;
  const groups = GROUPS.map(([words, isOf]) => {
    const some = records.filter(isOf).map(({ record }) => record);
    return some.length === 0 ? '' : `    ${words}\n${verbatim(some, '      ')}`;
  });
  const none = records.length === 0 ? '    no TLSA records\n' : '';
  const mute = silent.length === 0 ? '' : paragraph(`no answer from ${silent.join(', ')}`, '    ');
  return paragraph(head, '  ', '    ') + groups.join('') + none + mute;
}

function endpointWords({ presents, seenAt, failure }: EndpointStatus, now: Instant): string {
  const what = `${presents ?? 'nothing known'}, ${ago(seenAt, now)}`;
  return failure === undefined ? what : `${what}; then no answer: ${failure}`;
}

function serviceText({ url, seen }: ServiceStatus, now: Instant): string {
  if (seen.length === 0) return paragraph(`${url}: not seen yet`, '  ', '    ');
  const words = seen.map((endpoint) => endpointWords(endpoint, now));
  const [first = '', ...others] = new Set(words);
  if (others.length === 0 && seen.length > 1) {
    return paragraph(`${url}: all ${seen.length} addresses present ${first}`, '  ', '    ');
  }
  const each = seen.map(({ address }, index) =>
    paragraph(`${address}: ${words[index]}`, '    ', '      '),
  );
  return paragraph(url, '  ') + each.join('');
}

function failureText({ trouble: failure, why }: CertificateStatus, now: Instant): string {
  // What keeps a target from taking its files is already a reason, with its own time.
  if (failure === undefined || why.some((reason) => reason.includes(lastWords(failure)))) return '';
  const { code, message, hint, at, attempts = 1, notBefore = 0 } = failure;
  const time = at === undefined ? '' : `${when(at, now)}, `;
  const often = attempts > 1 ? `${attempts} times in a row, ` : '';
  const next = notBefore > now ? `; the next attempt is after ${when(notBefore, now)}` : '';
  return (
    line('failed', `${time}${often}${code}: ${message}${next}`) +
    (hint === undefined ? '' : line('hint', hint))
  );
}

/** Follows the name of the failed target. */
const lastWords = ({ message }: { readonly message: string }): string =>
  message.slice(message.indexOf(': ') + 2);

function caWords({ directory, staging, insteadOf }: CertificateStatus['ca'], now: Instant): string {
  const trial = staging ? ' (staging: clients do not trust it)' : '';
  if (insteadOf === undefined) return `${directory}${trial}`;
  const since = when(insteadOf.since, now);
  return `${directory}${trial}, because orders at ${insteadOf.directory} fail since ${since}`;
}

/** What this certificate itself waits for is said once. */
function limitLine({ ca: { limited }, why }: CertificateStatus, now: Instant): string {
  if (limited === undefined || why.includes(limited.because)) return '';
  return line('', limitText(limited, now));
}

/** `verbose`: with the calculation of the renewal. */
export function detailText(it: CertificateStatus, now: Instant, verbose: boolean): string {
  const state = stateWords(it, now);
  const [word = ''] = state.split(/ until |: /, 1);
  const head = `${styled('strong', it.certificate)}: ${styled(styleOf(it), word)}${state.slice(word.length)}`;
  const idle = it.phase === 'idle' || it.phase === 'new';
  return [
    paragraph(head, '', '  '),
    lines('why', it.why),
    idle || it.next === undefined ? '' : line('next', it.next),
    lines('hint', it.hints),
    failureText(it, now),
    it.pending.map((change) => changeText(change, now, '  ')).join(''),
    line('names', it.names.join(' ')),
    line('CA', caWords(it.ca, now)),
    limitLine(it, now),
    it.ca.alternatives === undefined ? '' : lines('other CAs', it.ca.alternatives),
    verbose && it.renewal !== undefined ? lines('renewal', renewalLines(it.renewal, now)) : '',
    line(isUnderWay(it) ? 'deploying' : 'live', liveWords(it, now)),
    it.staged === undefined ? '' : line('staged', generationWords(it.staged, now)),
    line('TLSA', tlsaWords(it, now)),
    it.owners.map((owner) => ownerText(owner, now)).join(''),
    it.services.map((service) => serviceText(service, now)).join(''),
    it.targets
      .map(({ label, holds }) =>
        paragraph(`${label}: ${holds ?? 'the files there could not be read'}`, '  ', '    '),
      )
      .join(''),
  ].join('');
}
