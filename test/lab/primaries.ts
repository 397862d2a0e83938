// A primary alone, of any make, without the rest of a lab: for tests that write to zones and query
// nothing else.
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeBindPrimary, writeKeys } from './bind.ts';
import { answersSigned } from './checks.ts';
import { writeKnotPrimary } from './knot-primary.ts';
import { addToLoopback } from './loopback.ts';
import { apiUrl, pdnsutilIn, writePowerDns } from './powerdns.ts';
import type { PrimaryOptions } from './primary.ts';
import { Daemons } from './processes.ts';
import { topology, type Host } from './topology.ts';

export type Make = 'bind' | 'knot' | 'powerdns';

export interface RunningPrimary {
  readonly host: Host;
  /** base64; of TSIG key `lab`, and the key of the API. */
  readonly secret: string;
  /** What `nsupdate -k` and `dig -k` read. */
  readonly keyFile: (name: 'lab' | 'xfr') => string;
  /** Of PowerDNS. */
  readonly apiUrl: string;
  pdnsutil(...args: string[]): Promise<string>;
  stop(): Promise<void>;
}

const WRITERS = { bind: writeBindPrimary, knot: writeKnotPrimary, powerdns: writePowerDns };

/** The zones are signed, and have a name server and nothing else. */
export async function startPrimary(
  make: Make,
  index: number,
  zones: readonly string[],
): Promise<RunningPrimary> {
  const host = topology(index).primary;
  const dir = await mkdtemp(join(tmpdir(), `holger-primary-${index}-`));
  await mkdir(join(dir, 'log'));
  const daemons = new Daemons(join(dir, 'log'));
  const lastMoment = (): void => {
    daemons.killAll();
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  process.on('exit', lastMoment);
  const stop = async (): Promise<void> => {
    await daemons.stopAll();
    process.off('exit', lastMoment);
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const secret = (): string => randomBytes(32).toString('base64');
    const secrets = { lab: secret(), xfr: secret() };
    await addToLoopback([host]);
    await writeKeys(dir, secrets, TTL);
    const options: PrimaryOptions = {
      ...{ host, ttl: TTL, secrets, secondaries: [] },
      zones: zones.map((name) => ({ name, text: zoneText(host) })),
    };
    daemons.start(make, (await WRITERS[make](dir, options)).argv);
    for (const zone of zones) await daemons.waitFor(make, () => answersSigned(host, zone));
    return {
      ...{ host, secret: secrets.lab, apiUrl: apiUrl(host), stop },
      keyFile: (name) => join(dir, `keys/${name}.key`),
      pdnsutil: pdnsutilIn(dir),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const TTL = 60;

const zoneText = ({ v4, v6 }: Host): string =>
  [
    `$TTL ${TTL}`,
    `@ SOA ns hostmaster ( 1 ${TTL} 2 600 ${TTL} )`,
    `@ NS ns\nns A ${v4}\nns AAAA ${v6}\n`,
  ].join('\n');
