// 20 certificates that are due, without and with 4 others whose zone has a name server that does
// not answer: when the last of the 20 is issued.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { startLab, type Lab } from '../test/lab/lab.ts';
import { withCommand } from './command.ts';
import { withHolger } from './due.ts';
import { say, type Figure } from './measure.ts';

const HEALTHY = 20;
const BESIDE = 4;
const SILENT = '127.53.52.200';
/** How much later the last of the 20 may be issued. */
const target = 1.25;

export async function deadServer(): Promise<Figure> {
  const parts = ['parent', 'primary', 'nsd', 'knot', 'resolver', 'pebble'] as const;
  const pebbleEnv = { PEBBLE_VA_NOSLEEP: '1', PEBBLE_AUTHZREUSE: '0', PEBBLE_WFE_NONCEREJECT: '0' };
  const lab = await startLab({ index: 52, parts: [...parts], pebbleEnv });
  const silence = await silentServer();
  try {
    return await withCommand((command) => measure(lab, command));
  } finally {
    silence.close();
    await lab.stop();
  }
}

async function measure(lab: Lab, command: string): Promise<Figure> {
  const zone = lab.zone.replace(/\.$/, '');
  const healthy = (round: string): string[] =>
    Array.from({ length: HEALTHY }, (_, index) => `${round}${index}.${zone}`);
  const dead = Array.from({ length: BESIDE }, (_, index) => `d${index}.plain.test`);
  const { tsig, parent } = lab;
  const key = `name = "${tsig.name}.", algorithm = "${tsig.algorithm}", secret = { file = "${tsig.secretFile}" }`;
  const more = `[provider.plain]
type = "rfc2136"
server = "${parent.v4}"
tsig = { ${key} }
[[zone]]
name = "plain.test"
provider = "plain"
nameservers = ["${parent.v4}", "${SILENT}"]
`;
  const alone = await withHolger({ lab, command, more, names: healthy('a') });
  const beside = await withHolger({ lab, command, more, names: [...dead, ...healthy('b')] });
  const [before, after] = [lastOf(alone.issued, healthy('a')), lastOf(beside.issued, healthy('b'))];
  say(`the last of ${HEALTHY} is issued after ${before.toFixed(1)} s without the others`);
  say(`and after ${after.toFixed(1)} s beside ${BESIDE} with a dead name server`);
  const text = `${(after / before).toFixed(2)} x (target ${target})`;
  return { text, ok: after / before <= target };
}

function lastOf(issued: ReadonlyMap<string, number>, names: readonly string[]): number {
  return Math.max(...names.map((name) => issued.get(name) ?? Infinity));
}

/** Queries arrive there, and nothing comes back. */
async function silentServer(): Promise<{ close(): void }> {
  const udp = createSocket('udp4').bind(53, SILENT);
  const tcp = createServer().listen(53, SILENT);
  await Promise.all([once(udp, 'listening'), once(tcp, 'listening')]);
  return {
    close: () => {
      udp.close();
      tcp.close();
    },
  };
}
