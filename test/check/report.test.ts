// The output of a check: text, JSON, for Nagios and for Prometheus. Digests differ from run to run
// and are masked.
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { RULES } from '../../src/check/rules/catalogue.ts';
import { check } from '../../src/check/check.ts';
import type { Target } from '../../src/check/gather/facts.ts';
import { checkText } from '../../src/cli/check/text.ts';
import { RCODE } from '../../src/dns/record-type.ts';
import { runCli } from '../../src/cli/program.ts';
import type { Standing } from '../../src/ports/resolver.ts';
import { NOW } from '../support/ca.ts';
import { makeParties } from './parties.ts';
import { refused, serversOf, versionOf, vouchedFor } from './name-servers.ts';
import type { Question } from './name-servers.ts';
import { mailHost, OWNER, record, reportsOn, V4, V6, worldOf } from './scene.ts';
import type { Scene, Shows } from './scene.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const all = await makeParties();
const { leaf, middle, next, old, rsa, otherMiddle } = all;
const W4 = '192.0.2.2';
const CHAIN = [leaf, middle];
const timeout = { status: 'timeout', detail: 'no connection within 15 s' } as const;

const RECORDS = [record('3 1 1', leaf), record('2 1 1', middle)];
const SERVER = versionOf({ tlsa: RECORDS });
const SOUND: Scene = {
  ...mailHost(RECORDS, { ecdsa: CHAIN }, vouchedFor()),
  servers: serversOf(SERVER, SERVER),
};
const BROKEN = mailHost(
  [record('3 1 1', old), record('3 1 1', next), record('2 1 1', otherMiddle)],
  { ecdsa: CHAIN, rsa: [rsa, middle] },
  {},
  [V4, V6],
);
/** Its zone cannot be looked up. */
const lame = (question: Question) => refused(RCODE.REFUSED, question);
const DOMAIN: Scene = {
  servers: serversOf(SERVER, lame),
  zone: {
    ...vouchedFor(),
    'example.org MX': ['10 mx1.example.org', '20 a-long-name-of-a-mail-host.mail.example.org'],
    'mx1.example.org A': [V4],
    'mx1.example.org AAAA': [V6],
    'a-long-name-of-a-mail-host.mail.example.org A': [W4],
    '_25._tcp.mx1.example.org TLSA': [record('3 1 1', leaf), record('2 1 1', middle)],
    'www.example.org CAA': ['0 issue other.example'],
  },
  shows: {
    [V4]: { ecdsa: CHAIN, rsa: [rsa, middle] },
    [V6]: { ecdsa: timeout, rsa: timeout },
    [W4]: { ecdsa: [next, middle] },
  },
};

const CLIENTS = '_xmpp-client._tcp.example.org';
const SERVERS = '_xmpp-server._tcp.example.org';
const CHAT = ['5 0 5222 mx1.example.org', '10 0 5222 chat.a-long-name-of-a-host.example.org'];
const XMPP: Scene = {
  servers: serversOf(
    versionOf({ tlsa: RECORDS, srv: { [CLIENTS]: CHAT, [SERVERS]: ['0 0 5269 mx1.example.org'] } }),
    versionOf({ tlsa: RECORDS, srv: { [CLIENTS]: CHAT, [SERVERS]: ['0 0 5270 mx1.example.org'] } }),
  ),
  zone: {
    ...vouchedFor(),
    [`${CLIENTS} SRV`]: CHAT,
    [`${SERVERS} SRV`]: { data: ['0 0 5269 mx1.example.org'], unsigned: true },
    '_xmpps-server._tcp.example.org SRV': ['0 0 0 .'],
    'mx1.example.org A': [V4],
    'chat.a-long-name-of-a-host.example.org A': [W4],
    '_5222._tcp.mx1.example.org TLSA': RECORDS,
    '_5269._tcp.mx1.example.org TLSA': RECORDS,
  },
  shows: { [V4]: { ecdsa: CHAIN }, [W4]: { ecdsa: [next, middle] } },
};

interface Ran {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

const OWN: readonly Target[] = [
  {
    kind: 'names',
    certificate: 'www',
    domains: ['www.example.org'],
    issuers: ['ca.example'],
    trustsIssuer: true,
  },
];

let home: string;
let config: string;
beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'holger-check-'));
  config = path.join(ROOT, 'config.example.toml');
});
afterAll(() => rm(home, { recursive: true }));

