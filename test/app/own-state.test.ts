// What `check --configured` reads of this installation: its services, and the records that its
// rollovers have published for the next chain.
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/app/world/clock.ts';
import { expectedIn, generationIn, readOwnState } from '../../src/app/known/own-state.ts';
import type { OwnState } from '../../src/app/known/own-state.ts';
import { knownIssuers, ownTargets } from '../../src/app/known/own-targets.ts';
import { renewWarnings } from '../../src/app/use-cases/renew-warnings.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import { fqdn } from '../../src/dns/name.ts';
import { newLineage } from '../../src/rollover/model.ts';
import type { Generation, Lineage } from '../../src/rollover/model.ts';
import { chain, generation, record } from '../rollover/world.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holger-own-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const MX = fqdn('_25._tcp.mx1.example.org');
const CA = { issuers: ['ca.example'], account: 'https://ca.example/acct/1' };

const HEAD = (directory: string): string => `[acme]
directory = "https://ca.example/directory"
[state]
directory = "${directory}"
[provider.main]
type = "rfc2136"
server = "192.0.2.53"
tsig = { name = "holger.", secret = { env = "NOT_READ_HERE" } }
`;
const configOf = (certificates: string): Config =>
  parseConfig(HEAD(folder) + certificates, join(folder, 'config.toml'));
const MX1 = `[[certificate]]
name = "mx1"
domains = ["mx1.example.org"]
services = ["smtp://mx1.example.org"]
`;

async function remember(name: string, document: object): Promise<void> {
  const documents = join(folder, 'documents');
  await mkdir(documents, { recursive: true });
  const text = JSON.stringify({ value: { schema: 1, revision: 1, value: document } });
  await writeFile(join(documents, `certificate%2F${name}.json`), text);
}

const lineage = (...generations: readonly Generation[]): Lineage => ({
  ...newLineage('mx1'),
  generations,
});
const [A, B] = [chain('A'), chain('B', { ca: 'J' })];
const keyOnly = (number: number, of: typeof A, more: Partial<Generation> = {}): Generation => {
  const { chain: _, ...rest } = generation(number, 'key', of);
  return { ...rest, ...more };
};
const CA_OF_B = B.certificates[1];
const state = (config = configOf(MX1)): Promise<OwnState> => readOwnState(config, systemClock);

describe('records for the next chain', () => {
  it('are those of the CA certificates of another issuer, too', async () => {
    const config = configOf(`[issuer.two]
type = "acme"
directory = "https://two.example/"
${MX1}issuer = ["acme", "two"]
`);
    const anchors = { two: { certificates: CA_OF_B === undefined ? [] : [CA_OF_B] } };
    const expected = expectedIn(await state({ ...config, anchors }), MX);
    expect(expected).toContain(record('2 1 1', B));
    expect(expected).not.toContain(record('2 1 1', A));
  });

  it('are those of the staged generation, in every combination', async () => {
    await remember('mx1', lineage(generation(1, 'live', A), generation(2, 'issued', B)));
    const expected = expectedIn(await state(), MX);
    for (const combination of ['3 1 1', '3 0 1', '3 1 2', '2 1 1']) {
      expect(expected).toContain(record(combination, B));
      expect(expected).not.toContain(record(combination, A));
    }
  });

  it('are those of a key that was made ahead', async () => {
    await remember('mx1', lineage(generation(1, 'live', A), keyOnly(2, B, { ahead: true })));
    const expected = expectedIn(await state(), MX);
    expect(expected).toContain(record('3 1 1', B));
    expect(expected).not.toContain(record('2 1 1', B));
  });

  it('are not those of a key that another party may have, of the past, or of another owner', async () => {
    const lost = keyOnly(2, B, { compromised: true });
    await remember('mx1', lineage(generation(1, 'retired', A), lost));
    expect(expectedIn(await state(), MX)).toEqual(new Set());
    await remember('mx1', lineage(generation(1, 'live', A), generation(2, 'issued', B)));
    expect(expectedIn(await state(), fqdn('_25._tcp.mx2.example.org'))).toEqual(new Set());
  });

  it('are found below a wildcard', async () => {
    await remember('mx1', lineage(generation(1, 'issued', B)));
    const wild = MX1.replace(
      '"smtp://mx1.example.org"',
      '{ url = "smtp://mx1.example.org", tlsa_owner = "*._tcp.mx1.example.org" }',
    );
    expect(expectedIn(await state(configOf(wild)), MX)).toContain(record('3 1 1', B));
  });
});

