import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';
import { readTrust } from '../../src/config/trust.ts';
import { trustStore } from '../../src/x509/trust-store.ts';
import { chainFromDer } from '../../src/x509/chain.ts';
import { issue } from '../support/ca.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holger-trust-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('the PKIX store', () => {
  it('is the one of Node.js unless a file is named', async () => {
    const { pkix } = parseConfig('', 'config.toml');
    const roots = await readTrust(pkix);
    expect(roots.length).toBeGreaterThan(50);
    const [first] = roots;
    if (first === undefined) throw new Error('no root');
    const chain = chainFromDer([first]);
    expect(Object.keys(trustStore(roots).issuersOf([chain]))).toHaveLength(1);
  });
  it('is one PEM file, whose path is relative to the configuration', async () => {
    const [one, two] = await Promise.all(['One', 'Two'].map((name) => issue({ name, ca: true })));
    await writeFile(join(folder, 'roots.pem'), `One\n${one?.pem ?? ''}\nTwo\n${two?.pem ?? ''}`);
    const { pkix } = parseConfig('[pkix]\nca_file = "roots.pem"\n', join(folder, 'config.toml'));
    expect(await readTrust(pkix)).toEqual([one?.der, two?.der]);
  });
  it.each([
    ['that is not there', undefined, /the file .* does not exist/],
    ['that is empty', '', /holds no PEM certificate/],
    ['of a key', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n', /no PEM cert/],
    [
      'of nothing that can be read',
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      /no certificate that can be read/,
    ],
  ])('is not a file %s', async (_story, text, reason) => {
    const caFile = join(folder, 'bad.pem');
    if (text !== undefined) await writeFile(caFile, text);
    const refused = await readTrust({ caFile }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(String(refused)).toMatch(/cannot use pkix\.ca_file .*bad\.pem: /);
    expect(String(refused)).toMatch(reason);
  });
});
