// `holger caa` with a scripted zone: the records it prints, what it reports about those in DNS, the
// exit status.
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { caaReport } from '../../src/app/use-cases/caa.ts';
import type { NamedParty } from '../../src/app/use-cases/caa.ts';
import { namesOfCa, someKnown } from '../../src/app/use-cases/caa-names.ts';
import { defined } from '../../src/base/defined.ts';
import { AppError } from '../../src/base/errors.ts';
import { createAnswers } from '../../src/check/gather/lookups.ts';
import { createLimit } from '../../src/base/limit.ts';
import { runCli } from '../../src/cli/program.ts';
import { worldOf } from '../check/scene.ts';
import type { Zone } from '../check/scene.ts';
import { NOW } from '../support/ca.ts';

const CONFIG = path.resolve(import.meta.dirname, '../../config.example.toml');
const ACCOUNT = 'https://ca.example/acct/1';
const OLD = 'https://ca.example/acct/0';
const BOUND = `issue ca.example; accounturi=${ACCOUNT}; validationmethods=dns-01`;
const LINE = `mx1.example.org. IN CAA 0 issue "ca.example; accounturi=${ACCOUNT}; validationmethods=dns-01"`;

interface Asked {
  readonly domains?: readonly string[];
  readonly account?: string | null;
  readonly issuers?: readonly string[];
  readonly args?: readonly string[];
  readonly further?: readonly NamedParty[];
}

async function caa(zone: Zone, asked: Asked = {}) {
  let out = '';
  let err = '';
  const none = (): Promise<never> => Promise.reject(new Error('not asked for'));
  const { domains = ['mx1.example.org'], account = ACCOUNT, issuers = ['ca.example'] } = asked;
  const party = { issuers, account, method: 'dns-01' };
  const parties = [{ issuer: 'acme', party }, ...(asked.further ?? [])] as const;
  const { resolver } = worldOf({ zone });
  const ask = createAnswers({ resolver, unvalidated: false }, createLimit(4), {});
  const exit = await runCli(
    ['--config', CONFIG, 'caa', 'mx1', ...(asked.args ?? [])],
    {
      version: '0',
      ...{ openApp: none, openChecker: none, openWatcher: none, openServer: none },
      openCaa: ({ certificate }) => caaReport({ name: certificate, domains }, parties, ask),
      openNotifiers: none,
      openOthers: none,
    },
    {
      out: (text) => (out += text),
      err: (text) => (err += text),
      drained: () => Promise.resolve(),
      terminal: false,
      now: () => NOW,
      signal: new AbortController().signal,
    },
  );
  const lines = out.split('\n');
  return {
    exit,
    out,
    err,
    records: lines.filter((line) => line !== '' && !line.startsWith(';')),
    said: out.replaceAll(/\n; +/g, ' '),
  };
}

