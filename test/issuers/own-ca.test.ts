// Certificates that are signed here, judged by OpenSSL and by what holger reads in chains.
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { createOwnCa } from '../../src/issuers/own-ca.ts';
import { signerUntil } from '../../src/issuers/private-ca.ts';
import type { PrivateCaOptions } from '../../src/issuers/private-ca.ts';
import type { Issuer } from '../../src/ports/issuer.ts';
import { keyMatches } from '../../src/x509/certificate.ts';
import { chainFromPem } from '../../src/x509/chain.ts';
import { createCsr } from '../../src/x509/csr.ts';
import { generateKey } from '../../src/x509/keys.ts';
import { certificateTexts } from '../../src/x509/pem.ts';
import { virtualClock } from '../support/virtual-clock.ts';

const NOW = Math.floor(Date.now() / 1000);
const DAY = 86_400;
const NAMES = ['mx.example.org', '*.mx.example.org'];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holger-ca-'));
});

function caOptions(now = NOW, more: Partial<PrivateCaOptions> = {}): PrivateCaOptions {
  return {
    ...{ folder, commonName: 'Office CA', keyType: 'ec-p384', lifetime: 400 * DAY },
    ...{ pathLength: 0, permitted: ['example.org'], clock: virtualClock(now), ...more },
  };
}

function privateCa(now = NOW, more: Partial<PrivateCaOptions> = {}): Issuer {
  const options = caOptions(now, more);
  return createOwnCa({
    ...{ id: 'private-ca:office', folder, lifetime: 90 * DAY, clock: options.clock },
    signerFor: (end) => signerUntil(end, options),
  });
}

const selfSigned = (): Issuer =>
  createOwnCa({
    ...{ id: 'self-signed:own', folder, lifetime: 365 * DAY, clock: virtualClock(NOW) },
    signerFor: (_end, keyPem) => Promise.resolve({ keyPem }),
  });

async function issue(ca: Issuer, names: readonly string[] = NAMES, keyPem?: string) {
  const key = keyPem ?? (await generateKey('ec-p256'));
  const { url } = await ca.newOrder({ domains: names }, {});
  expect(await ca.lookAtOrder(url, {})).toMatchObject({ status: 'ready', challenges: [] });
  const done = await ca.finalize(url, await createCsr(key, names), {}, key);
  expect(done.status).toBe('valid');
  const pem = await ca.download(url, undefined, {});
  return { key, url, pem, chain: chainFromPem(pem) };
}

const openssl = (...args: string[]) => promisify(execFile)('openssl', args);

/** What OpenSSL says of the leaf, with the last certificate as the only trust. */
async function verified(pem: string, ...more: string[]): Promise<string> {
  const texts = certificateTexts(pem);
  const [leaf, root] = [join(folder, 'leaf.pem'), join(folder, 'root.pem')];
  await writeFile(leaf, texts[0] ?? '');
  await writeFile(root, texts.at(-1) ?? '');
  const asked = ['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', root, ...more, leaf];
  return openssl(...asked).then(
    ({ stdout }) => stdout,
    (error: { stderr: string; stdout: string }) => `${error.stdout}${error.stderr}`,
  );
}

