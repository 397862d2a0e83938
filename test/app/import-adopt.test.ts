// import --adopt: what another client has in use becomes the live generation, and the next run
// orders nothing.
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { adoptionText, exitOf } from '../../src/cli/others/adoptions.ts';
import { inProcess } from '../cli/in-process.ts';
import { accountKey, certbotFolder, everything, pair, put } from './import-folders.ts';

let top: string;
let from: string;
beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'holger-import-adopt-'));
  onTestFinished(() => rm(top, { recursive: true, force: true }));
  from = join(top, 'client');
  await certbotFolder(from, accountKey().jwk);
});

interface Ended {
  readonly exit: number;
  /** In one line. */
  readonly out: string;
}

async function holger(...argv: readonly string[]): Promise<Ended> {
  let out = '';
  const named = ['--config', join(top, 'etc/config.toml'), '--state', join(top, 'state')];
  const exit = await inProcess([...named, ...argv], (stream, text) => {
    if (stream === 'out') out += text;
  });
  return { exit, out: out.replaceAll(/\s+/g, ' ') };
}

const fileOf = (name: string): string => join(from, `live/mx1.example.org/${name}.pem`);
/** Another certificate, whose key belongs to yet another one. */
async function addOther(): Promise<void> {
  await put(join(from, 'renewal/alt.example.org.conf'), '[renewalparams]\nserver = x\n');
  const at = join(from, 'live/alt.example.org');
  await put(join(at, 'fullchain.pem'), pair('alt.example.org').cert);
  await put(join(at, 'privkey.pem'), pair('alt.example.org').key);
  const conf = join(from, 'renewal/alt.example.org.conf');
  const text = await readFile(join(from, 'renewal/mx1.example.org.conf'), 'utf8');
  await writeFile(conf, text.replaceAll('mx1.example.org', 'alt.example.org'));
}

it('makes the certificates in use the live generations, and changes nothing that it reads', async () => {
  const before = await everything(from);
  const { exit, out } = await holger('import', 'certbot', from, '--adopt');
  expect(exit).toBe(0);
  expect(out).toMatch(/adopted mx1\.example\.org: key and certificate .* are generation 1 now/);
  expect(out).toContain('TLSA records that are in DNS already were not taken over');
  expect(out).not.toContain('holger adopt');
  expect(out).not.toMatch(/ adopt mx1\.example\.org --certificate/);
  expect(await everything(from)).toEqual(before);
  const live = join(top, 'state/certificates/mx1.example.org/live');
  for (const [name, place] of [
    ['privkey', live],
    ['fullchain', live],
    ['privkey', join(top, 'state/deployed/mx1.example.org')],
  ] as const) {
    const text = await readFile(join(place, `${name}.pem`), 'utf8');
    expect(text).toBe(await readFile(fileOf(name), 'utf8'));
  }
});

it('leaves nothing to order for the next run', async () => {
  await holger('import', 'certbot', from, '--adopt');
  const { exit, out } = await holger('run');
  expect(exit).toBe(0);
  expect(out).toMatch(/1 certificate done: nothing is due before/);
  await expect(stat(join(top, 'state/certificates/mx1.example.org/2'))).rejects.toThrow('ENOENT');
});

it('adopts the others when one cannot be adopted, and says how a person does that', async () => {
  await addOther();
  const { exit, out } = await holger('import', 'certbot', from, '--adopt');
  expect(exit).toBe(2);
  expect(out).toMatch(/ adopted mx1\.example\.org: /);
  expect(out).toMatch(
    /did not adopt alt\.example\.org: .*certificate.* name the files that the service loads/,
  );
  expect(out).toContain(
    ` adopt alt.example.org --certificate ${join(from, 'live/alt.example.org/fullchain.pem')}`,
  );
  expect(out).not.toMatch(/ adopt mx1\.example\.org --certificate/);
});

it('adopts the others when the key of one is not there', async () => {
  await addOther();
  await rm(join(from, 'live/alt.example.org/privkey.pem'));
  const { exit, out } = await holger('import', 'certbot', from, '--adopt');
  expect(exit).toBe(2);
  expect(out).toMatch(/did not adopt alt\.example\.org: the file .*privkey\.pem does not exist;/);
  expect(out).toMatch(/ adopted mx1\.example\.org: /);
});

it('reports the same as JSON', async () => {
  await addOther();
  const { out } = await holger('--json', 'import', 'certbot', from, '--adopt');
  const { adoptions, steps } = JSON.parse(out) as { adoptions: object[]; steps: string[] };
  expect(adoptions).toMatchObject([
    { certificate: 'alt.example.org', adopted: false, exit: 2 },
    { certificate: 'mx1.example.org', adopted: true, exit: 0 },
  ]);
  expect(steps.filter((step) => step.includes(' adopt '))).toHaveLength(1);
});

it('adopts nothing without the option, in a dry run, or while the other client stays', async () => {
  const dry = await holger('import', 'certbot', from, '--adopt', '--dry-run');
  expect(dry).toMatchObject({ exit: 0 });
  expect(dry.out).not.toContain('adopt mx1.example.org');
  await expect(stat(join(top, 'state'))).rejects.toThrow('ENOENT');
  expect(await holger('import', 'certbot', from, '--adopt', '--keep-client')).toMatchObject({
    exit: 2,
  });
  await expect(stat(join(top, 'etc/config.toml'))).rejects.toThrow('ENOENT');
  const { out } = await holger('import', 'certbot', from);
  expect(out).toMatch(/ adopt mx1\.example\.org --certificate/);
  await expect(stat(join(top, 'state/certificates'))).rejects.toThrow('ENOENT');
});

it('ends like the worst of them', () => {
  const adoption = (exit: 0 | 2 | 3 | 4) => ({
    ...{ certificate: 'mx1', adopted: exit === 0, why: ['because'], exit },
  });
  expect(exitOf([])).toBe(0);
  expect(exitOf([adoption(3), adoption(0), adoption(4)])).toBe(4);
  expect(exitOf([adoption(4), adoption(2)])).toBe(2);
  expect(adoptionText(adoption(4))).toBe('did not adopt mx1: because');
});