describe('K41: caa', () => {
  it('prints a zone file whose records name the account and the method', async () => {
    const { records, exit, out } = await caa({ 'mx1.example.org CAA': [`0 ${BOUND}`] });
    expect(records).toEqual([LINE]);
    expect(out).toContain(';   mx1.example.org. IN CAA 0 issuewild ";"\n');
    expect(out).toContain('only this account may issue');
    expect(exit).toBe(0);
  });

  it('prints issuewild for a wildcard, and both where the name itself is configured too', async () => {
    const wild = await caa({}, { domains: ['*.mx1.example.org'] });
    expect(wild.records).toEqual([LINE.replace('issue ', 'issuewild ')]);
    const both = await caa({}, { domains: ['mx1.example.org', '*.mx1.example.org'] });
    expect(both.records).toEqual([LINE, LINE.replace('issue ', 'issuewild ')]);
    expect(both.out).not.toContain('";"');
  });

  it('prints records without accounturi while there is no account, and reports that', async () => {
    const { records, said, exit } = await caa({}, { account: null });
    expect(records).toEqual([LINE.replace(` accounturi=${ACCOUNT};`, '')]);
    expect(said).toContain('there is no account yet');
    expect(exit).toBe(0);
  });

  it('prints one name of a CA that has several, and accepts each of them', async () => {
    const zone = { 'mx1.example.org CAA': [`0 ${BOUND.replace('ca.', 'ca2.')}`] };
    const { records, said, exit } = await caa(zone, { issuers: ['ca.example', 'ca2.example'] });
    expect(records).toEqual([LINE]);
    expect(said).toContain('the CA also accepts the names ca2.example');
    expect(exit).toBe(0);
  });

  it('prints the records at the canonical name of an alias, where CAs read them', async () => {
    const zone = { 'mx1.example.org CAA': { alias: 'host.example.net.', data: [`0 ${BOUND}`] } };
    const { records, said, exit } = await caa(zone);
    expect(records).toEqual([LINE.replace('mx1.example.org', 'host.example.net')]);
    expect(said).toContain('mx1.example.org is an alias of host.example.net');
    expect(exit).toBe(0);
  });

  it('reports that the accounturi in DNS is that of another account, exit 1', async () => {
    const zone = { 'example.org CAA': [`0 ${BOUND.replace(ACCOUNT, OLD)}`] };
    const { said, exit } = await caa(zone);
    expect(said).toContain('records at example.org: their accounturi is that of another account');
    expect(said).toContain(OLD);
    expect(exit).toBe(1);
  });

  it('reports which other CAs may issue, exit 0', async () => {
    const zone = { 'mx1.example.org CAA': [`0 ${BOUND}`, '0 issue other.example'] };
    const { said, exit } = await caa(zone);
    expect(said).toContain('but others may, too (records at mx1.example.org): other.example');
    expect(exit).toBe(0);
    expect((await caa({})).said).toContain('but others may, too (no records): every CA');
  });

  it.each(['servfail', 'bogus'] as const)('exits 1 for %s: the CA may not issue', async (fails) => {
    const { said, exit } = await caa({ 'example.org CAA': { fails } });
    expect(said).toContain('mx1.example.org: this account may not issue');
    expect(exit).toBe(1);
  });

  it('climbs over names that do not exist, and exits 3 for a lookup without an answer', async () => {
    const missing = { 'mx1.example.org CAA': { missing: 'nxdomain' } } as const;
    const found = await caa({ ...missing, 'org CAA': ['0 issue ;'] });
    expect(found.said).toContain('records at org: they allow no CA');
    expect(found.exit).toBe(1);
    expect((await caa({ ...missing, 'org CAA': { fails: 'timeout' } })).exit).toBe(3);
  });

  it('prints the records of every issuer of the certificate, and what each may do', async () => {
    const account = 'https://second.example/acct/9';
    const second = { issuers: ['second.example'], account, method: 'dns-01' };
    const further = [{ issuer: 'second', party: second }];
    const other = `issue second.example; accounturi=${account}; validationmethods=dns-01`;
    const both = { 'mx1.example.org CAA': [`0 ${BOUND}`, `0 ${other}`] };
    const allowed = await caa(both, { further });
    expect(allowed.records).toEqual([
      LINE,
      `mx1.example.org. IN CAA 0 issue "${other.replace('issue ', '')}"`,
    ]);
    expect(allowed.said).toContain('certificate mx1, issuer second, account https://second');
    expect(allowed.said.match(/only this account may issue/g)).toHaveLength(2);
    expect(allowed.exit).toBe(0);
    const one = await caa({ 'mx1.example.org CAA': [`0 ${BOUND}`] }, { further });
    expect(one.said).toContain('for issuer second: mx1.example.org: this account may not issue');
    expect(one.exit).toBe(1);
    const { out } = await caa(both, { further, args: ['--json'] });
    expect(JSON.parse(out)).toMatchObject({
      ...{ issuer: 'acme', account: ACCOUNT },
      further: [{ issuer: 'second', account, domains: [{ allowed: true, others: [] }] }],
    });
  });

  const ca = (error: AppError, directory = 'https://second.example/directory') =>
    namesOfCa({ directory }, () => Promise.reject(error));
  const down = new AppError('ACME_UNREACHABLE', 'the CA does not answer: timeout', {
    hint: 'check the connection',
  });

  it('prints what is known when one CA of several does not answer, names it, and exits 3', async () => {
    const { issuers, unanswered } = await ca(down);
    const party = { issuers, account: 'https://second.example/acct/9', method: 'dns-01' };
    const further = [{ issuer: 'second', party, ...defined({ unanswered }) }];
    const zone = { 'mx1.example.org CAA': [`0 ${BOUND}`] };
    const { records, said, exit } = await caa(zone, { further });
    expect(records).toEqual([LINE]);
    expect(said).toContain(
      'issuer second is not in the records below, because its name in CAA records is not known: ' +
        'the CA does not answer: timeout (https://second.example/directory)',
    );
    expect(said).toContain('check the connection; run the command again before you publish them');
    expect(said).toContain('for issuer acme: mx1.example.org: only this account may issue');
    expect(said).toContain('for issuer second: not known');
    expect(exit).toBe(3);
    const { out } = await caa(zone, { further, args: ['--json'] });
    expect(JSON.parse(out)).toMatchObject({
      unanswered: null,
      further: [{ issuer: 'second', issuers: [], unanswered: { hint: 'check the connection' } }],
    });
  });

  it('needs no answer of a CA whose names are known, and a person for one without a name', async () => {
    const known = await ca(down, 'https://acme-v02.api.letsencrypt.org/directory');
    expect(known).toEqual({ issuers: ['letsencrypt.org'] });
    const nameless = await namesOfCa({ directory: 'https://ca.example/' }, () =>
      Promise.resolve([]),
    );
    expect(nameless.unanswered?.exit).toBe(4);
    const own = new AppError('STORE_REFUSED', 'the key cannot be read');
    await expect(ca(own)).rejects.toBe(own);
  });

  it('fails as that CA does where no other one is known', async () => {
    const { unanswered } = await ca(down);
    expect(() => someKnown([{ ...defined({ unanswered }) }])).toThrow(down);
    expect(someKnown([{ ...defined({ unanswered }) }, {}])).toHaveLength(2);
  });

  it('prints the same as JSON', async () => {
    const zone = { 'mx1.example.org CAA': [`0 ${BOUND.replace(ACCOUNT, OLD)}`] };
    const { out, exit } = await caa(zone, { args: ['--json'] });
    expect(JSON.parse(out)).toMatchObject({
      certificate: 'mx1',
      account: ACCOUNT,
      records: [
        { tag: 'issue', optional: false, text: LINE },
        { tag: 'issuewild', value: ';' },
      ],
      domains: [{ domain: 'mx1.example.org', at: 'mx1.example.org.', allowed: false }],
    });
    expect(exit).toBe(1);
  });
});
