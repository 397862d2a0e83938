// What a renewal with a new key costs in time, on real servers: everything beyond the CA's answer,
// the slowest name server and the caches. Half a minute of holger's own would be invisible beside
// TTLs of hours; here TTLs are seconds, so that it shows.

import { loadavg } from 'node:os';
import { giveUpAuthorizations } from '../test/lab/authorizations.ts';
import { waits, writeHolgerConfig } from '../test/lab/holger-config.ts';
import { holgerCommand, runHolger } from '../test/lab/holger.ts';
import { startLab, type Lab } from '../test/lab/lab.ts';
import { timeRollover, type RolloverTime } from '../test/lab/rollover-time.ts';
import { median, say, type Figure } from './measure.ts';

const target = 2;
const rounds = 3;

export async function rollover(): Promise<Figure> {
  // Every order asks for a challenge: the longest way.
  const lab = await startLab({ index: 50, pebbleEnv: { PEBBLE_AUTHZREUSE: '0' } });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => process.exit(130));
  try {
    return await measure(lab);
  } finally {
    await lab.stop();
  }
}

async function measure(lab: Lab): Promise<Figure> {
  const config = await writeHolgerConfig(lab);
  const enrol = holgerCommand(lab, config, '--json', 'run', '--wait', 'mail');
  const { status, stderr } = await runHolger(lab, enrol);
  if (status !== 0) throw new Error(`holger ended with ${status}\n${stderr}`);
  const policy = { ttl: lab.ttl, ...waits };
  const times: RolloverTime[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await giveUpAuthorizations(lab, 'mail');
    const time = await timeRollover(lab, config, 'mail', policy);
    say(`rollover ${round + 1}: ${time.total.toFixed(2)} s`);
    tell('it had to wait for', time.demanded);
    tell('and took for itself', time.ours);
    times.push(time);
  }
  say(
    `load of the machine: ${loadavg()
      .map((load) => load.toFixed(1))
      .join(' ')}`,
  );
  const excess = median(times.map((time) => time.excess));
  const all = times.map((time) => time.excess.toFixed(2)).join(', ');
  const text = `${excess.toFixed(2)} s beyond what it had to wait for, median of ${all} (target < ${target} s)`;
  return { text, ok: excess < target };
}

function tell(head: string, parts: Readonly<Record<string, number>>): void {
  say(`  ${head}:`);
  for (const [name, seconds] of Object.entries(parts)) say(`    ${seconds.toFixed(2)} s  ${name}`);
}
