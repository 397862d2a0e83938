// `tlsa create` for running services, and for certificates of this installation.
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { check } from '../../src/check/check.ts';
import { runCli } from '../../src/cli/program.ts';
import { chainFromDer } from '../../src/x509/chain.ts';
import { makeParties } from '../check/parties.ts';
import { mailHost, record, V4, V6, worldOf } from '../check/scene.ts';
import type { Scene } from '../check/scene.ts';
import { NOW } from '../support/ca.ts';

const { leaf, middle, next, rsa } = await makeParties();
const CONFIG = path.resolve(import.meta.dirname, '../../config.example.toml');
const CHAIN = [leaf, middle];

async function create(scene: Scene, ...args: readonly string[]) {
  let out = '';
  let err = '';
  const exit = await runCli(
    ['--config', CONFIG, 'tlsa', 'create', ...args],
    {
      version: '0',
      openApp: () => Promise.reject(new Error('not asked for')),
      openServer: () => Promise.reject(new Error('no server here')),
      openWatcher: () => Promise.reject(new Error('no watch here')),
      openCaa: () => Promise.reject(new Error('no CAA here')),
      openNotifiers: () => Promise.resolve([]),
      openOthers: () => Promise.reject(new Error('no other client here')),
      openChecker: () =>
        Promise.resolve({
          reports: ({ targets, ...options }) =>
            check(targets, worldOf(scene), { ...options, expectedAt: () => new Set() }, {}),
          configured: () => Promise.reject(new Error('not asked for')),
          generation: (_, which) => {
            const { certificates, id } = chainFromDer(
              (which === 'live' ? CHAIN : [next]).map(({ der }) => new Uint8Array(der)),
            );
            const key = { number: 2, spki: certificates[0]?.spki ?? '' };
            return Promise.resolve(
              which === 'live' ? { ...key, chain: { id, certificates } } : key,
            );
          },
        }),
    },
    {
      out: (text) => (out += text),
      err: (text) => (err += text.replace(/\n {2}/g, ' ')),
      drained: () => Promise.resolve(),
      terminal: false,
      now: () => NOW,
      signal: new AbortController().signal,
    },
  );
  return { exit, out, err };
}

const two = (first: Scene['shows'], second: Scene['shows']): Scene => ({
  ...mailHost([], {}, {}, [V4, V6]),
  shows: { ...first, ...second },
});
const SERVICE = ['--service', 'smtp://mx1.example.org'];

describe('of a service', () => {
  it('takes all addresses and both kinds of certificate, and finds the owner', async () => {
    const scene = mailHost([], { ecdsa: CHAIN, rsa: [rsa, middle] }, {}, [V4, V6]);
    const { out, exit } = await create(scene, ...SERVICE);
    expect(exit).toBe(0);
    expect(out.split('\n').filter((line) => line !== '')).toEqual([
      `_25._tcp.mx1.example.org. 3600 IN TLSA ${record('3 1 1', leaf)}`,
      `_25._tcp.mx1.example.org. 3600 IN TLSA ${record('3 1 1', rsa)}`,
    ]);
    const issuer = await create(scene, ...SERVICE, '--usage', '2', '--format', 'generic');
    expect(issuer.out).toMatch(/TYPE52 \\# 35 020101[0-9a-f]{64}\n$/);
    expect(issuer.out.match(/TYPE52/g)).toHaveLength(1);
  });

  it('prints the owner after CNAMEs', async () => {
    const zone = {
      'mx1.example.org A': [V4],
      '_25._tcp.mx1.example.org TLSA': { alias: '_dane.example.org' },
      '_dane.example.org TLSA': [record('3 1 1', next)],
    };
    const { out } = await create({ zone, shows: { [V4]: { ecdsa: CHAIN } } }, ...SERVICE);
    expect(out).toBe(`_dane.example.org. 3600 IN TLSA ${record('3 1 1', leaf)}\n`);
  });

  it('refuses when addresses differ, unless --all is given', async () => {
    const scene = two({ [V4]: { ecdsa: CHAIN } }, { [V6]: { ecdsa: [next, middle] } });
    const refused = await create(scene, ...SERVICE);
    expect(refused).toMatchObject({ exit: 4, out: '' });
    expect(refused.err).toMatch(/different chains: 192\.0\.2\.1 \(ECDSA\) 3 1 1 .*2001:db8::1/);
    expect(refused.err).toMatch(/--all/);
    const both = await create(scene, ...SERVICE, '--all');
    expect(both).toMatchObject({ exit: 0 });
    expect(both.out).toContain(record('3 1 1', next));
    expect(both.out).toContain(record('3 1 1', leaf));
    // Records that they have in common need no decision.
    expect(await create(scene, ...SERVICE, '--usage', '2')).toMatchObject({ exit: 0 });
  });

  it('names addresses that did not answer, and ends with 3 when none did', async () => {
    const silent = { status: 'timeout', detail: 'no connection within 15 s' } as const;
    const shut = { ecdsa: silent, rsa: silent };
    const half = await create(two({ [V4]: { ecdsa: CHAIN } }, { [V6]: shut }), ...SERVICE);
    expect(half).toMatchObject({ exit: 0, err: expect.stringContaining(V6) as string });
    const none = await create(mailHost([], shut), ...SERVICE);
    expect(none).toMatchObject({ exit: 3, out: '' });
    expect(none.err).toContain('no connection within 15 s');
  });
});

describe('of a certificate of this installation', () => {
  it('is the live generation', async () => {
    const { out } = await create({ zone: {} }, '--certificate', 'mx1');
    expect(out).toBe(`${record('3 1 1', leaf)}\n`);
  });

  it('is with --staged the staged one, of which there may be only a key', async () => {
    const staged = ['--certificate', 'mx1', '--staged'];
    expect((await create({ zone: {} }, ...staged)).out).toBe(`${record('3 1 1', next)}\n`);
    const issuer = await create({ zone: {} }, ...staged, '--usage', '2');
    expect(issuer).toMatchObject({ exit: 2, out: '' });
    expect(issuer.err).toMatch(/generation 2 has a key and no certificate yet/);
  });
});

it.each([
  [[]],
  [['--cert', 'x.pem', ...SERVICE]],
  [['--cert', 'x.pem', '--staged']],
  [['--certificate', 'mx1', '--all']],
])('refuses %j', async (args) => {
  expect(await create({ zone: {} }, ...args)).toMatchObject({ exit: 2, out: '' });
});
