// `tlsa create --cert`: which certificate of a file gets the record.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/program.ts';
import { chainFromPem } from '../../src/x509/chain.ts';
import { tlsaFor } from '../../src/dane/association.ts';
import { tlsaText } from '../../src/dane/tlsa.ts';

const folder = mkdtempSync(join(tmpdir(), 'holger-file-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const openssl = (...args: readonly string[]): string =>
  execFileSync('openssl', args, {
    encoding: 'utf8',
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'] as const;
openssl(
  'req',
  '-x509',
  ...EC,
  '-keyout',
  'ca.key',
  '-out',
  'ca.pem',
  '-days',
  '30',
  '-subj',
  '/CN=Example Root CA',
);
function leaf(name: string): void {
  openssl(
    'req',
    ...EC,
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.csr`,
    '-subj',
    `/CN=${name}.example.org`,
  );
  writeFileSync(join(folder, 'ext'), 'basicConstraints=CA:FALSE\n');
  openssl(
    ...['x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key'],
    ...['-CAcreateserial', '-days', '9', '-out', `${name}.pem`, '-extfile', 'ext'],
  );
}
leaf('mx1');
leaf('mx2');
openssl(
  'req',
  '-x509',
  ...EC,
  '-keyout',
  'own.key',
  '-out',
  'own.pem',
  '-days',
  '30',
  '-subj',
  '/CN=mx3.example.org',
);
openssl('x509', '-in', 'mx1.pem', '-outform', 'DER', '-out', 'mx1.der');

const text = (name: string): string => readFileSync(join(folder, name), 'utf8');
const file = (...parts: readonly string[]): string => {
  const path = join(folder, 'made.pem');
  writeFileSync(path, parts.join(''));
  return path;
};
const recordOf = (name: string, usage = 3): string => {
  const [certificate] = chainFromPem(text(name)).certificates;
  if (certificate === undefined) throw new Error(name);
  return tlsaText(tlsaFor(certificate, usage, 1, 1));
};

async function create(path: string, ...args: readonly string[]) {
  let out = '';
  let err = '';
  const never = (): never => {
    throw new Error('not asked for');
  };
  const exit = await runCli(
    ['tlsa', 'create', '--cert', path, ...args],
    {
      version: '0',
      openApp: never,
      openChecker: never,
      openWatcher: never,
      openServer: never,
      openCaa: never,
      openNotifiers: never,
      openOthers: never,
    },
    {
      out: (more) => (out += more),
      err: (more) => (err += more),
      drained: () => Promise.resolve(),
      terminal: false,
      now: () => Date.now() / 1000,
      signal: new AbortController().signal,
    },
  );
  return { exit, out: out.trim(), err: err.replaceAll(/\s+/g, ' ') };
}

describe('K6: the leaf of a file is found, in any order', () => {
  it.each([
    ['a chain in reverse', () => file(text('ca.pem'), text('mx1.pem'))],
    [
      'text around, and a certificate twice',
      () => file('subject=…\n', text('mx1.pem'), text('ca.pem'), text('mx1.pem')),
    ],
    [
      'a key in front, and another leaf beside it',
      () => file(text('mx1.key'), text('mx2.pem'), text('mx1.pem')),
    ],
    ['DER', () => join(folder, 'mx1.der')],
  ])('%s', async (_, made) => {
    expect(await create(made())).toMatchObject({ exit: 0, out: recordOf('mx1.pem') });
  });

  it('a self-signed certificate of a server counts as the leaf, though it could sign others', async () => {
    expect(await create(file(text('own.pem')))).toMatchObject({
      exit: 0,
      out: recordOf('own.pem'),
    });
  });

  it('a CA certificate does not count as the leaf without an option', async () => {
    const ca = file(text('ca.pem'));
    const refused = await create(ca);
    expect(refused).toMatchObject({ exit: 2, out: '' });
    expect(refused.err).toContain('--ca-as-leaf');
    expect(await create(ca, '--ca-as-leaf')).toMatchObject({ exit: 0, out: recordOf('ca.pem') });
    expect(await create(ca, '--usage', '2')).toMatchObject({ exit: 0, out: recordOf('ca.pem', 2) });
  });

  it.each([
    ['PKCS#12', ['pkcs12', '-export', '-in', 'mx1.pem', '-inkey', 'mx1.key', '-passout', 'pass:']],
    ['PKCS#7', ['crl2pkcs7', '-nocrl', '-certfile', 'mx1.pem', '-outform', 'DER']],
    ['a key', ['pkey', '-in', 'mx1.key', '-outform', 'DER']],
    ['a request', ['req', '-in', 'mx1.csr', '-outform', 'DER']],
  ])('%s is not a certificate, and gets no record of its octets', async (_, made) => {
    openssl(...made, '-out', 'other.der');
    for (const selector of ['0', '1']) {
      const refused = await create(join(folder, 'other.der'), '--selector', selector);
      expect(refused).toMatchObject({ exit: 2, out: '' });
      expect(refused.err).toContain('not a certificate');
    }
  });

  it('several certificates in DER are read, and the trust settings of OpenSSL are ignored', async () => {
    openssl('x509', '-in', 'ca.pem', '-outform', 'DER', '-out', 'ca.der');
    const two = ['ca.der', 'mx1.der'].map((name) => readFileSync(join(folder, name)));
    writeFileSync(join(folder, 'two.der'), Buffer.concat(two));
    expect(await create(join(folder, 'two.der'))).toMatchObject({ out: recordOf('mx1.pem') });

    openssl('x509', '-in', 'mx1.pem', '-addtrust', 'serverAuth', '-trustout', '-out', 'trusted');
    const whole = await create(join(folder, 'trusted'), '--selector', '0');
    expect(whole).toEqual(await create(join(folder, 'mx1.pem'), '--selector', '0'));
  });

  it('several leaves: an option must name the one that is meant', async () => {
    const refused = await create(file(text('mx1.pem'), text('mx2.pem'), text('ca.pem')));
    expect(refused).toMatchObject({ exit: 2, out: '' });
    expect(refused.err).toContain('mx2.example.org');
  });
});
