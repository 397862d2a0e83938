// The same finding at several name servers becomes one finding.
import { hostOf } from '../../dns/name.ts';
import type { RuleName } from './catalogue.ts';
import type { Finding } from './finding.ts';
import { finding } from './finding.ts';
import type { Severity } from './severity.ts';
import type { ServerLook, ZoneLook } from '../gather/zone.ts';

export interface OfServer {
  readonly server: ServerLook;
  readonly rule: RuleName;
  readonly because: string;
  readonly severity?: Severity;
}

export function serverName({ at }: ServerLook): string {
  const { server, address } = at;
  return hostOf(server) === address ? address : `${hostOf(server)} (${address})`;
}

export function together(
  { cut, servers }: ZoneLook,
  found: readonly OfServer[],
): readonly Finding[] {
  const groups = new Map<string, OfServer[]>();
  for (const one of found) {
    const key = [one.rule, one.severity, one.because].join('\n');
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const all = group.length === servers.length && servers.length > 1;
    const about = all
      ? `all ${servers.length} addresses of the servers of ${hostOf(cut.zone)}`
      : group.map(({ server }) => serverName(server)).join(', ');
    return [finding(first.rule, about, first.because, first.severity)];
  });
}