describe('a private CA', () => {
  it('signs certificates that OpenSSL accepts strictly, with the CA certificate beside them', async () => {
    const { pem, chain, key } = await issue(privateCa());
    expect(await verified(pem, '-verify_hostname', 'mx.example.org')).toContain(': OK');
    expect(await verified(pem, '-verify_hostname', 'a.mx.example.org')).toContain(': OK');
    const [leaf, root] = chain.certificates;
    expect(leaf).toMatchObject({ names: NAMES, canSign: false, signedBy: [1] });
    expect(root).toMatchObject({ canSign: true, notAfter: NOW + 400 * DAY });
    expect(leaf?.notAfter).toBe(NOW + 90 * DAY);
    expect(keyMatches(key, Buffer.from(leaf?.der ?? '', 'hex'))).toBe(true);
  });

  it('signs RSA keys, and names that are too long for a common name', async () => {
    const long = `${'a'.repeat(60)}.mail.example.org`;
    const { pem } = await issue(privateCa(), [long], await generateKey('rsa-2048'));
    expect(await verified(pem, '-verify_hostname', long)).toContain(': OK');
  });

  it('is not believed for names outside of its constraints', async () => {
    const { pem } = await issue(privateCa(), ['mx.example.net']);
    expect(await verified(pem)).toContain('permitted subtree violation');
  });

  it('keeps its key to itself, and stays the same until a certificate would outlive it', async () => {
    const before = await issue(privateCa());
    const again = await issue(privateCa(NOW + 300 * DAY));
    expect(again.chain.certificates[1]).toEqual(before.chain.certificates[1]);
    const next = await issue(privateCa(NOW + 311 * DAY));
    expect(next.chain.certificates[1]?.spki).not.toBe(before.chain.certificates[1]?.spki);
    const [first = ''] = (await readdir(folder)).filter((name) => name.endsWith('-1'));
    const key = await stat(join(folder, first, 'key.pem'));
    expect(key.mode & 0o777).toBe(0o600);
    const last = await issue(privateCa(NOW + 320 * DAY));
    expect(last.chain.certificates[1]).toEqual(next.chain.certificates[1]);
  });

  it('is one for all certificates that end within its own second', async () => {
    const short = { lifetime: 90 * DAY };
    const before = await issue(privateCa(NOW + 0.2, short));
    const again = await issue(privateCa(NOW + 0.2, short));
    expect(again.chain.certificates[1]).toEqual(before.chain.certificates[1]);
  });

  it('is another one when its settings change, and the former one when they change back', async () => {
    const before = await issue(privateCa());
    for (const more of [
      { commonName: 'Home CA' },
      { keyType: 'ec-p256' as const },
      { pathLength: 1 },
      { permitted: [] },
    ]) {
      const changed = await issue(privateCa(NOW, more));
      expect(changed.chain.certificates[1]?.spki).not.toBe(before.chain.certificates[1]?.spki);
    }
    const again = await issue(privateCa());
    expect(again.chain.certificates[1]).toEqual(before.chain.certificates[1]);
  });

  it('is made once when two runs need it at the same time', async () => {
    const [one, two] = await Promise.all([issue(privateCa()), issue(privateCa())]);
    expect(one.chain.certificates[1]).toEqual(two.chain.certificates[1]);
  });

  it('issues nothing that is valid for longer than it can be', async () => {
    const short = privateCa(NOW, { lifetime: 30 * DAY });
    await expect(issue(short)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('has the certificate of an order after a crash, and none of an order that it does not know', async () => {
    const { url, pem } = await issue(privateCa());
    const restarted = privateCa();
    expect(await restarted.lookAtOrder(url, {})).toMatchObject({ status: 'valid' });
    expect(await restarted.download(url, undefined, {})).toBe(pem);
    for (const foreign of ['private-ca:office/../../x', 'https://ca.example/order/1']) {
      await expect(restarted.lookAtOrder(foreign, {})).rejects.toMatchObject({
        details: { status: 404 },
      });
    }
  });

  it('forgets orders that are a week old', async () => {
    await issue(privateCa());
    const orders = join(folder, 'orders');
    const [name = ''] = await readdir(orders);
    await utimes(join(orders, name), NOW - 8 * DAY, NOW - 8 * DAY);
    await issue(privateCa());
    expect(await readdir(orders)).not.toContain(name);
  });

  it('signs no request that its own key has not signed', async () => {
    const ca = privateCa();
    const csr = Buffer.from(await createCsr(await generateKey(), NAMES));
    csr[csr.length - 1] = (csr.at(-1) ?? 0) ^ 1;
    const { url } = await ca.newOrder({ domains: NAMES }, {});
    await expect(ca.finalize(url, csr, {})).rejects.toThrow();
  });
});

describe('a certificate that is signed by its own key', () => {
  it('is alone in its chain', async () => {
    const { pem, chain } = await issue(selfSigned());
    expect(chain.certificates).toHaveLength(1);
    expect(chain.certificates[0]).toMatchObject({ names: NAMES, notAfter: NOW + 365 * DAY });
    const leaf = join(folder, 'leaf.pem');
    await writeFile(leaf, pem);
    const shown = await openssl('x509', '-in', leaf, '-noout', '-text');
    expect(shown.stdout).toContain('CA:FALSE');
    expect(shown.stdout).toContain('Issuer: CN = mx.example.org');
  });
});
