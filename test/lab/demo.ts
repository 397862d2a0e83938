// `npm run demo`: key rollovers of a mail and a web server while strict DANE clients connect. One
// of the three name servers lags during the second. The result is judged from outside only: by the
// clients' handshakes.

import { setTimeout as sleep } from 'node:timers/promises';
import { giveUpAuthorizations } from './authorizations.ts';
import { waits, writeHolgerConfig } from './holger-config.ts';
import { holgerCommand, runHolger } from './holger.ts';
import { startLab, type Lab } from './lab.ts';
import { isRolled, look, recordsAt } from './observe.ts';
import { startProbes, type ProbeReport } from './probes.ts';
import { timeRollover } from './rollover-time.ts';
import { timeline } from './timeline.ts';

const stopping = new AbortController();
const { signal } = stopping;
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(name, () => stopping.abort());
}
const begun = Date.now();
const limitMs = 170_000;
const knotLagsMs = 5_000;

const print = (text: string): void => {
  process.stdout.write(`${((Date.now() - begun) / 1000).toFixed(1).padStart(6)} s  ${text}\n`);
};

print('starting BIND, NSD, Knot, Unbound, Pebble, Postfix and nginx');
// Authorizations are always reused, so the second order needs no challenge: with one secondary
// behind, none could be met.
const lab = await startLab({ pebbleEnv: { PEBBLE_AUTHZREUSE: '100' } });
try {
  const report = await demo(lab);
  for (const failure of report.failures.slice(0, 20)) {
    print(
      `TURNED AWAY ${failure.at.toISOString()} ${failure.client} at ${failure.target}: ${failure.detail}`,
    );
  }
  print(
    `of ${report.count} probes ${report.secureCount} were secured by DANE, the others came before the first record`,
  );
  process.stdout.write(`${report.count} probes, ${report.failures.length} failures\n`);
  process.exitCode = report.failures.length === 0 && report.count >= 200 ? 0 : 1;
} catch (error) {
  if (!signal.aborted) throw error;
  process.exitCode = 130;
} finally {
  await lab.stop();
}

async function demo(lab: Lab): Promise<ProbeReport> {
  const config = await writeHolgerConfig(lab);
  print('the lab is up; Postfix and nginx serve self-signed certificates, no TLSA record exists');
  const probes = startProbes(lab, { pauseMs: 600 });
  print('DANE clients begin to connect: posttls-finger and openssl, over IPv4 and IPv6');
  try {
    print('FIRST ROLLOVER: from self-signed, without records, to a CA certificate with records');
    await rollOver(lab, config);
    print('SECOND ROLLOVER: a new key (holger run --force), while Knot (ns2) lags');
    await lab.freezeKnot();
    print('Knot is frozen: it still answers, with what it has');
    const thawed = thawLater(lab);
    await Promise.all([rollOver(lab, config, '--force'), thawed]);
    print('THIRD ROLLOVER: the mail server again, in one call (holger run --wait), by the clock');
    await timed(lab, config);
    await sleep(2_000 * lab.ttl, undefined, { signal }); // the clients continue until even the slowest cache has the last change
  } catch (error) {
    await probes.stop();
    throw error;
  }
  return probes.stop();
}

/**
 * With its own challenge, with all name servers in step: what remains beside the waits is holger's
 * own time.
 */
async function timed(lab: Lab, config: string): Promise<void> {
  await giveUpAuthorizations(lab, 'mail');
  const policy = { ttl: lab.ttl, ...waits };
  const { total, demanded, ours, excess } = await timeRollover(lab, config, 'mail', policy);
  print(`it took ${total.toFixed(2)} s, and had to wait for:`);
  printParts(demanded);
  print(`time beyond what it had to wait for: ${excess.toFixed(2)} s`);
  printParts(ours);
}

function printParts(parts: Readonly<Record<string, number>>): void {
  for (const [name, seconds] of Object.entries(parts)) print(`  ${seconds.toFixed(2)} s  ${name}`);
}

/**
 * Lets Knot transfer the zone some seconds after the primary has the new key's record, and checks
 * that Knot did not have it.
 */
async function thawLater(lab: Lab): Promise<void> {
  const { primary, knot } = lab.servers;
  const owner = lab.services.mail.tlsaOwner;
  const missing = async (): Promise<string[]> => {
    const [fresh, old] = await Promise.all([primary, knot].map((s) => recordsAt(s.v4, owner)));
    return (fresh ?? []).filter((record) => !old?.includes(record));
  };
  while ((await missing()).length === 0 && Date.now() - begun < limitMs)
    await sleep(100, undefined, { signal });
  print('the new record is on the primary; Knot does not have it');
  await sleep(knotLagsMs, undefined, { signal });
  const lacks = await missing();
  await lab.thawKnot();
  if (lacks.length === 0)
    throw new Error('Knot was frozen and is not behind: this demo shows nothing');
  print('Knot is thawed and catches up');
}

/**
 * Calls `holger run` as a timer would, until the new keys are served and published alone. `first`:
 * only with the first call.
 */
async function rollOver(lab: Lab, config: string, ...first: string[]): Promise<void> {
  const services = Object.values(lab.services);
  const before = (await Promise.all(services.map((service) => look(lab, service)))).flatMap(
    (seen) => seen.served,
  );
  const tell = timeline(print);
  for (let extra = first; ; extra = []) {
    const run = await runHolger(
      lab,
      holgerCommand(lab, config, 'run', '--json', ...extra),
      tell,
      signal,
    );
    if (run.status === 3)
      print(`holger will try again: ${run.stderr.trim().split('\n').at(-1) ?? ''}`);
    else if (run.status !== 0) throw new Error(`holger ended with ${run.status}\n${run.stderr}`);
    const seen = await Promise.all(services.map((service) => look(lab, service)));
    if (run.status === 0 && seen.every((one) => isRolled(one, before))) break;
    if (Date.now() - begun > limitMs)
      throw new Error(`not done in time: ${JSON.stringify(seen)}\n${run.stderr}`);
    await sleep(1_000, undefined, { signal });
  }
  print('done: one key at every address, and only its record at all name servers');
}
