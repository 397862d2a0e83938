// `npm run lab`: brings a lab up, prints how to use it, and gives a shell in which the lab's
// resolver is the system's.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { writeHolgerConfig } from './holger-config.ts';
import { startLab, type Lab } from './lab.ts';

const begun = Date.now();
process.stdout.write('starting BIND, NSD, Knot, Unbound, Pebble, Postfix and nginx ...\n');
const lab = await startLab();
await writeHolgerConfig(lab);
process.stdout.write(guide(lab, Date.now() - begun));
try {
  await (process.stdin.isTTY ? shell(lab) : untilSignal());
} finally {
  await lab.stop();
}

function guide(lab: Lab, milliseconds: number): string {
  const { primary, nsd, knot } = lab.servers;
  const { mail, www } = lab.services;
  const row = (what: string, v4: string, v6: string, note: string): string =>
    `  ${what.padEnd(10)} ${v4.padEnd(13)} ${v6.padEnd(9)} ${note}`;
  return `The lab is up after ${(milliseconds / 1000).toFixed(1)} s. Every TTL is ${lab.ttl} s. All of it ends with this command.

${[
  row('ns0', primary.v4, primary.v6, 'BIND, primary of dane.test, takes updates'),
  row('ns1', nsd.v4, nsd.v6, 'NSD, secondary'),
  row('ns2', knot.v4, knot.v6, 'Knot, secondary'),
  row('parent', lab.parent.v4, lab.parent.v6, 'BIND: root, test, plain.test, bogus.test'),
  row('resolver', lab.resolver.v4, lab.resolver.v6, 'Unbound, validating, caching'),
  row('mail', mail.addresses[0] ?? '', mail.addresses[1] ?? '', 'Postfix, port 25'),
  row('www', www.addresses[0] ?? '', www.addresses[1] ?? '', 'nginx, port 443'),
].join('\n')}

  folder     ${lab.dir}   ($LAB_DIR)
  ACME       ${lab.acme.directory}   (Pebble ${lab.acme.version})
  TSIG key   ${lab.tsig.name}, ${lab.tsig.algorithm}, in $LAB_DIR/keys/lab.key

Ask, and look:
  dig +dnssec ${mail.tlsaOwner} TLSA
  posttls-finger -c -l dane dane.test
  openssl s_client -brief -connect ${www.host}:443 </dev/null
Change a record:
  nsupdate -k $LAB_DIR/keys/lab.key
  > server ${primary.v4}
  > update add ${mail.tlsaOwner} 5 TLSA 3 1 1 ...
  > send
Let Knot lag, and catch up:
  knotc -s $LAB_DIR/knot/knot.sock zone-freeze dane.test
  knotc -s $LAB_DIR/knot/knot.sock zone-thaw dane.test
Let holger do it:
  cat $LAB_DIR/config.toml
  node dist/holger.mjs --config $LAB_DIR/config.toml run --wait
`;
}

function shell(lab: Lab): Promise<void> {
  const command = process.env['SHELL'] ?? '/bin/sh';
  process.on('SIGINT', () => {}); // the shell handles it while it is in front
  const child = spawn(command, [], { stdio: 'inherit', env: { ...process.env, ...lab.env } });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => resolve());
  });
}

function untilSignal(): Promise<void> {
  process.stdout.write(
    `Waiting for Ctrl-C (pid ${process.pid}); logs are in ${join(lab.dir, 'log')}.\n`,
  );
  // A signal alone does not keep Node running.
  const keep = setInterval(() => {}, 60_000);
  return new Promise((resolve) => {
    const end = (): void => {
      clearInterval(keep);
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, end);
  });
}
