// PKCS#12 as other programs read and write it: OpenSSL is asked in both directions.
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spkiOfKey } from '../../src/x509/keys.ts';
import { certificateTexts, privateKeyTexts } from '../../src/x509/pem.ts';
import { createPkcs12, openPkcs12, type Pkcs12Content } from '../../src/x509/pkcs12.ts';
import { family, type Family } from '../support/ca.ts';

const PASSWORD = 'correct horse';

let folder: string;
let ec: Family;
let rsa: Family;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holger-p12-'));
  ec = await family(['mx1.example.org']);
  rsa = await family(['mx1.example.org'], { algorithm: 'rsa' });
});
afterAll(() => rm(folder, { recursive: true }));

const contentOf = ({ leaf, intermediate, root }: Family): Pkcs12Content => ({
  keyPem: leaf.keyPem,
  certificates: [leaf.der, intermediate.der, root.der],
  name: 'mx1',
});

const at = (name: string): string => join(folder, name);

function openssl(args: readonly string[], password = PASSWORD): string {
  const env = { ...process.env, P12_PASSWORD: password };
  return execFileSync('openssl', ['pkcs12', ...args], { env, encoding: 'utf8', stdio: 'pipe' });
}

/** What `openssl pkcs12 -export` makes of the same content. */
async function ofOpenssl(
  { leaf, intermediate, root }: Family,
  options: readonly string[] = [],
): Promise<Buffer> {
  await writeFile(at('leaf.pem'), leaf.keyPem + leaf.pem);
  await writeFile(at('chain.pem'), intermediate.pem + root.pem);
  const files = ['-in', at('leaf.pem'), '-certfile', at('chain.pem'), '-out', at('openssl.p12')];
  openssl(['-export', ...files, '-name', 'mx1', '-passout', 'env:P12_PASSWORD', ...options]);
  return readFile(at('openssl.p12'));
}

describe('what is written is read by OpenSSL', () => {
  it.each(['ec', 'rsa'] as const)(
    'key, chain and friendly name of a key of type %s',
    async (type) => {
      const party = type === 'ec' ? ec : rsa;
      const content = contentOf(party);
      await writeFile(at('ours.p12'), await createPkcs12(content, PASSWORD));
      const input = ['-in', at('ours.p12'), '-passin', 'env:P12_PASSWORD'];
      const text = openssl([...input, '-nodes']);
      const [leaf, ...others] = certificateTexts(text);
      expect(leaf).toBe(party.leaf.pem);
      expect(others.join('')).toBe(party.intermediate.pem + party.root.pem);
      expect(privateKeyTexts(text).map(spkiOfKey)).toEqual([spkiOfKey(content.keyPem)]);
      expect(text.match(/friendlyName: mx1/g)).toHaveLength(2);
      // The certificate of the key is found by the number that both have.
      expect(certificateTexts(openssl([...input, '-nokeys', '-clcerts']))).toEqual([
        party.leaf.pem,
      ]);
      expect(() => openssl([...input, '-nodes'], 'wrong')).toThrow(/invalid password/);
      expect(() => openssl([...input, '-nodes'], '')).toThrow(/invalid password/);
    },
  );

  it.each([1, 31, 32, 100])('a password of %i characters', async (length) => {
    const password = 'x'.repeat(length);
    await writeFile(at('ours.p12'), await createPkcs12(contentOf(ec), password));
    const text = openssl(
      ['-in', at('ours.p12'), '-passin', 'env:P12_PASSWORD', '-nodes'],
      password,
    );
    expect(certificateTexts(text)).toHaveLength(3);
  });

  it('the algorithms are AES-256, PBKDF2 and HMAC with SHA-256', async () => {
    await writeFile(at('ours.p12'), await createPkcs12(contentOf(ec), PASSWORD));
    const args = ['pkcs12', '-in', at('ours.p12'), '-passin', 'env:P12_PASSWORD'];
    const shell = 'exec openssl "$@" -info -noout 2>&1';
    const env = { ...process.env, P12_PASSWORD: PASSWORD };
    const text = execFileSync('sh', ['-c', shell, 'sh', ...args], { env, encoding: 'utf8' });
    expect(text).toMatch(/MAC: sha256, Iteration 10000/);
    const protectedBy = /PBES2, PBKDF2, AES-256-CBC, Iteration 10000, PRF hmacWithSHA256/g;
    expect(text.match(protectedBy)).toHaveLength(2);
  });
});

describe('what is opened', () => {
  it('what was written, and what OpenSSL writes today', async () => {
    const content = contentOf(ec);
    expect(await openPkcs12(await createPkcs12(content, PASSWORD), PASSWORD)).toEqual(content);
    expect(await openPkcs12(await ofOpenssl(ec), PASSWORD)).toEqual(content);
  });

  it('two files of the same content are different', async () => {
    const content = contentOf(ec);
    const [one, other] = [await createPkcs12(content, 'a'), await createPkcs12(content, 'a')];
    expect(one.equals(other)).toBe(false);
  });

  it('a name of other letters and any length is kept', async () => {
    for (const name of ['Zürich', 'x'.repeat(64)]) {
      const written = await createPkcs12({ ...contentOf(ec), name }, PASSWORD);
      expect((await openPkcs12(written, PASSWORD))?.name).toBe(name);
    }
  });
});

describe('what is not opened', () => {
  it('a file with another password', async () => {
    const written = await createPkcs12(contentOf(ec), PASSWORD);
    expect(await openPkcs12(written, 'correct horsf')).toBeUndefined();
    expect(await openPkcs12(written, '')).toBeUndefined();
  });

  it('a file in which any octet was changed, which is cut or has more', async () => {
    const written = await createPkcs12(contentOf(ec), PASSWORD);
    for (let offset = 0; offset < written.length; offset += 101) {
      const changed = Buffer.from(written);
      changed[offset] = (changed[offset] ?? 0) ^ 1;
      expect(await openPkcs12(changed, PASSWORD), `octet ${offset}`).toBeUndefined();
    }
    expect(await openPkcs12(written.subarray(0, -1), PASSWORD)).toBeUndefined();
    expect(await openPkcs12(Buffer.concat([written, Buffer.alloc(1)]), PASSWORD)).toBeUndefined();
  });

  it.each([
    ['without a MAC', ['-nomac']],
    ['with a MAC of SHA-1', ['-macalg', 'sha1']],
    ['with 3DES', ['-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES']],
    ['with AES-128', ['-keypbe', 'AES-128-CBC']],
    ['with more iterations than a run has time for', ['-iter', '110000', '-nomaciter']],
  ])('a file %s', async (_, options) => {
    expect(await openPkcs12(await ofOpenssl(ec, options), PASSWORD)).toBeUndefined();
  });

  it('a MAC that would take minutes is not computed', async () => {
    const slow = await ofOpenssl(ec, ['-iter', '400000']);
    const before = performance.now();
    expect(await openPkcs12(slow, PASSWORD)).toBeUndefined();
    expect(performance.now() - before).toBeLessThan(100);
  });

  it('a file with certificates and no key, and what is not PKCS#12', async () => {
    expect(await openPkcs12(await ofOpenssl(ec, ['-nokeys']), PASSWORD)).toBeUndefined();
    expect(await openPkcs12(new Uint8Array(), PASSWORD)).toBeUndefined();
    expect(await openPkcs12(Buffer.from(ec.leaf.pem), PASSWORD)).toBeUndefined();
    expect(await openPkcs12(ec.leaf.der, PASSWORD)).toBeUndefined();
  });
});
