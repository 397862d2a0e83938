/**
 * `critical`: clients are refused, or mail waits. `warning`: no protection, or it will break. `ok`:
 * worth knowing.
 */
export type Severity = 'critical' | 'warning' | 'unknown' | 'ok';

/** From the worst on: what could not be found out may be worse than a warning. */
export const SEVERITIES: readonly Severity[] = ['critical', 'unknown', 'warning', 'ok'];

/** The worst of CRITICAL > UNKNOWN > WARNING > OK. */
export function worstOf(severities: Iterable<Severity>): Severity {
  const all = new Set(severities);
  return SEVERITIES.find((severity) => all.has(severity)) ?? 'ok';
}