describe('a state that cannot be read', () => {
  it('is reported, and nothing is written', async () => {
    const none = await state();
    expect(none.notes).toEqual([`state of mx1: there is none in ${folder}`]);
    expect(none.certificates).toHaveLength(1);
    expect(await readdir(folder)).toEqual([]);
  });

  it('may be one of a newer version', async () => {
    await remember('mx1', { ...lineage(), schema: 9 });
    const newer = await state();
    expect(newer.notes).toEqual([expect.stringMatching(/^state of mx1: .*newer/)]);
    expect(expectedIn(newer, MX)).toEqual(new Set());
    expect(ownTargets(newer, () => CA)).toHaveLength(2);
  });

  it('may be damaged', async () => {
    await mkdir(join(folder, 'documents'));
    const file = 'certificate%2Fmx1.json';
    await writeFile(join(folder, 'documents', file), '{"value":{"schema":1,"revi');
    expect((await state()).notes).toEqual([expect.stringMatching(/^state of mx1: /)]);
    expect(await readdir(join(folder, 'documents'))).toEqual([file]);
  });
});

describe('targets', () => {
  it('are services as the configuration has them', async () => {
    const config = configOf(`[[certificate]]
name = "web"
domains = ["www.example.org", "mx2.example.org", "mx3.example.org"]
services = [
  { url = "https://www.example.org", connect = "192.0.2.7:8443", tlsa_owner = "_443._tcp.outside.example.org" },
  { url = "smtp://mx2.example.org", reachable = false },
  { url = "smtp://mx3.example.org", running = false, tlsa_owner = "*._tcp.mx3.example.org" },
  { url = "xmpp-client://www.example.org", xmpp_domain = "example.org" },
]
`);
    const services = ownTargets(await state(config), () => CA).filter(
      ({ kind }) => kind === 'service',
    );
    expect(services).toMatchObject([
      {
        url: 'https://www.example.org:443',
        configured: {
          certificates: ['web'],
          records: 'wanted',
          connect: { host: '192.0.2.7', port: 8443 },
          owner: '_443._tcp.outside.example.org.',
        },
      },
      { url: 'smtp://mx2.example.org:25', configured: { unseen: 'unreachable' } },
      { url: 'smtp://mx3.example.org:25', configured: { unseen: 'not running' } },
      { url: 'xmpp-client://www.example.org:5222', domain: 'example.org.' },
    ]);
    expect(services[2]).not.toHaveProperty('configured.owner');
  });

  it('are checked once, although several certificates name them', async () => {
    const rsa = MX1.replace('"mx1"', '"mx1-rsa"').replace(
      '\nservices',
      '\nkey_type = "rsa-2048"\nservices',
    );
    const config = configOf(`${MX1}${rsa}dane = false\n`);
    expect(ownTargets(await state(config), () => CA)).toMatchObject([
      { kind: 'service', configured: { certificates: ['mx1', 'mx1-rsa'], records: 'wanted' } },
      { kind: 'names', certificate: 'mx1', trustsIssuer: true },
      { kind: 'names', certificate: 'mx1-rsa', trustsIssuer: false },
    ]);
  });

  it('exclude what the operator has excluded', async () => {
    const off = async (config: Config): Promise<unknown> =>
      ownTargets(await state(config), () => CA)[0];
    expect(await off(configOf(`${MX1}dane = false\n`))).toMatchObject({
      configured: { records: 'none' },
    });
    await remember('mx1', { ...lineage(generation(1, 'live', A)), orders: { offSince: 1 } });
    expect(await off(configOf(MX1))).toMatchObject({ configured: { records: 'withdrawn' } });
  });

  it('K47: have the certificates of this installation, once something was deployed', async () => {
    const first = async (): Promise<unknown> => ownTargets(await state(configOf(MX1)), () => CA)[0];
    await remember('mx1', lineage(generation(1, 'issued', A)));
    expect(await first()).not.toHaveProperty('configured.leaves');
    await remember('mx1', lineage(generation(1, 'live', A)));
    const leaves = [A.certificates[0]?.der];
    expect(await first()).toMatchObject({ configured: { leaves } });
  });

  it('trust the issuer only with records of it', async () => {
    const trusts = async (more: string): Promise<unknown> =>
      ownTargets(await state(configOf(MX1 + more)), () => CA)[1];
    expect(await trusts('records = ["3 1 1"]\n')).toMatchObject({ trustsIssuer: false });
    expect(await trusts('trust_anchors = "none"\n')).toMatchObject({ trustsIssuer: false });
    expect(await trusts('')).toMatchObject({ trustsIssuer: true, ...CA });
  });
});