/** `holger check …` with the zone and services of a scene. */
async function holger(scene: Scene, ...args: readonly string[]): Promise<Ran> {
  let out = '';
  let err = '';
  let clock = NOW;
  const exit = await runCli(
    ['--config', config, 'check', ...args],
    {
      version: '0',
      openApp: () => Promise.reject(new Error('not asked for')),
      openWatcher: () => Promise.reject(new Error('no watch here')),
      openServer: () => Promise.reject(new Error('no server here')),
      openCaa: () => Promise.reject(new Error('no CAA here')),
      openNotifiers: () => Promise.resolve([]),
      openOthers: () => Promise.reject(new Error('no other client here')),
      openChecker: () =>
        Promise.resolve({
          reports: ({ targets, ...options }) =>
            check(targets, worldOf(scene), { ...options, expectedAt: () => new Set() }, {}),
          configured: () => Promise.resolve({ targets: OWN, notes: ['state of www: it is lost'] }),
          generation: () => Promise.reject(new Error('not asked for')),
        }),
    },
    {
      out: (text) => (out += text),
      err: (text) => (err += text),
      drained: () => Promise.resolve(),
      terminal: false,
      // A second passes during the check.
      now: () => (clock += 0.25),
      signal: new AbortController().signal,
    },
  );
  return { exit, out, err };
}

const masked = (text: string): string =>
  text
    .replaceAll(/\b[0-9a-f]{64}\b/g, 'DIGEST'.padEnd(64, '.'))
    .replaceAll(/\b[0-9a-f]{12}…/g, 'DIGEST......…');

/** In a file beside this one; GOLDEN_UPDATE=1 writes it. */
async function golden(name: string, text: string): Promise<void> {
  const file = path.join(import.meta.dirname, 'golden', name);
  if (process.env['GOLDEN_UPDATE'] !== undefined) await writeFile(file, masked(text));
  expect(masked(text)).toBe(await readFile(file, 'utf8'));
}

const widest = (text: string): number =>
  Math.max(...text.split('\n').map((line) => [...line].length));

describe('text', () => {
  it.each([
    ['sound.txt', SOUND, ['mx1.example.org:25'], 0],
    ['broken.txt', BROKEN, ['mx1.example.org:25'], 1],
    ['domain.txt', DOMAIN, ['--mx', 'example.org'], 3],
    ['xmpp.txt', XMPP, ['--xmpp', 'example.org'], 0],
    ['configured.txt', DOMAIN, ['--configured', 'smtp://mx1.example.org'], 3],
  ] as const)('%s', async (name, scene, args, exit) => {
    const ran = await holger(scene, ...args);
    await golden(name, ran.out);
    expect(widest(ran.out)).toBeLessThanOrEqual(80);
    expect(ran.exit).toBe(exit);
  });

  it('has with -q only what is wrong', async () => {
    expect((await holger(SOUND, '-q', 'mx1.example.org:25')).out).toBe('');
    expect((await holger(BROKEN, '-q', 'mx1.example.org:25')).out).toMatch(
      /^smtp:\/\/mx1.example.org:25: CRITICAL\n {2}CRITICAL/,
    );
  });

  it('names on stderr what could not be read of its own state', async () => {
    expect((await holger(DOMAIN, '--configured')).err).toContain('state of www: it is lost');
  });

  it('does not call a record unusable that was compared with nothing', async () => {
    const none = { status: 'no-tls', detail: 'no STARTTLS' } as const;
    const scene = mailHost([record('3 1 1', leaf)], { ecdsa: none, rsa: none });
    const { out } = await holger(scene, 'mx1.example.org:25');
    expect(out).toMatch(/^ {12}3 1 1 .*… {2}not compared$/m);
    expect(out).toMatch(/^ {4}both {2}NO TLS {4}no STARTTLS$/m);
  });

  it('does not print "none" for CAA records that were not looked up', async () => {
    const [own] = OWN;
    const targets = own?.kind === 'names' ? [{ ...own, issuers: [] }] : [];
    const [report] = await reportsOn({ zone: {}, targets });
    expect(report && checkText(report, 0)).toMatch(/^ {2}CAA {7}not checked: /m);
  });

  it('prints the rules', async () => {
    const { out, exit } = await holger(SOUND, '--rules');
    expect(exit).toBe(0);
    expect(widest(out)).toBeLessThanOrEqual(80);
    for (const name of Object.keys(RULES)) expect(out).toMatch(new RegExp(` ${name}$`, 'm'));
    const json = JSON.parse((await holger(SOUND, '--json', '--rules')).out) as { rules: unknown[] };
    expect(json.rules).toHaveLength(Object.keys(RULES).length);
  });

  it.each([
    [[], /nothing to check/],
    [['--nagios', '--json', 'mx1.example.org:25'], /choose/],
    [['--mx', '--xmpp', 'example.org'], /choose/],
    [['--xmpp'], /--xmpp example.org/],
    [['--xmpp', 'xmpp.example.org:5222'], /is not an XMPP domain/],
    [['--silence', 'mismach', 'mx1.example.org:25'], /no rule "mismach"/],
  ])('refuses %j', async (args, expected) => {
    const { exit, out, err } = await holger(SOUND, ...args);
    expect(exit === 2 ? err : out).toMatch(expected);
  });

  it('omits what is silenced', async () => {
    const args = ['--silence', 'mismatch', '--silence', 'anchor-not-sent', '--no-servers'];
    expect((await holger(BROKEN, '-q', ...args, 'mx1.example.org:25')).out).toBe('');
  });
});

