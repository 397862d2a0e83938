// One line for Nagios, Icinga and similar systems (Monitoring Plugins Development Guidelines,
// "Plugin Output" and "Performance data").
import type { Instant, Seconds } from '../../base/clock.ts';
import type { ExitStatus } from '../../base/errors.ts';
import type { Finding } from '../../check/rules/finding.ts';
import type { Severity } from '../../check/rules/severity.ts';
import type { TargetTally } from './tally.ts';
import { COUNTED, countOf, earliest, worstIn } from './tally.ts';
import { LABEL } from './words.ts';

const EXIT: Readonly<Record<Severity, ExitStatus>> = { ok: 0, warning: 1, critical: 2, unknown: 3 };

/** Pagers show little more than this. */
const LONGEST = 400;

/** A bar would begin the performance data, a line feed the long output. */
function oneLine(text: string): string {
  const flat = text.replace(/[\s|]+/g, ' ').trim();
  return flat.length > LONGEST ? `${flat.slice(0, LONGEST - 1)}…` : flat;
}

function say({ rule, about, because }: Finding): string {
  return `${rule} at ${about}: ${because}`;
}

function summary(tallies: readonly TargetTally[], severity: Severity): string {
  const secure = countOf(
    tallies.flatMap(({ services }) => services),
    'secure',
  );
  const [only] = tallies;
  const what = tallies.length === 1 ? (only?.target ?? '') : `${tallies.length} targets`;
  if (severity === 'ok') {
    return `${what}: ${secure} secure ${secure === 1 ? 'handshake' : 'handshakes'}`;
  }
  const bad = tallies.flatMap(({ findings }) =>
    findings.filter((finding) => finding.severity === severity),
  );
  const [first] = bad;
  const more = bad.length > 1 ? ` (and ${bad.length - 1} more)` : '';
  return `${what}: ${first === undefined ? 'no finding' : say(first)}${more}`;
}

/**
 * Always the same labels, so that graphs have no holes; "U" is a value that could not be found out.
 */
function performance(tallies: readonly TargetTally[], now: Instant, took: Seconds): string {
  const services = tallies.flatMap((tally) => tally.services);
  const end = earliest(services.map(({ notAfter }) => notAfter));
  const days = end === undefined ? 'U' : ((end - now) / 86_400).toFixed(1);
  return [
    ...COUNTED.map((outcome) => `'${outcome}'=${countOf(services, outcome)};;;0`),
    `'days_left'=${days}`,
    `'time'=${took.toFixed(3)}s;;;0`,
  ].join(' ');
}

export function nagiosLine(tallies: readonly TargetTally[], now: Instant, took: Seconds): string {
  const severity = worstIn(tallies);
  const text = oneLine(summary(tallies, severity));
  return `DANE ${LABEL[severity]} - ${text} | ${performance(tallies, now, took)}\n`;
}

export const nagiosExit = (severity: Severity): ExitStatus => EXIT[severity];

/** Why no check was made. */
export const nagiosUnknown = (message: string): string => `DANE UNKNOWN - ${oneLine(message)}\n`;