it('use known CAA names of some CAs, and ask the others', () => {
  const of = (directory: string): unknown => knownIssuers(directory);
  expect(of('https://acme-v02.api.letsencrypt.org/directory')).toEqual(['letsencrypt.org']);
  expect(of('https://ca.example/directory')).toBeUndefined();
});

describe('a generation', () => {
  it('is the live one, or the one that is being deployed', async () => {
    await remember('mx1', lineage(generation(1, 'live', A), keyOnly(2, B)));
    const own = await state();
    expect(generationIn(own, 'mx1', 'live')).toMatchObject({ number: 1, chain: { id: 'A' } });
    expect(generationIn(own, 'mx1', 'staged')).toMatchObject({ number: 2 });
    expect(() => generationIn(own, 'mx2', 'live')).toThrow(/the certificate "mx2" does not exist/);
  });

  it('may be missing', async () => {
    const lost = await state();
    expect(() => generationIn(lost, 'mx1', 'live')).toThrow(/there is none in/);
    await remember('mx1', lineage());
    const untouched = await state();
    expect(() => generationIn(untouched, 'mx1', 'live')).toThrow(/mx1 has no live generation/);
  });
});

describe('K8: renew is compared with the lifetime before a run does it', () => {
  const renewing = (more: string): Config => configOf(`${MX1}renew = "60d"\n${more}\n`);

  it('of the last certificate in the state', async () => {
    const [live, next] = [chain('A', { notAfter: 0, notBefore: -30 * 86_400 }), chain('B')];
    await remember('mx1', lineage(generation(1, 'retired', next), generation(2, 'live', live)));
    expect(await renewWarnings(renewing(''))).toEqual([
      'certificate "mx1": renew = 60d is more than half of the lifetime (30d): it counts as 15d; set a shorter renew, or leave it out',
    ]);
  });

  it('and so is the wait for caches, which may be a third of it', async () => {
    const live = chain('A', { notAfter: 0, notBefore: -30 * 86_400 });
    await remember('mx1', lineage(generation(1, 'live', live)));
    expect(await renewWarnings(configOf(`${MX1}ttl = "7d"\n`))).toEqual([
      'certificate "mx1": a rollover waits 14d (ttl × ttl_factor + margin: 7d × 2 + 1m) for caches, more than a third of the lifetime (30d) of its last certificate; lower ttl, ttl_factor or cache_floor',
    ]);
    expect(await renewWarnings(configOf(`${MX1}ttl = "4d"\n`))).toEqual([]);
  });

  it('of the profile, and of a CA whose lifetimes are known', async () => {
    expect(await renewWarnings(renewing(''))).toEqual([]);
    expect(await renewWarnings(renewing('profile = "tlsserver"'))).toEqual([
      expect.stringContaining('(45d)'),
    ]);
    const known = renewing('');
    const acme = { ...known.acme, directory: 'https://acme-v02.api.letsencrypt.org/directory' };
    const [said = '', ...more] = await renewWarnings({ ...known, acme });
    expect(said).toContain('(90d): it counts as 45d');
    expect(more).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
  });
});
