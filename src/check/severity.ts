/** `critical`: clients are refused, or mail waits. `warning`: no protection, or it will break. `ok`: worth knowing. */
export type Severity = 'critical' | 'warning' | 'unknown' | 'ok';

/** From the worst on. */
export const SEVERITIES: readonly Severity[] = ['critical', 'warning', 'unknown', 'ok'];

/** The worst of CRITICAL > WARNING > UNKNOWN > OK. */
export function worstOf(severities: Iterable<Severity>): Severity {
  const all = new Set(severities);
  return SEVERITIES.find((severity) => all.has(severity)) ?? 'ok';
}
