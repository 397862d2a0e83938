import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tasksOf } from '../../src/app/known/tasks.ts';
import { problemsAround } from '../../src/app/use-cases/config-trial.ts';
import { toHex } from '../../src/base/bytes.ts';
import { findConfig, parseConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import { readAnchors } from '../../src/config/trust-anchors.ts';
import { fingerprint } from '../../src/engine/due-index.ts';
import type { Task } from '../../src/engine/world.ts';
import { issue } from '../support/ca.ts';
import type { Party } from '../support/ca.ts';

let folder: string;
let root: Party;
let below: Party;
let leaf: Party;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holger-anchors-'));
  root = await issue({ name: 'Root of two', ca: true });
  below = await issue({ name: 'Below', ca: true, issuer: root });
  leaf = await issue({ dns: ['mx1.example.org'], issuer: below });
});
afterAll(() => rm(folder, { recursive: true }));

const write = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);
const named = (file: string): Promise<readonly object[]> =>
  readAnchors({ name: 'two', trustAnchorFile: join(folder, file) });

const ISSUERS = `[issuer.two]
type = "acme"
directory = "https://two.example/"
trust_anchor_file = "two.pem"
[state]
directory = "state"
[provider.main]
type = "rfc2136"
server = "192.0.2.53"
`;
const certificate = (more: string): string => `[[certificate]]
name = "mx1"
domains = ["mx1.example.org"]
services = ["smtp://mx1.example.org"]
${more}
`;
const LISTED = certificate('issuer = ["acme", "two"]');

async function load(text: string): Promise<Config> {
  const file = join(folder, 'config.toml');
  await writeFile(file, text);
  const config = await findConfig(file);
  if (config === undefined) throw new Error('there is no configuration');
  return config;
}

const taskOf = (config: Config): Task | undefined => tasksOf(config.certificates, config)[0];

describe('the CA certificates of an issuer', () => {
  it('are those in its file, each once', async () => {
    await write('two.pem', `Two\n${root.pem}${below.pem}\n${root.pem}`);
    expect(await named('two.pem')).toMatchObject([
      { der: toHex(root.der) },
      { der: toHex(below.der) },
    ]);
    expect(await readAnchors({ name: 'two', trustAnchorFile: undefined })).toEqual([]);
  });

  it('are refused if one of them is not a CA certificate, or cannot be read', async () => {
    const refused: readonly (readonly [string, RegExp])[] = [
      ['', /issuer\.two\.trust_anchor_file .*bad\.pem: the text holds no PEM certificate/],
      [leaf.keyPem, /holds no PEM certificate/],
      [`${root.pem}${leaf.pem}`, /certificate 2 in it, of CN=mx1\.example\.org, is not a CA cert/],
      [
        '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
        /certificate 1 in it, of \(cannot be parsed\), is not a CA/,
      ],
    ];
    for (const [text, reason] of refused) {
      await write('bad.pem', text);
      await expect(named('bad.pem')).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(reason) as unknown,
        hint: expect.stringContaining('name a PEM file') as unknown,
      });
    }
    await expect(named('none.pem')).rejects.toThrow(/none\.pem: the file does not exist/);
  });

  it('are at most sixteen, because each is in every answer', async () => {
    const many = await Promise.all(
      Array.from({ length: 17 }, (_, at) => issue({ name: `CA ${at}`, ca: true })),
    );
    await write('many.pem', many.map(({ pem }) => pem).join(''));
    await expect(named('many.pem')).rejects.toThrow(/contains 17 CA certificates, and at most 16/);
    await write(
      'many.pem',
      many
        .slice(1)
        .map(({ pem }) => pem)
        .join(''),
    );
    expect(await named('many.pem')).toHaveLength(16);
  });

  it('are not read from a file that other users could have written', async () => {
    await write('open.pem', root.pem);
    await chmod(join(folder, 'open.pem'), 0o666);
    await expect(named('open.pem')).rejects.toThrow(/every user may write to .*open\.pem/);
  });
});

describe('a certificate with a list of issuers', () => {
  it('knows the CA certificates of all of them, and the file is watched', async () => {
    await write('two.pem', root.pem);
    const task = taskOf(await load(ISSUERS + LISTED));
    expect(task?.intent.anchors).toMatchObject([{ der: toHex(root.der) }]);
    expect(task?.intent).not.toHaveProperty('anchorsUnread');
    expect(task?.anchorFiles).toEqual([join(folder, 'two.pem')]);
  });

  it('does not, if it has one issuer alone', async () => {
    await write('two.pem', root.pem);
    const task = taskOf(await load(ISSUERS + certificate('issuer = "two"')));
    expect(task?.intent).not.toHaveProperty('anchors');
    expect(task).not.toHaveProperty('anchorFiles');
  });

  it('is checked again when they change, and a digest of them is stored', async () => {
    await write('two.pem', root.pem);
    const before = taskOf(await load(ISSUERS + LISTED));
    await write('two.pem', below.pem);
    const after = taskOf(await load(ISSUERS + LISTED));
    if (before === undefined || after === undefined) throw new Error('no task');
    expect(fingerprint(after.intent)).not.toBe(fingerprint(before.intent));
    expect(fingerprint(after.intent)).not.toContain(toHex(below.der));
    expect(fingerprint(after.intent)).toBe(fingerprint({ ...after.intent, force: true }));
  });

  it('is renewed although the file cannot be read, which config check refuses', async () => {
    await write('two.pem', leaf.pem);
    const config = await load(ISSUERS + LISTED);
    expect(taskOf(config)?.intent).toMatchObject({
      anchors: [],
      anchorsUnread: expect.stringMatching(/two\.pem: certificate 1 in it/) as unknown,
    });
    expect(await problemsAround(config)).toContainEqual(
      expect.stringMatching(/cannot use issuer\.two\.trust_anchor_file .*; name a PEM file/),
    );
    await write('two.pem', root.pem);
    expect((await problemsAround(config)).filter((one) => one.includes('anchors'))).toEqual([]);
  });
});

describe('a warning is given for trust_anchor_file that nothing uses', () => {
  const warned = (text: string): readonly string[] =>
    parseConfig(ISSUERS + text, 'config.toml').warnings.filter((one) =>
      /trust_anchor_file/.test(one),
    );

  it.each([
    ['a certificate of this issuer alone', certificate('issuer = "two"')],
    ['a list of others', certificate('')],
    ['records of keys', certificate('issuer = ["acme", "two"]\nrecords = ["3 1 1"]')],
    ['no DANE', certificate('issuer = ["acme", "two"]\ndane = false')],
    ['no record of a CA', certificate('issuer = ["acme", "two"]\ntrust_anchors = "none"')],
  ])('with %s', (_what, text) => {
    expect(warned(text)).toEqual([
      'issuer.two.trust_anchor_file has no effect: no certificate with services and records of usage ' +
        '2 lists "two" beside another issuer',
    ]);
  });

  it('and not where one certificate uses it', () => {
    expect(warned(LISTED)).toEqual([]);
    const acme = '[acme]\ntrust_anchor_file = "one.pem"\n';
    expect(warned(acme + LISTED)).toEqual([]);
    expect(warned(acme)).toHaveLength(2);
  });
});
