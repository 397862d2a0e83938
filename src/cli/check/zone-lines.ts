// The zones of a report, as text: their servers, and the version that each server has.
import type { ServerSummary, ZoneSummary } from '../../check/judge/zone-summary.ts';
import { hostOf } from '../../dns/name.ts';

function hasText({ has }: ServerSummary): string {
  return 'serial' in has ? `serial ${has.serial}` : has.fault;
}

/** "serial 7 at 3 addresses; serial 6 at 192.0.2.54": servers with the same serial are grouped. */
export function zoneVersions({ servers }: ZoneSummary): string {
  const by = new Map<string, string[]>();
  for (const server of servers) {
    const has = hasText(server);
    by.set(has, [...(by.get(has) ?? []), server.address]);
  }
  return [...by]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([has, at]) => `${has} at ${at.length === 1 ? at.join('') : `${at.length} addresses`}`)
    .join('; ');
}

/** One line for each address. */
export function serverLines({ servers }: ZoneSummary): readonly string[] {
  return servers.map((one) => {
    const name = hostOf(one.server);
    const at = name === one.address ? name : `${name} ${one.address}`;
    return `${at}: ${hasText(one)}`;
  });
}