describe('JSON', () => {
  it.each([
    ['broken.json', BROKEN, ['mx1.example.org:25']],
    ['domain.json', DOMAIN, ['--mx', 'example.org']],
    ['xmpp.json', XMPP, ['--xmpp', 'example.org']],
    ['configured.json', DOMAIN, ['--configured']],
  ] as const)('%s', async (name, scene, args) => {
    const { out } = await holger(scene, '--json', ...args);
    expect(JSON.parse(out)).toMatchObject({ schema: 1 });
    await golden(name, out);
  });

  it('docs/checking.md names every field', async () => {
    const page = await readFile(path.join(ROOT, 'docs/checking.md'), 'utf8');
    const fields = new Set<string>();
    const collect = (value: unknown): void => {
      if (Array.isArray(value)) value.forEach(collect);
      else if (typeof value === 'object' && value !== null) {
        for (const [key, inner] of Object.entries(value)) {
          fields.add(key);
          collect(inner);
        }
      }
    };
    for (const name of ['broken.json', 'domain.json', 'xmpp.json', 'configured.json']) {
      collect(JSON.parse(await readFile(path.join(import.meta.dirname, 'golden', name), 'utf8')));
    }
    const table = page.slice(page.indexOf('| field'));
    for (const field of fields) expect(table, field).toContain(`\`${field}\``);
  });
});

describe('from a list', () => {
  const list = async (...lines: readonly string[]): Promise<string> => {
    const file = path.join(home, 'targets.txt');
    await writeFile(file, lines.join('\n'));
    return file;
  };
  afterAll(() => rm(path.join(home, 'targets.txt')));
  const targetsIn = ({ out }: Ran): readonly string[] =>
    (JSON.parse(out) as { targets: { target: string }[] }).targets.map(({ target }) => target);
  const LINES = ['\ufeff# ours', 'mx1.example.org:25 # the first\r', '', 'https://mx1.example.org'];
  const BOTH = ['smtp://mx1.example.org:25', 'https://mx1.example.org:443'];

  it('reads arguments, then the lines of the file', async () => {
    const ran = await holger(
      SOUND,
      '--json',
      '--file',
      await list(...LINES),
      'mx1.example.org:587',
    );
    expect(targetsIn(ran)).toEqual(['submission://mx1.example.org:587', ...BOTH]);
  });

  it('reads stdin', async () => {
    const stdin = Readable.from([Buffer.from(LINES.join('\n'))]) as typeof process.stdin;
    const given = vi.spyOn(process, 'stdin', 'get').mockReturnValue(stdin);
    expect(targetsIn(await holger(SOUND, '--json', '--file', '-'))).toEqual(BOTH);
    given.mockRestore();
  });

  it('checks nothing where a line is not a target, and names those lines', async () => {
    const bad = ['one', 'two:0', 'http://three', 'four', 'five', 'six', 'seven'];
    const file = await list('mx1.example.org:25', ...bad);
    const { exit, out, err } = await holger(SOUND, '--file', file);
    expect({ exit, out }).toEqual({ exit: 2, out: '' });
    const said = err.replaceAll(/\s+/g, ' ').replaceAll('holger: ', '\n');
    expect(
      said
        .trim()
        .split('\n')
        .map((line) => line.trim()),
    ).toEqual([
      `error: ${file}:2: "one" is neither a host with a port nor a service URL`,
      expect.stringContaining(`error: ${file}:3: service "tls://two:0" has port 0`),
      expect.stringContaining(`error: ${file}:4: service "http://three" has an unknown scheme`),
      `error: ${file}:5: "four" is neither a host with a port nor a service URL`,
      `error: ${file}:6: "five" is neither a host with a port nor a service URL`,
      'error: and 2 more',
      expect.stringMatching(/^hint: write one:25, /),
    ]);
  });

  it('writes no half document', async () => {
    const file = await list('mx1.example.org:25', 'one');
    const { exit, out } = await holger(SOUND, '--json', '--file', file);
    expect(exit).toBe(2);
    expect(JSON.parse(out)).toMatchObject({
      error: { code: 'INPUT_INVALID', details: { problems: [expect.stringMatching(/:2: /)] } },
    });
  });

  it('refuses a host whose records would have no name before it checks others', async () => {
    const long = 'a.'.repeat(122);
    const file = await list('mx1.example.org:25', `${long}example:25`, `smtp://${long}example`);
    const { exit, out, err } = await holger(SOUND, '--file', file);
    expect({ exit, out }).toEqual({ exit: 2, out: '' });
    expect(err.match(/is too long for the names/g)).toHaveLength(2);
  });

  it('is UNKNOWN to Nagios, in one line', async () => {
    const ran = await holger(SOUND, '--nagios', '--file', await list('one', 'two'));
    expect(ran.exit).toBe(3);
    expect(ran.out).toMatch(/^DANE UNKNOWN - \S+:1: "one" [^\n]+ \S+:2: "two" [^\n|]+\n$/);
  });

  it('reports that it cannot be read', async () => {
    const { exit, err } = await holger(SOUND, '--file', path.join(home, 'nothing'));
    expect(exit).toBe(2);
    expect(err).toContain('the file');
  });
});

