// A PKCS#12 file as a Java service loads it: its alias and the length of its chain. Only where Java
// is installed.
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createPkcs12, openPkcs12 } from '../../src/x509/pkcs12.ts';
import { family } from '../support/ca.ts';

const PASSWORD = 'correct horse';

function keytool(args: readonly string[]): string {
  const env = { ...process.env, P12_PASSWORD: PASSWORD };
  return execFileSync('keytool', args, { env, encoding: 'utf8', stdio: 'pipe' });
}

function hasJava(): boolean {
  try {
    execFileSync('keytool', ['-help'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

test.runIf(hasJava())('Java reads what is written, and what Java writes is opened', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holger-java-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const [ours, theirs] = [join(folder, 'ours.p12'), join(folder, 'theirs.p12')];
  const { leaf, intermediate, root } = await family(['mx1.example.org']);
  const certificates = [leaf.der, intermediate.der, root.der];
  const content = { keyPem: leaf.keyPem, certificates, name: 'mx1' };
  await writeFile(ours, await createPkcs12(content, PASSWORD));
  const list = keytool(['-list', '-v', '-keystore', ours, '-storepass:env', 'P12_PASSWORD']);
  expect(list).toMatch(/Alias name: mx1\n[\s\S]*Entry type: PrivateKeyEntry/);
  expect(list).toMatch(/Certificate chain length: 3\n/);
  // A copy shows that the key was read, too.
  keytool([
    ...['-importkeystore', '-noprompt', '-srckeystore', ours, '-srcstorepass:env', 'P12_PASSWORD'],
    ...['-destkeystore', theirs, '-deststoretype', 'PKCS12', '-deststorepass:env', 'P12_PASSWORD'],
  ]);
  expect(await openPkcs12(await readFile(theirs), PASSWORD)).toEqual(content);
});
