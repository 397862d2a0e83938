// A file for the textfile collector of node_exporter, in Prometheus' text format 0.0.4. Names
// follow its rules: base units, no plurals of states, `_seconds` and `_timestamp_seconds` at the
// end.
import type { Instant, Seconds } from '../../base/clock.ts';
import type { Severity } from '../../check/rules/severity.ts';
import { SEVERITIES } from '../../check/rules/severity.ts';
import { AppError } from '../../base/errors.ts';
import { openFolderOf } from '../../files/folder.ts';
import { writeFileDurably } from '../../files/write.ts';
import type { TargetTally } from './tally.ts';
import { COUNTED } from './tally.ts';

interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** As Nagios numbers them. */
const NUMBER: Readonly<Record<Severity, number>> = { ok: 0, warning: 1, critical: 2, unknown: 3 };

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function family(name: string, help: string, samples: readonly Sample[]): string {
  const lines = samples.map(({ labels = {}, value }) => {
    const written = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
    return `${name}${written.length === 0 ? '' : `{${written.join(',')}}`} ${value}`;
  });
  // A family without samples is not useful.
  if (lines.length === 0) return '';
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...lines, ''].join('\n');
}

function findingSamples({ target, findings }: TargetTally): readonly Sample[] {
  const counts = new Map<string, { readonly labels: Record<string, string>; value: number }>();
  for (const { rule, severity } of findings) {
    const key = `${rule} ${severity}`;
    const known = counts.get(key) ?? { labels: { target, rule, severity }, value: 0 };
    counts.set(key, { ...known, value: known.value + 1 });
  }
  return [...counts.values()];
}

/**
 * A target that was named twice would be a duplicate sample, and the collector would refuse the
 * whole file.
 */
function distinct(tallies: readonly TargetTally[]): readonly TargetTally[] {
  return [...new Map(tallies.map((tally) => [tally.target, tally])).values()];
}

export function prometheusText(given: readonly TargetTally[], now: Instant, took: Seconds): string {
  const tallies = distinct(given);
  const services = tallies.flatMap(({ target, services: own }) =>
    own.map((service) => ({ target, ...service })),
  );
  const count = (severity: Severity): number =>
    tallies.filter((tally) => tally.severity === severity).length;
  return [
    family(
      'holger_check_status',
      'Worst finding of the target: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.',
      tallies.map(({ target, severity }) => ({ labels: { target }, value: NUMBER[severity] })),
    ),
    family(
      'holger_check_targets',
      'Targets of the last run by their worst finding.',
      SEVERITIES.map((severity) => ({ labels: { severity }, value: count(severity) })),
    ),
    family(
      'holger_check_findings',
      'Findings of the target by rule.',
      tallies.flatMap(findingSamples),
    ),
    family(
      'holger_check_endpoints',
      'Handshakes by the verdict of a strict DANE client.',
      services.flatMap(({ target, service, endpoints }) =>
        COUNTED.map((outcome) => ({
          labels: { target, service, outcome },
          value: endpoints[outcome],
        })),
      ),
    ),
    family(
      'holger_check_certificate_not_after_timestamp_seconds',
      'When the first certificate that the service presents expires.',
      services.flatMap(({ target, service, notAfter }) =>
        notAfter === undefined ? [] : [{ labels: { target, service }, value: notAfter }],
      ),
    ),
    family('holger_check_duration_seconds', 'How long the last run took.', [
      { value: Number(took.toFixed(3)) },
    ]),
    family('holger_check_last_run_timestamp_seconds', 'When the last run ended.', [
      { value: Math.floor(now) },
    ]),
  ].join('');
}

/** The collector runs as another user, may own the folder, and must never read half a file. */
export async function writePrometheus(file: string, text: string): Promise<void> {
  const place = await openFolderOf(file, { code: 'STORE_FAILED', isPublic: true });
  if (place === undefined) {
    throw new AppError('STORE_REFUSED', `the folder of ${file} does not exist`, {
      hint: 'create the folder first, or correct the path',
    });
  }
  const { folder } = place;
  try {
    await writeFileDurably(file, text, { mode: 0o644, folder });
  } finally {
    await folder.close();
  }
}
