// `holger run` over many certificates with nothing due, as a timer calls it all day.
// The reference is the least that any program must do that has the same configuration: a bare Node
// that parses it with the same parser. holger also reads its index, looks at the state and the
// targets of every certificate, and reports each of them.

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { systemClock } from '../src/app/world/clock.ts';
import { DIGEST, digestOf } from '../src/app/known/kept.ts';
import { tasksOf } from '../src/app/known/tasks.ts';
import { loadConfig } from '../src/config/load.ts';
import { fingerprint } from '../src/engine/due-index.ts';
import { lineageKey } from '../src/engine/state/memory.ts';
import type { Chain } from '../src/dane/chain.ts';
import type { Intent, Lineage } from '../src/rollover/model.ts';
import { KeyvFile } from '../src/store/keyv-file.ts';
import { chainFromPem } from '../src/x509/chain.ts';
import { issue } from '../test/support/ca.ts';
import { withCommand } from './command.ts';
import { interleaved, median, ms, node, nodeWithMemory, say, type Figure } from './measure.ts';

export const certificates = 10_000;
const rounds = 9;
/** Of the time of the reference. */
const target = 3;
const mostMs = 2_000;
const mostMegabytes = 200;

export function idle(): Promise<Figure> {
  return withCommand(async (command, folder) => {
    const config = await idleInstallation(folder);
    const reference = join(folder, 'reference.mjs');
    writeFileSync(reference, referenceProgram(config));
    // The first run reads all documents, the second finds that nothing is due at all.
    const args = [command, '--config', config, 'run'] as const;
    for (let run = 0; run < 3; run += 1) node(...args);
    const memory: number[] = [];
    const { holger, json, bare, start } = interleaved(rounds, {
      holger: () => memory.push(checkText(nodeWithMemory(...args))),
      json: () => checkEvents(node(command, '--config', config, '--json', 'run')),
      bare: () => checkCount(node(reference)),
      start: () => node('-e', '0'),
    });
    const megabytes = median(memory);
    say(`${certificates} certificates, medians of ${rounds}: holger run ${ms(holger)}`);
    say(`with --json ${ms(json)}, the parser alone ${ms(bare)}, node -e 0 ${ms(start)}`);
    const ratio = holger / bare;
    const parts = [
      `holger run ${ratio.toFixed(1)} x node parsing the same file (target ${target})`,
      `with --json ${(json / bare).toFixed(1)} x`,
      `${ms(holger)} (target ${ms(mostMs)})`,
      `${megabytes.toFixed(0)} MB (target ${mostMegabytes} MB)`,
    ];
    const ok = ratio <= target && holger <= mostMs && megabytes <= mostMegabytes;
    return { text: parts.join(', '), ok };
  });
}

/** @returns its configuration, to which `more` is added */
export async function idleInstallation(folder: string, more = ''): Promise<string> {
  const config = join(folder, 'config.toml');
  writeFileSync(config, `${configuration(folder)}\n${more}`);
  await writeState(config, folder);
  return config;
}

const names = Array.from({ length: certificates }, (_, i) => `mx${i}`);

const configuration = (folder: string): string => `[acme]
directory = "https://ca.invalid/directory"

[dns]
resolver = ["127.0.0.1"]

[state]
directory = "${folder}/state"

[provider.main]
type = "rfc2136"
server = "127.0.0.1"

${names.map((name) => certificate(name, folder)).join('\n')}`;

const certificate = (name: string, folder: string): string => `[[certificate]]
name = "${name}"
domains = ["${name}.example.org", "www.${name}.example.org"]
services = ["smtp://${name}.example.org:25", "https://www.${name}.example.org"]

[[certificate.deploy]]
type = "files"
certificate = "${folder}/tls/${name}.pem"
key = "${folder}/tls/${name}.key"
reload = ["systemctl", "reload", "postfix"]
`;

/**
 * What rollovers leave, with nothing to do until tomorrow; written without the store, which syncs
 * every file.
 */
async function writeState(config: string, folder: string): Promise<void> {
  const documents = new KeyvFile(join(folder, 'state/documents'));
  const now = Math.floor(systemClock.now());
  const [notBefore, notAfter] = [now - 86_400, now + 89 * 86_400];
  const ca = await issue({ name: 'bench CA', ca: true, notBefore, notAfter });
  const leaf = await issue({ dns: ['mx.example.org'], issuer: ca, notBefore, notAfter });
  const fullchain = leaf.pem + ca.pem;
  const chain = chainFromPem(fullchain);
  const loaded = await loadConfig(config);
  for (const name of ['tls', 'state', 'state/documents', 'state/certificates']) {
    mkdirSync(join(folder, name), { recursive: true, mode: 0o700 });
  }
  const write = (key: string, value: unknown): void => {
    const text = JSON.stringify({ value: { schema: 1, revision: 1, value } });
    writeFileSync(documents.pathOf(key), text);
  };
  write(DIGEST, { schema: 1, digest: digestOf(loaded.certificates) });
  for (const { intent } of tasksOf(loaded.certificates, loaded)) {
    write(lineageKey(intent.name), lineageOf(intent, chain, now));
    const generation = join(folder, 'state/certificates', intent.name, '2');
    mkdirSync(generation, { recursive: true, mode: 0o700 });
    symlinkSync('2', join(dirname(generation), 'live'));
    const place = join(folder, 'tls', intent.name);
    for (const path of [join(generation, 'privkey.pem'), `${place}.key`]) {
      writeFileSync(path, leaf.keyPem, { mode: 0o600 });
    }
    for (const path of [join(generation, 'fullchain.pem'), `${place}.pem`]) {
      writeFileSync(path, fullchain, { mode: 0o644 });
    }
  }
}

function lineageOf(intent: Intent, chain: Chain, now: number): Lineage {
  const { name, domains, keyType, directory } = intent;
  const at = now - 3_600;
  const done = { createdAt: at, issuedAt: at, deployBegunAt: at, deployedAt: at, provenAt: at };
  return {
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
}

const referenceProgram = (config: string): string => `
import { readFileSync } from 'node:fs';
import { parse } from ${JSON.stringify(createRequire(import.meta.url).resolve('smol-toml'))};
const { certificate } = parse(readFileSync(${JSON.stringify(config)}, 'utf8'));
process.stdout.write(String(certificate.length));
`;

function checkCount(output: string): void {
  if (Number(output) !== certificates) throw new Error(`the reference read ${output}`);
}

/** A run that had queried anything would have failed: no server answers. */
function checkText({ output, megabytes }: ReturnType<typeof nodeWithMemory>): number {
  if (output.startsWith(`${certificates} certificates done: nothing is due`)) return megabytes;
  throw new Error(`not all certificates were idle: ${output.slice(0, 1000)}`);
}

function checkEvents(output: string): void {
  const done = output.split('\n').filter((line) => line.includes('"event":"done"')).length;
  if (done !== certificates) throw new Error(`only ${done} of the certificates were idle`);
}
