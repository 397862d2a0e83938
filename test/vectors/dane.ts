// Other projects' certificates and verdicts: association data, ARI ids, Let's Encrypt's keys, and
// the handshake scenarios that need no network. The data is not ours and stays outside of the
// repository; the folder is an argument.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LETS_ENCRYPT } from '../../src/check/issuers/lets-encrypt.ts';
import { tlsaFor } from '../../src/dane/association.ts';
import { matchRRset } from '../../src/dane/match.ts';
import { tlsaFromText } from '../../src/dane/tlsa-text.ts';
import { tlsaToRdata } from '../../src/dane/tlsa.ts';
import { certId } from '../../src/x509/certificate.ts';
import { chainFromDer } from '../../src/x509/chain.ts';
import { splitPem } from '../../src/x509/pem.ts';
import { runScenarios } from './scenarios.ts';
import { Tally } from './tally.ts';
import type { VectorResult } from './tally.ts';

export async function runDaneVectors(dir: string): Promise<VectorResult> {
  const tally = new Tally();
  await tlsaCompute(join(dir, 'tlsa-compute'), tally);
  await letsEncrypt(join(dir, 'le-chains'), tally);
  await issuingSets(join(dir, 'le-chains'), tally);
  await ariIds(join(dir, 'ari'), tally);
  await tlsaTexts(join(dir, 'rdata'), tally);
  await runScenarios(join(dir, 'scenarios'), tally);
  return { passed: tally.passed, failed: tally.failed, sets: tally.sets };
}

async function json<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, 'utf8')) as T;
}

async function firstDer(path: string): Promise<Uint8Array> {
  const der = splitPem(await readFile(path, 'latin1'))[0];
  if (der === undefined) throw new Error(`${path} holds no certificate`);
  return der;
}

interface ComputeCase {
  readonly file: string;
  readonly tlsa_cert: Readonly<Record<string, string>>;
  readonly tlsa_spki: Readonly<Record<string, string>>;
}

async function tlsaCompute(dir: string, tally: Tally): Promise<void> {
  for (const one of await json<ComputeCase[]>(join(dir, 'expected.json'))) {
    const chain = chainFromDer([await firstDer(join(dir, one.file))]);
    const leaf = chain.certificates[0];
    if (leaf === undefined) continue;
    for (const [selector, expected] of [one.tlsa_cert, one.tlsa_spki].entries()) {
      for (const [matchingType, data] of Object.entries(expected)) {
        const name = `tlsa-compute ${one.file} 3 ${selector} ${matchingType}`;
        tally.check(name, data, () => tlsaFor(leaf, 3, selector, Number(matchingType)).data);
        // What is computed must also match, for odd and for expired certificates.
        const record = { usage: 3, selector, matchingType: Number(matchingType), data };
        const context = { names: [], smtpLike: true, at: 0 };
        tally.check(
          `${name} matches`,
          true,
          () => matchRRset([record], chain, context).mode === 'matched',
        );
      }
    }
  }
}

interface IssuerCase {
  readonly file: string;
  readonly not_before: string;
  readonly not_after: string;
  readonly tlsa: Readonly<Record<string, string>>;
}

async function letsEncrypt(dir: string, tally: Tally): Promise<void> {
  for (const one of await json<IssuerCase[]>(join(dir, 'le-tlsa.json'))) {
    const ca = chainFromDer([await firstDer(join(dir, one.file))]).certificates[0];
    if (ca === undefined) continue;
    const name = `le-chains ${one.file}`;
    tally.check(`${name} from`, Date.parse(one.not_before) / 1000, () => ca.notBefore);
    tally.check(`${name} to`, Date.parse(one.not_after) / 1000, () => ca.notAfter);
    // One of them is an OCSP responder.
    tally.check(`${name} is a CA`, !one.file.includes('ocsp'), () => ca.canSign);
    for (const [combination, data] of Object.entries(one.tlsa)) {
      const [usage = NaN, selector = NaN, type = NaN] = combination.split(' ').map(Number);
      tally.check(`${name} ${combination}`, data, () => tlsaFor(ca, usage, selector, type).data);
    }
  }
}

const CROSS_SIGNED: Readonly<Record<string, string>> = {
  'Root YE': 'root-ye-by-x2',
  'Root YR': 'root-yr-by-x1',
  'ISRG Root X2': 'root-x2-by-x1',
};

/** The list of certificates from which Let's Encrypt may issue. */
async function issuingSets(dir: string, tally: Tally): Promise<void> {
  for (const { issuing, former, above } of LETS_ENCRYPT) {
    for (const { name, digests } of [...issuing, ...above]) {
      const file = join(dir, 'gen-y', `${CROSS_SIGNED[name] ?? `int-${name.toLowerCase()}`}.pem`);
      const ca = chainFromDer([await firstDer(file)]).certificates[0];
      if (ca === undefined) continue;
      for (const [combination, digest] of Object.entries(digests)) {
        const [selector = NaN, type = NaN] = combination.split(' ').map(Number);
        const computed = (): string => tlsaFor(ca, 2, selector, type).data;
        tally.check(`issuing-sets ${name} ${combination}`, digest, computed);
      }
      const known = issuing.find((one) => one.name === name)?.notAfter ?? ca.notAfter;
      tally.check(`issuing-sets ${name} to`, known, () => ca.notAfter);
    }
    const all = await json<IssuerCase[]>(join(dir, 'le-tlsa.json'));
    const keys = all.flatMap(({ file, tlsa }) => (file.startsWith('2024/') ? tlsa['2 1 1'] : []));
    for (const key of former) tally.check(`issuing-sets ${key}`, true, () => keys.includes(key));
  }
}

async function ariIds(dir: string, tally: Tally): Promise<void> {
  const cases = await json<{ id: string; file: string; expected_certid: string }[]>(
    join(dir, 'certid.json'),
  );
  for (const one of cases) {
    const der = await firstDer(join(dir, one.file));
    tally.check(`ari ${one.id}`, one.expected_certid, () => certId(der));
  }
}

async function tlsaTexts(dir: string, tally: Tally): Promise<void> {
  const { cases } = await json<{ cases: { in: string; expect: string; wire?: string }[] }>(
    join(dir, 'tlsa-text.json'),
  );
  for (const one of cases) {
    if (one.expect === 'either') continue;
    const expected = one.expect === 'ok' ? one.wire : 'error';
    tally.check(`tlsa-text "${one.in}"`, expected, () => {
      try {
        return tlsaToRdata(tlsaFromText(one.in));
      } catch {
        return 'error';
      }
    });
  }
}
