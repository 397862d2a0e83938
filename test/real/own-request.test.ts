// A certificate for a key that lies only at its service: holger gets requests, made with OpenSSL,
// and the command that deploys chooses the key that belongs to the certificate. DANE clients
// connect all the time.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { certificateFor, writeInstallation } from '../lab/holger-config.ts';
import { holgerCommand, runHolger } from '../lab/holger.ts';
import type { HolgerRun } from '../lab/holger.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { ordinaryParts } from '../lab/options.ts';
import { isRolled, look, servedSerials } from '../lab/observe.ts';
import { must } from '../lab/processes.ts';
import { startProbes } from '../lab/probes.ts';
import type { Probes } from '../lab/probes.ts';

let lab: Lab;
let config: string;
let probes: Probes;
/** The keys of the service. */
let keys: readonly [string, string];
let csr: string;

beforeAll(async () => {
  lab = await startLab({ index: 125, ttl: 2, parts: [...ordinaryParts, 'staging'] });
  const { www, mail } = lab.services;
  keys = [join(lab.dir, 'first.key'), join(lab.dir, 'second.key')];
  csr = join(lab.dir, 'www.csr');
  for (const key of keys) {
    await must([
      'openssl',
      'genpkey',
      '-algorithm',
      'EC',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-out',
      key,
    ]);
  }
  await request(keys[0]);
  const script = join(lab.dir, 'deploy.sh');
  await writeFile(script, deploy(www), { mode: 0o755 });
  const urls = JSON.stringify([`https://${www.host}:${www.port}`]);
  const own = `[[certificate]]
name = "www"
domains = ["${www.host}"]
services = ${urls}
csr = "${csr}"
deploy = [{ type = "command", command = ["/bin/sh", "${script}", ${www.reload.map((word) => JSON.stringify(word)).join(', ')}] }]
`;
  config = await writeInstallation(lab, 'own', [certificateFor('mail', [mail]), own]);
  await allowTrial();
  probes = startProbes(lab, { pauseMs: 100 });
});
afterAll(async () => {
  await probes?.stop();
  await lab?.stop();
});

/** Its arguments reload the service. */
const deploy = ({
  keyFile,
  certificateFile,
}: {
  keyFile: string;
  certificateFile: string;
}): string => `set -e
wanted=$(openssl x509 -in "$HOLGER_CERT" -noout -pubkey)
for key in ${keys.join(' ')}; do
  [ "$(openssl pkey -in "$key" -pubout)" = "$wanted" ] || continue
  cp "$key" ${keyFile}
  cp "$HOLGER_FULLCHAIN" ${certificateFile}
  exec "$@"
done
echo "no key for this certificate" >&2
exit 1
`;

/** Pebble has one CA of HTTPS each; both are trusted. */
async function allowTrial(): Promise<void> {
  const text = await readFile(config, 'utf8');
  const files = [lab.acme.caFile, lab.staging?.caFile ?? ''];
  const both = join(lab.dir, 'both.pem');
  await writeFile(both, (await Promise.all(files.map((file) => readFile(file, 'utf8')))).join(''));
  const staging = `[acme]\nstaging_directory = "${lab.staging?.directory ?? ''}"`;
  await writeFile(config, text.replace('[acme]', staging).replace(lab.acme.caFile, both));
}

async function request(key: string): Promise<void> {
  const { host } = lab.services.www;
  const names = ['-subj', '/', '-addext', `subjectAltName=DNS:${host}`];
  await must(['openssl', 'req', '-new', '-key', key, ...names, '-out', csr]);
}

const holger = (...args: string[]): Promise<HolgerRun> =>
  runHolger(lab, holgerCommand(lab, config, '--json', ...args));
const run = (...args: string[]): Promise<HolgerRun> => holger('run', '--wait', ...args);

/** Files of the state that contain a private key. */
async function withKeys(): Promise<string[]> {
  const state = join(lab.dir, 'holger');
  const found = await readdir(state, { recursive: true, withFileTypes: true });
  const paths = found.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  const texts = await Promise.all(
    paths.map(async (path) => [path, await readFile(path, 'latin1')]),
  );
  return texts.flatMap(([path = '', text = '']) =>
    text.includes('PRIVATE KEY') ? [path.slice(state.length + 1)] : [],
  );
}

test('a trial issuance uses the request, and leaves nothing behind', async () => {
  const tried = await run('--staging', 'www');
  expect(tried, tried.told).toMatchObject({ status: 0 });
  expect(tried.events).toContainEqual(expect.objectContaining({ event: 'tried' }));
  expect(await readdir(join(lab.dir, 'holger'))).not.toContain('certificates');
});

test('enrolled, renewed with the same key and rolled to another, and no client fails', async () => {
  const { www } = lab.services;
  const checked = await lab.run(holgerCommand(lab, config, 'config', 'check'));
  expect(checked, checked.stderr).toMatchObject({ status: 0 });

  const enrolled = await run();
  expect(enrolled, enrolled.told).toMatchObject({ status: 0 });
  expect(enrolled.events).toContainEqual(
    expect.objectContaining({ event: 'key-created', certificate: 'www', request: csr }),
  );
  const first = await look(lab, www);
  expect(isRolled(first, [])).toBe(true);
  const [before] = await servedSerials(lab, www);

  const renewed = await run('--force', 'www');
  expect(renewed, renewed.told).toMatchObject({ status: 0 });
  expect(await look(lab, www)).toEqual(first);
  expect(await servedSerials(lab, www)).not.toContain(before);
  expect(renewed.events.map(({ event }) => event)).not.toContain('waiting');

  await request(keys[1]);
  const noticed = await run();
  expect(noticed, noticed.told).toMatchObject({ status: 0 });
  expect(noticed.stderr).toContain('has another key than generation 2');
  expect(await look(lab, www)).toEqual(first);
  const status = await lab.run(holgerCommand(lab, config, '--json', 'status', 'www'));
  expect(status.stdout).toContain(`has another key than generation 2: it is used at the next`);
  const dry = await holger('run', '--dry-run', '--force', 'www');
  expect(dry.events).toContainEqual(
    expect.objectContaining({
      event: 'planned',
      step: `use the key of the request in ${csr} (generation 3) and order a certificate for it`,
    }),
  );
  const rolled = await run('--force', 'www');
  expect(rolled, rolled.told).toMatchObject({ status: 0 });
  expect(isRolled(await look(lab, www), first.served)).toBe(true);

  const { count, failures } = await probes.stop();
  expect(failures).toEqual([]);
  expect(count).toBeGreaterThan(30);
});

test('a compromised key is refused until the request has another one', async () => {
  const { www } = lab.services;
  const before = await look(lab, www);
  const refused = await holger('emergency', 'www', '--keep-records');
  expect(refused, refused.told).toMatchObject({ status: 4 });
  expect(refused.told).toContain('is compromised');
  expect(await look(lab, www)).toEqual(before);

  await request(keys[0]);
  const replaced = await run('www');
  expect(replaced, replaced.told).toMatchObject({ status: 0 });
  expect(isRolled(await look(lab, www), before.served)).toBe(true);
});

test('the state has no private key of that service', async () => {
  const found = await withKeys();
  expect(found.some((path) => path.startsWith('certificates/mail/'))).toBe(true);
  expect(found.filter((path) => !/^(accounts|staging|certificates\/mail)\//.test(path))).toEqual(
    [],
  );
});
