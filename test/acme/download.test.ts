import { createHash, X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { chainChoice } from '../../src/acme/chain-choice.ts';
import { parseLinks } from '../../src/acme/link.ts';
import { splitChain, topIssuerOf } from '../../src/acme/pem.ts';
import { family, issue, type Family, type Party } from '../support/ca.ts';
import { domains, failureOf, world, type World } from './world.ts';

let made: Family;
let otherRoot: Party;
let crossed: Party;

beforeAll(async () => {
  made = await family(domains);
  otherRoot = await issue({ name: 'Old Root', ca: true });
  crossed = await issue({ name: 'Test Root', ca: true, issuer: otherRoot, keysOf: made.root });
});

async function validOrder(): Promise<World & { readonly url: string }> {
  const all = await world();
  const { url, challenges } = await all.issuer.newOrder({ domains }, {});
  for (const challenge of challenges) await all.issuer.answerChallenge(challenge, {});
  await all.issuer.finalize(url, new Uint8Array([0x30, 0]), {});
  const short = made.leaf.pem + made.intermediate.pem;
  all.fake.chains = [short, short + crossed.pem];
  return { ...all, url };
}

describe('the download', () => {
  it('takes the chain that the CA prefers when nothing else is configured, with one request', async () => {
    const { fake, issuer, url } = await validOrder();
    expect(await issuer.download(url, undefined, {})).toBe(fake.chains[0]);
    expect(fake.seen.filter(({ resource }) => resource === 'certificate')).toHaveLength(1);
  });

  it('finds a preferred chain among the alternates, by the issuer of its top certificate', async () => {
    const { fake, issuer, url, lines } = await validOrder();
    expect(await issuer.download(url, 'Test Root', {})).toBe(fake.chains[0]);
    expect(await issuer.download(url, 'Old Root', {})).toBe(fake.chains[1]);
    expect(lines.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  it('reports that a preferred chain does not exist, and which chains there are', async () => {
    const { fake, issuer, url, lines } = await validOrder();
    expect(await issuer.download(url, 'DST Root CA X3', {})).toBe(fake.chains[0]);
    expect(lines.at(-1)).toMatchObject({
      level: 'warn',
      message: 'preferred chain is not offered, default chain used',
      fields: { preferredChain: 'DST Root CA X3', offered: ['Test Root', 'Test Root', 'Old Root'] },
    });
  });

  it('finds the chain that contains a trust anchor, as a TLSA record names it', async () => {
    const { fake, issuer, url, lines } = await validOrder();
    const anchor = createHash('sha256')
      .update(new X509Certificate(crossed.pem).publicKey.export({ type: 'spki', format: 'der' }))
      .digest('hex');
    for (const wish of [`2 1 1 ${anchor.toUpperCase()}`, anchor, `sha256:${anchor}`]) {
      expect(await issuer.download(url, wish, {})).toBe(fake.chains[1]);
    }
    const whole = createHash('sha512').update(new X509Certificate(crossed.pem).raw).digest('hex');
    expect(await issuer.download(url, `2 0 2 ${whole}`, {})).toBe(fake.chains[1]);
    expect(lines.filter(({ level }) => level === 'warn')).toEqual([]);
    // The key of the leaf is not an anchor, and the message names those that are there.
    const leaf = createHash('sha256')
      .update(new X509Certificate(made.leaf.pem).publicKey.export({ type: 'spki', format: 'der' }))
      .digest('hex');
    expect(await issuer.download(url, `2 1 1 ${leaf}`, {})).toBe(fake.chains[0]);
    const { offered } = lines.at(-1)?.fields as { offered: string[] };
    expect(offered.at(-1)).toMatch(new RegExp(`^Old Root: .*, Test Root ${anchor}$`));
  });

  it.each(['2 1 1 abc', '3 1 1 abc', '', 'ab'.repeat(25), 'sha256:abc'])(
    'a trust anchor that is not well-formed chooses nothing: %s',
    (text) => {
      expect(chainChoice(text)).toBeUndefined();
    },
  );

  it('K29: requests no more alternates than any CA has, whatever number is named', async () => {
    const { fake, issuer, url } = await validOrder();
    fake.chains = Array.from({ length: 100 }, () => fake.chains[0] ?? '');
    await issuer.download(url, 'Old Root', {});
    const asked = fake.seen.filter(({ resource }) => resource === 'certificate');
    expect(asked.length).toBeLessThan(10);
  });

  it('takes the default when an alternate cannot be downloaded', async () => {
    const { fake, issuer, url } = await validOrder();
    fake.chains = [fake.chains[0] ?? '', 'nothing'];
    expect(await issuer.download(url, 'Old Root', {})).toBe(fake.chains[0]);
  });

  it('K24: refuses a chain longer than the limit', async () => {
    const { fake, issuer, url } = await validOrder();
    fake.chains = [made.leaf.pem + made.intermediate.pem.repeat(400)];
    const error = await failureOf(issuer.download(url, undefined, {}));
    expect(error).toMatchObject({ code: 'ACME_CERTIFICATE_WRONG', exit: 4 });
    expect(error.message).toContain('a chain of 401 certificates');
  });

  it('refuses an answer without a certificate', async () => {
    const { fake, issuer, url } = await validOrder();
    fake.chains = ['<html>'];
    const error = await failureOf(issuer.download(url, undefined, {}));
    expect(error.code).toBe('ACME_CERTIFICATE_WRONG');
  });

  it('does not wait for an order that is not valid', async () => {
    const { issuer } = await world();
    const { url } = await issuer.newOrder({ domains }, {});
    const error = await failureOf(issuer.download(url, undefined, {}));
    expect(error.message).toBe('the order has no certificate: it is pending');
  });
});

describe('PEM from a CA', () => {
  it('may have other line ends, other line lengths and text around it', () => {
    const flat = made.leaf.pem.replace(/\n(?!-)/g, '').replace('CERTIFICATE-----', '$&\r\n');
    const text = `subject=x\r\n${flat}\r\n${made.intermediate.pem.replaceAll('\n', '\r\n')}\r\nbye`;
    expect(splitChain(text, 'https://ca').join('')).toBe(made.leaf.pem + made.intermediate.pem);
  });

  it('that cannot be read as a certificate is an error, not a crash', () => {
    const junk = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    expect(() => topIssuerOf([junk], 'https://ca')).toThrow('contains no readable certificate');
  });
});

describe('the Link header (RFC 8288 §3)', () => {
  const base = 'https://ca.example/cert/1';
  it.each([
    ['<https://ca.example/cert/1/1>;rel="alternate"', [['alternate', `${base}/1`]]],
    [
      '</dir>; rel=index, <1/2> ; title="a, <b>;" ; rel="alternate"',
      [
        ['index', 'https://ca.example/dir'],
        ['alternate', 'https://ca.example/cert/1/2'],
      ],
    ],
    [
      '<a>;rel="up alternate"',
      [
        ['up', 'https://ca.example/cert/a'],
        ['alternate', 'https://ca.example/cert/a'],
      ],
    ],
    ['<http://[>;rel="alternate", <b>', []],
    ['', []],
    [undefined, []],
  ])('%s', (header, expected) => {
    expect(parseLinks(header, base).map(({ rel, url }) => [rel, url])).toEqual(expected);
  });
});