describe('for Nagios', () => {
  const PERF =
    /^(?:'[a-z_-]+'=(?:U|-?\d+(?:\.\d+)?s?)(?:;[\d.]*){0,4})(?: '[a-z_-]+'=(?:U|-?\d+(?:\.\d+)?s?)(?:;[\d.]*){0,4})*$/;

  it.each([
    [
      SOUND,
      ['mx1.example.org:25'],
      0,
      /^DANE OK - smtp:\/\/mx1.example.org:25: 1 secure handshake /,
    ],
    [
      BROKEN,
      ['mx1.example.org:25'],
      2,
      /^DANE CRITICAL - smtp:\/\/mx1.example.org:25: mismatch at 192.0.2.1: no record .* \(and 1 more\) /,
    ],
    [
      DOMAIN,
      ['--mx', 'example.org'],
      3,
      /^DANE UNKNOWN - example.org: no-connection at 2001:db8::1: timeout: /,
    ],
    [XMPP, ['--xmpp', 'example.org'], 1, /^DANE WARNING - xmpp:example.org: srv-insecure at /],
    [
      mailHost([record('3 1 1', leaf)], { ecdsa: timeout, rsa: timeout }),
      ['mx1.example.org:25'],
      3,
      /^DANE UNKNOWN - smtp.*: no-connection at 192.0.2.1: timeout: /,
    ],
    [SOUND, ['mx1.example.org:25', 'mx1.example.org:25'], 0, /^DANE OK - 2 targets: 2 secure hand/],
  ] as const)('%# is one line', async (scene, args, exit, expected) => {
    const ran = await holger(scene, '--nagios', ...args);
    expect(ran.exit).toBe(exit);
    expect(ran.out).toMatch(/^[^\n|]+ \| [^\n|]+\n$/);
    expect(ran.out).toMatch(expected);
    expect(ran.out.trimEnd().split(' | ')[1]).toMatch(PERF);
  });

  it('counts endpoints, days and seconds', async () => {
    const { out } = await holger(BROKEN, '--nagios', 'mx1.example.org:25');
    expect(out).toContain(" 'mismatch'=4;;;0 ");
    expect(out).toContain(" 'secure'=0;;;0 ");
    expect(out).toContain(" 'days_left'=60.0 ");
    expect(out).toMatch(/ 'time'=\d\.\d{3}s;;;0\n$/);
  });

  it('has a value for what could not be determined', async () => {
    const scene = mailHost([], { ecdsa: timeout, rsa: timeout });
    expect((await holger(scene, '--nagios', 'mx1.example.org:25')).out).toContain("'days_left'=U ");
  });

  it.each([
    [['--nagios', '--foo'], /unknown option/],
    [['--nagios'], /nothing to check/],
    [['--nagios', 'mx1.example.org'], /neither a host with a port/],
  ])('is UNKNOWN about %j', async (args, expected) => {
    const ran = await holger(SOUND, ...args);
    expect(ran.exit).toBe(3);
    expect(ran.out).toMatch(/^DANE UNKNOWN - [^\n|]+\n$/);
    expect(ran.out).toMatch(expected);
  });
});

