// BIND and others listen only on addresses that an interface has.
import { must } from './processes.ts';
import type { Host } from './topology.ts';

export async function addToLoopback(hosts: readonly Host[]): Promise<void> {
  const lines = hosts.flatMap((host) => [
    `addr replace ${host.v4}/32 dev lo`,
    `addr replace ${host.v6}/128 dev lo nodad`,
  ]);
  await must(['ip', '-batch', '-'], { input: `${lines.join('\n')}\n` });
}
