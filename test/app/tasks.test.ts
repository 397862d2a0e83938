import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { tasksOf } from '../../src/app/known/tasks.ts';
import { parseConfig } from '../../src/config/load.ts';
import { servicesAt } from '../../src/engine/observe/neighbours.ts';
import { redactText } from '../../src/observe/redact.ts';
import { daneOwners } from '../../src/rollover/law/facts.ts';
import { openPkcs12 } from '../../src/x509/pkcs12.ts';
import { somePackage } from '../deploy/packages.ts';
import { issue } from '../support/ca.ts';

it('a certificate without DANE of its own must match the records of another at the same owner', () => {
  const config = parseConfig(
    `[provider.main]
type = "rfc2136"
server = "192.0.2.53"
[[certificate]]
name = "ecdsa"
domains = ["mx1.example.org"]
services = ["smtp://mx1.example.org"]
[[certificate]]
name = "rsa"
domains = ["mx1.example.org"]
key_type = "rsa-2048"
dane = false
services = ["smtp://mx1.example.org", "imaps://mx1.example.org"]
`,
    'config.toml',
  );
  const [, rsa] = tasksOf(config.certificates, config);
  expect(rsa && daneOwners(rsa.intent)).toEqual(['_25._tcp.mx1.example.org.']);
});

it('two certificates that write one service differently name the same service', () => {
  const certificate = (name: string, url: string): string => `
[[certificate]]
name = "${name}"
domains = ["mx1.example.org"]
services = ["${url}"]
`;
  const config = parseConfig(
    `[provider.main]
type = "rfc2136"
server = "192.0.2.53"
${certificate('ecdsa', 'smtp://MX1.example.org')}key_type = "ec-p256"
${certificate('rsa', 'smtp://mx1.example.org:25')}key_type = "rsa-2048"
`,
    'config.toml',
  );
  const [first] = tasksOf(config.certificates, config);
  expect(first?.neighbours).toHaveLength(1);
  expect(first && servicesAt(first).map(({ service }) => service.id)).toEqual([
    'smtp://mx1.example.org:25',
  ]);
  expect(first?.reach).toHaveProperty(['smtp://mx1.example.org:25', 'serverName']);
});

it('the password of a PKCS#12 file is read when the file is written, and its file is watched', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holger-tasks-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'password'), 'correct horse\n', { mode: 0o600 });
  const config = parseConfig(
    `[provider.main]
type = "rfc2136"
server = "192.0.2.53"
[[certificate]]
name = "mx1"
domains = ["mx1.example.org"]
deploy = [{ type = "files", pkcs12 = "mx1.p12", pkcs12_password = { file = "password" } }]
`,
    join(folder, 'config.toml'),
  );
  const [target] = tasksOf(config.certificates, config)[0]?.targets ?? [];
  expect(target?.watches).toEqual([join(folder, 'mx1.p12'), join(folder, 'password')]);
  const { keyPem, pem } = await issue({ dns: ['mx1.example.org'] });
  const pems = { privkey: keyPem, cert: pem, chain: '', fullchain: pem };
  await target?.place({ ...somePackage(), pems });
  const written = await readFile(join(folder, 'mx1.p12'));
  expect((await openPkcs12(written, 'correct horse'))?.keyPem).toBe(keyPem);
  expect(redactText('it says correct horse')).toBe('it says [redacted]');
  await rm(join(folder, 'password'));
  await expect(target?.place({ ...somePackage(), pems })).rejects.toMatchObject({
    code: 'SECRET_UNREADABLE',
  });
});

it('an XMPP host is asked for its domain', () => {
  const config = parseConfig(
    `[provider.main]
type = "rfc2136"
server = "192.0.2.53"
[[certificate]]
name = "xmpp"
domains = ["xmpp.example.org"]
services = [
  { url = "xmpp-client://xmpp.example.org", xmpp_domain = "example.org" },
  "xmpps-server://xmpp.example.org",
]
`,
    'config.toml',
  );
  const [task] = tasksOf(config.certificates, config);
  const host = { host: 'xmpp.example.org', serverName: 'xmpp.example.org' };
  expect(Object.values(task?.reach ?? {})).toEqual([
    { ...host, port: 5222, protocol: 'xmpp-client', xmppDomain: 'example.org' },
    { ...host, port: 5270, protocol: 'xmpps-server' },
  ]);
});

it('a hook that was written for lego is given the email of the account', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holger-tasks-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const hook = join(folder, 'hook');
  await writeFile(hook, `#!/bin/sh\necho "$LEGO_ACCOUNT_EMAIL" > ${folder}/email\n`, {
    mode: 0o700,
  });
  const config = parseConfig(
    `[acme]
email = "hostmaster@example.org"
[provider.main]
type = "rfc2136"
server = "192.0.2.53"
[[certificate]]
name = "mx1"
domains = ["mx1.example.org"]
dane = false
deploy = [{ type = "command", compatible = "lego", command = [${JSON.stringify(hook)}] }]
`,
    'config.toml',
  );
  const [task] = tasksOf(config.certificates, config);
  const { keyPem, pem } = await issue({ dns: ['mx1.example.org'] });
  const pems = { privkey: keyPem, cert: pem, chain: '', fullchain: pem };
  await task?.targets[0]?.place({ ...somePackage(), pems });
  expect(await readFile(join(folder, 'email'), 'utf8')).toBe('hostmaster@example.org\n');
});

it('the secret of a target is read for each call, and never printed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holger-tasks-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'token'), 'token-of-a-receiver\n', { mode: 0o600 });
  const config = parseConfig(
    `[provider.main]
type = "rfc2136"
server = "192.0.2.53"
[target.hook]
type = "webhook"
url = "http://127.0.0.1:1/"
bearer = { file = "token" }
[[certificate]]
name = "mx1"
domains = ["mx1.example.org"]
deploy = ["hook"]
`,
    join(folder, 'config.toml'),
  );
  const [target] = tasksOf(config.certificates, config)[0]?.targets ?? [];
  expect(target?.label).toBe('webhook hook');
  await expect(target?.placed({})).rejects.toMatchObject({ code: 'DEPLOY_FAILED' });
  expect(redactText('it says token-of-a-receiver')).toBe('it says [redacted]');
  await rm(join(folder, 'token'));
  // Another process: this one does not ask again at once.
  const [later] = tasksOf(config.certificates, config)[0]?.targets ?? [];
  await expect(later?.stage?.(somePackage())).rejects.toMatchObject({
    code: 'SECRET_UNREADABLE',
  });
});

const isPod = existsSync('/var/run/secrets/kubernetes.io/serviceaccount');

it.skipIf(isPod)(
  `outside of a pod, its own cluster is not reached, and the error says what to add${isPod ? ': NOT TESTED HERE: it is a pod' : ''}`,
  async () => {
    const config = parseConfig(
      `[provider.main]
type = "rfc2136"
server = "192.0.2.53"
[target.k8s]
type = "kubernetes"
namespace = "web"
[[certificate]]
name = "mx1"
domains = ["mx1.example.org"]
deploy = ["k8s"]
`,
      'config.toml',
    );
    const [target] = tasksOf(config.certificates, config)[0]?.targets ?? [];
    await expect(target?.placed({})).rejects.toMatchObject({
      code: 'SECRET_UNREADABLE',
      hint: expect.stringContaining('name server and token in [target.NAME]') as unknown,
    });
  },
);