describe('K21: the exit status for what could not be determined', () => {
  const DEAD: Standing = {
    ...{ status: 'failed', server: '127.0.0.1', failure: 'timeout' },
    detail: '127.0.0.1 does not answer',
  };
  const closed = { status: 'refused', detail: 'connection refused' } as const;
  const KEY = record('3 1 1', leaf);
  const at = (records: readonly string[], shown: typeof closed | typeof timeout): Scene =>
    mailHost(records, { ecdsa: shown, rsa: shown });
  const OTHER = record('3 1 1', next);
  const both = (shows: Shows): Scene => ({
    ...mailHost([OTHER], { ecdsa: timeout, rsa: timeout }, {}, [V4, V6]),
    shows: { [V4]: shows, [V6]: { ecdsa: timeout, rsa: timeout } },
  });
  const nowhere: Scene = { zone: {} };

  it.each<[string, Scene, number, number, number]>([
    ['a closed port without TLSA records', at([], closed), 3, 1, 3],
    ['a closed port with TLSA records', at([KEY], closed), 3, 3, 3],
    ['a filtered port without TLSA records', at([], timeout), 3, 1, 3],
    ['a host without addresses', nowhere, 3, 1, 3],
    [
      'a host without addresses, with TLSA records',
      { zone: { [`${OWNER} TLSA`]: [KEY] } },
      3,
      1,
      3,
    ],
    ['one address that is silent, and a mismatch at the other', both({ ecdsa: [leaf] }), 1, 1, 2],
    ['a resolver that is silent', { ...SOUND, standing: DEAD }, 3, 3, 3],
    [
      'addresses that no server reports',
      { zone: { 'mx1.example.org A': { fails: 'timeout' } } },
      3,
      1,
      3,
    ],
    ['no records, and nothing unknown', mailHost([], { ecdsa: [leaf, middle] }), 0, 1, 1],
    ['nothing at all', SOUND, 0, 0, 0],
  ])('%s', async (_, scene, plain, strict, nagios) => {
    const args = ['--no-servers', 'mx1.example.org:25'];
    expect((await holger(scene, ...args)).exit).toBe(plain);
    expect((await holger(scene, '--strict', ...args)).exit).toBe(strict);
    expect((await holger(scene, '--nagios', ...args)).exit).toBe(nagios);
  });

  it('of the whole configuration, when no resolver answers', async () => {
    const scene = { ...DOMAIN, standing: DEAD };
    const { exit, out } = await holger(scene, '--configured');
    expect(exit).toBe(3);
    expect(out).not.toContain('caa-fails');
    expect((await holger(scene, '--nagios', '--configured')).exit).toBe(3);
  });
});

describe('for Prometheus', () => {
  it('is a file of whole samples that others may read', async () => {
    const file = path.join(home, 'holger.prom');
    const ran = await holger(BROKEN, '--prometheus', file, '-q', 'mx1.example.org:25');
    expect(ran.exit).toBe(1);
    const text = await readFile(file, 'utf8');
    await golden('broken.prom', text);
    expect((await stat(file)).mode & 0o777).toBe(0o644);
    expect(await readdir(home)).toEqual(['holger.prom']);
    const lines = text.trimEnd().split('\n');
    for (const line of lines) {
      expect(line).toMatch(
        /^(# (HELP|TYPE) holger_check_[a-z_]+ .+|holger_check_[a-z_]+(\{([a-z]+="([^"\\\n]|\\.)*",?)+\})? [\d.]+)$/,
      );
    }
    const series = lines.filter((line) => !line.startsWith('#')).map((line) => line.split(' ')[0]);
    expect(new Set(series).size).toBe(series.length);
  });

  it('has a target once, also when it is named several times', async () => {
    const file = path.join(home, 'twice.prom');
    const twice = ['mx1.example.org:25', 'smtp://mx1.example.org'];
    await holger(SOUND, '--prometheus', file, ...twice);
    const text = await readFile(file, 'utf8');
    expect(text.match(/^holger_check_status\{/gm)).toHaveLength(1);
  });

  it('has the mail of a domain beside its XMPP', async () => {
    const file = path.join(home, 'xmpp.prom');
    await holger(XMPP, '--prometheus', file, '--xmpp', 'example.org');
    expect(await readFile(file, 'utf8')).toContain(
      'holger_check_endpoints{target="xmpp:example.org",service="xmpp-client://mx1.example.org:5222",outcome="secure"} 1\n',
    );
  });

  it('reports when it cannot be written', async () => {
    const ran = await holger(SOUND, '--prometheus', path.join(home, 'no', 'x.prom'), 'a.org:25');
    expect(ran.exit).toBe(4);
    expect(ran.err).toContain('x.prom');
  });
});
