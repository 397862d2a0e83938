// `holger run` over many certificates with nothing due, as a timer calls it all day.
// The reference is the least that any program must do for the same answer: a bare Node that reads
// the same configuration as text and the same state documents, and parses the latter as JSON.
// holger does more: TOML, the schema and its rules, names, one read of each document through the
// store, and one line of output for each certificate.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../src/app/world/clock.ts';
import { tasksOf } from '../src/app/known/tasks.ts';
import { loadConfig } from '../src/config/load.ts';
import { fingerprint } from '../src/engine/idle.ts';
import { lineageKey } from '../src/engine/state/memory.ts';
import type { Lineage } from '../src/rollover/model.ts';
import { createStore } from '../src/store/keyv-store.ts';
import { chainFromPem } from '../src/x509/chain.ts';
import { issue } from '../test/support/ca.ts';
import { withCommand } from './command.ts';
import { interleaved, ms, node, say, type Figure } from './measure.ts';

const certificates = 1_000;
const rounds = 21;
/**
 * Measured 2.6 to 3.3 on a busy machine with two cores. What grows with the square of the
 * certificates would show far above.
 */
const target = 5;

export function idle(): Promise<Figure> {
  return withCommand(async (command, folder) => {
    const config = join(folder, 'config.toml');
    const state = join(folder, 'state');
    writeFileSync(config, configuration(state));
    await writeState(config, state);
    const reference = join(folder, 'reference.mjs');
    writeFileSync(reference, referenceProgram(config, join(state, 'documents')));
    const { holger, bare, start } = interleaved(rounds, {
      holger: () => checkOutput(node(command, '--config', config, '--json', 'run')),
      bare: () => checkCount(node(reference)),
      start: () => node('-e', '0'),
    });
    say(`${certificates} certificates, medians of ${rounds}:`);
    say(`holger run ${ms(holger)}, read and JSON.parse ${ms(bare)}, node -e 0 ${ms(start)}`);
    const ratio = holger / bare;
    const text = `holger run ${ratio.toFixed(1)} x node reading the same files (target ${target})`;
    return { text, ok: ratio <= target };
  });
}

const names = Array.from({ length: certificates }, (_, i) => `mx${i}`);

const configuration = (state: string): string => `[acme]
directory = "https://ca.invalid/directory"

[dns]
resolver = ["127.0.0.1"]

[state]
directory = "${state}"

[provider.main]
type = "rfc2136"
server = "127.0.0.1"

${names.map(certificate).join('\n')}`;

const certificate = (name: string): string => `[[certificate]]
name = "${name}"
domains = ["${name}.example.org", "www.${name}.example.org"]
services = ["smtp://${name}.example.org:25", "https://www.${name}.example.org"]
deploy = [{ type = "files", directory = "/etc/holger-bench/${name}", reload = ["true"] }]
`;

/** What a rollover leaves, with nothing to do until tomorrow. */
async function writeState(config: string, state: string): Promise<void> {
  const store = createStore({ directory: state, clock: systemClock });
  const now = Math.floor(systemClock.now());
  const [notBefore, notAfter] = [now - 86_400, now + 89 * 86_400];
  const ca = await issue({ name: 'bench CA', ca: true, notBefore, notAfter });
  const leaf = await issue({ dns: ['mx.example.org'], issuer: ca, notBefore, notAfter });
  const chain = chainFromPem(leaf.pem + ca.pem);
  const loaded = await loadConfig(config);
  for (const { intent } of tasksOf(loaded.certificates, loaded)) {
    const { name, domains, keyType, directory } = intent;
    const at = now - 3_600;
    const done = { createdAt: at, issuedAt: at, deployBegunAt: at, deployedAt: at, provenAt: at };
    const lineage: Lineage = {
      schema: 1,
      name,
      generations: [1, 2].map((number) => {
        const state = number === 2 ? 'live' : 'retired';
        const key = { spki: chain.certificates[0]?.spki ?? '', keyMadeAt: at };
        return { number, state, keyType, domains, directory, ...key, ...done, chain };
      }),
      challengeRecords: [],
      idleUntil: now + 86_400,
      idleIntent: fingerprint(intent),
    };
    await store.write(lineageKey(name), lineage, 0);
  }
}

const referenceProgram = (config: string, documents: string): string => `
import { readFile, readdir } from 'node:fs/promises';
await readFile(${JSON.stringify(config)}, 'utf8');
let count = 0;
for (const name of await readdir(${JSON.stringify(documents)})) {
  const document = JSON.parse(await readFile(${JSON.stringify(documents)} + '/' + name, 'utf8'));
  if (document.value !== undefined) count += 1;
}
process.stdout.write(String(count));
`;

function checkCount(output: string): void {
  if (Number(output) < certificates) throw new Error(`the reference read ${output} documents`);
}

/** A run that had queried anything would have failed here: no server answers. */
function checkOutput(output: string): void {
  const done = output.split('\n').filter((line) => line.includes('"event":"done"')).length;
  if (done !== certificates) throw new Error(`only ${done} of the certificates were idle`);
}
