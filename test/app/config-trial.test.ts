// Files that a configuration names, on a disk of the test's own.
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problemsAround } from '../../src/app/use-cases/config-trial.ts';
import { parseConfig } from '../../src/config/load.ts';
import { opensslRequest } from '../support/requests.ts';

const SECRET = '2WSr16tyo3UKRmInUkAS7Avg1/+pJOYpb5LFCbYUYv0=';
const BIND_KEY = `key "holger" { algorithm hmac-sha256; secret "${SECRET}"; };\n`;

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'holger-trial-'));
  await mkdir(join(dir, 'state'));
});
afterAll(() => rm(dir, { recursive: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(dir, name);
  await writeFile(path, text, { mode: 0o600 });
  return path;
}

const provider = (options: string): string =>
  `[provider.main]\ntype = "rfc2136"\nserver = "ns.example.org"\n${options}\n`;
const certificateWith = (options: string): string =>
  `[[certificate]]\nname = "mx1"\ndomains = ["mx1.example.org"]\n${options}\n${provider('key_file = { file = "good.key" }')}`;
const state = (): string => `[state]\ndirectory = ${JSON.stringify(join(dir, 'state'))}\n`;

function problems(text: string): Promise<readonly string[]> {
  const whole = text.includes('[state]') ? text : text + state();
  return problemsAround(parseConfig(whole, join(dir, 'config.toml')));
}

describe('K36: what certainly fails is not called valid', () => {
  it('a configuration whose files exist and are right has no problems', async () => {
    await file('good.key', BIND_KEY);
    await file('good.secret', SECRET);
    expect(await problems(provider('key_file = { file = "good.key" }'))).toEqual([]);
    expect(
      await problems(provider('tsig = { name = "holger.", secret = { file = "good.secret" } }')),
    ).toEqual([]);
  });

  it('the secrets and the CA file of a target can be read', async () => {
    await file('good.secret', SECRET);
    const target = (options: string): string =>
      `[target.hook]\ntype = "webhook"\nurl = "https://deploy.example.org"\n${options}\n`;
    expect(await problems(target('bearer = { file = "good.secret" }'))).toEqual([]);
    expect(
      await problems(target('bearer = { file = "no.secret" }\nca_file = "good.secret"')),
    ).toEqual([
      expect.stringMatching(/no\.secret does not exist/),
      expect.stringMatching(/cannot use ca_file .*good\.secret/),
    ]);
  });

  it('a certificate request exists and is for the names of the certificate', async () => {
    const certificate = (csr: string): string =>
      `${provider('tsig = { name = "holger.", secret = { file = "good.secret" } }')}
[[certificate]]
name = "mx1"
domains = ["mx1.example.org"]
csr = "${csr}"
`;
    await file('good.secret', SECRET);
    await file('good.csr', opensslRequest({ names: 'DNS:mx1.example.org' }).pem);
    await file('other.csr', opensslRequest({ names: 'DNS:mx2.example.org' }).pem);
    expect(await problems(certificate('good.csr'))).toEqual([]);
    expect(await problems(certificate('none.csr'))).toEqual([
      expect.stringMatching(/"mx1": there is no certificate request at .*none.csr; make it/),
    ]);
    expect(await problems(certificate('other.csr'))).toEqual([
      expect.stringMatching(/lacks mx1.example.org, and asks for mx2.example.org.*; make it again/),
    ]);
    expect(await problems(certificate('good.secret'))).toEqual([
      expect.stringMatching(/good.secret cannot be read: it is not PKCS #10/),
    ]);
  });

  it.each([
    ['not base64', 'this is not base64!', /is a whole key file|is not base64 text/],
    ['not base64, one word', 'c3Vwcmlz-', /is not base64 text/],
    ['a whole key file', BIND_KEY, /is a whole key file, not its secret; .*key_file/],
    ['the form of nsupdate -y', `hmac-sha256:holger:${SECRET}`, /is a whole key file/],
    ['empty', '\n', /it is empty/],
  ])('a TSIG secret that is %s', async (_, text, expected) => {
    await file('tsig.secret', text);
    const found = await problems(
      provider('tsig = { name = "holger.", secret = { file = "tsig.secret" } }'),
    );
    expect(found).toEqual([expect.stringMatching(expected)]);
    expect(found.join()).not.toContain(SECRET);
  });

  it.each([
    ['the secret alone', SECRET],
    ['two keys', BIND_KEY + BIND_KEY.replace('holger', 'other')],
    ['an algorithm that is unknown', BIND_KEY.replace('sha256', 'md5')],
    ['nothing like a key', 'zone "example.org" { type master; };'],
  ])('a key_file with %s', async (_, text) => {
    await file('tsig.key', text);
    expect(await problems(provider('key_file = { file = "tsig.key" }'))).toEqual([
      expect.stringMatching(/^\[provider\.main\]: the key file /),
    ]);
  });

  it('tsig and key_file both, or neither', async () => {
    await file('good.key', BIND_KEY);
    expect(await problems(provider(''))).toEqual([
      expect.stringContaining('needs tsig, or key_file'),
    ]);
  });

  it('credentials of another provider that are not of its form', async () => {
    await file('google.json', '{"not": "a service account"}');
    const text = `[provider.cloud]\ntype = "google"\ncredentials = { file = "google.json" }\n`;
    expect(await problems(text)).toEqual([expect.stringContaining('[provider.cloud]')]);
  });

  it.each([
    ['a ca_file without a certificate', '[acme]\nca_file = "empty.pem"\n', /acme\.ca_file/],
    ['a ca_file that does not exist', '[acme]\nca_file = "none.pem"\n', /acme\.ca_file/],
    ['a pkix.ca_file without a certificate', '[pkix]\nca_file = "empty.pem"\n', /pkix\.ca_file/],
    [
      'an external account key that is not base64url',
      '[acme]\neab = { kid = "k", hmac = { file = "bad.hmac" } }\n',
      /eab needs/,
    ],
    [
      'a ca_file of a notifier',
      '[monitor]\nnotify = [{ type = "webhook", url = "https://a.test/", ca_file = "empty.pem" }]\n',
      /ca_file/,
    ],
    [
      'the password of a notifier',
      '[monitor]\nnotify = [{ type = "email", from = "a@b.test", to = "c@d.test", username = "u", password = { file = "none" } }]\n',
      /none/,
    ],
    [
      'the password of a PKCS#12 file',
      `${certificateWith('deploy = [{ type = "files", pkcs12 = "/p", pkcs12_password = { file = "none" } }]')}`,
      /the secret in file .*none: .*does not exist/,
    ],
    [
      'a password that Java does not take',
      `${certificateWith('deploy = [{ type = "files", pkcs12 = "/p", pkcs12_password = { file = "umlaut" } }]')}`,
      /characters that are not printable ASCII/,
    ],
    ['a state folder that is a file', '[state]\ndirectory = "empty.pem"\n', /is not a folder/],
    ['a state folder below a file', '[state]\ndirectory = "empty.pem/state"\n', /state folder/],
  ])('%s', async (_, text, expected) => {
    await file('empty.pem', 'no certificate\n');
    await file('bad.hmac', 'not base64url!');
    await file('umlaut', 'geheim\u00df');
    await file('good.key', BIND_KEY);
    expect(await problems(text)).toEqual([expect.stringMatching(expected)]);
  });

  it('files of another program that others can read, and no problem before it has written any', async () => {
    const path = await file('fullchain.pem', 'a chain');
    const key = await file('privkey.pem', 'a key');
    await chmod(key, 0o644);
    const text = `[[certificate]]
name = "mx1"
domains = ["mx1.example.org"]
issuer = "certbot"
[issuer.certbot]
type = "files"
lineage = ${JSON.stringify(dir)}
`;
    expect(await problems(text)).toEqual([expect.stringContaining('privkey.pem')]);
    await chmod(key, 0o600);
    expect(await problems(text)).toEqual([]);
    await Promise.all([rm(path), rm(key)]);
    expect(await problems(text)).toEqual([]);
  });

  it('a state folder that does not exist yet is not a problem', async () => {
    expect(await problems('[state]\ndirectory = "later/state"\n')).toEqual([]);
  });

  it('a missing ca_file is named by its own option, and by no other', async () => {
    const [found = '', ...others] = await problems('[acme]\nca_file = "none.pem"\n');
    expect(others).toEqual([]);
    expect(found).toContain('acme.ca_file');
    expect(found).not.toContain('pkix');
  });

  it('all problems are reported, each with what to do about it', async () => {
    const found = await problems(
      `${provider('key_file = { file = "none" }')}[acme]\nca_file = "none.pem"\n[pkix]\nca_file = "none.pem"\n`,
    );
    expect(found).toHaveLength(3);
    expect(found.every((one) => one.includes('; '))).toBe(true);
  });
});
