// `run`, `issue` and `status` over an app with scripted answers: arguments in, output out.
import { PROVIDERS } from '../../providers/index.ts';
import { describe, expect, it } from 'vitest';
import type { AccountReport } from '../../src/app/use-cases/account.ts';
import type {
  App,
  AppContext,
  CertificateOutcome,
  RunSummary,
} from '../../src/app/use-cases/commands.ts';
import type {
  CertificateStatus,
  GenerationStatus,
  PendingChange,
} from '../../src/app/status/certificate-status.ts';
import { AppError } from '../../src/base/errors.ts';
import type { Io } from '../../src/cli/terminal/io.ts';
import { runCli } from '../../src/cli/program.ts';
import { fqdn } from '../../src/dns/name.ts';
import type { Event } from '../../src/engine/events.ts';
import type { Stage } from '../../src/rollover/forecast/forecast.ts';
import type { Reason } from '../../src/rollover/reasons.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z') / 1000;
const EXAMPLE = new URL('../../config.example.toml', import.meta.url).pathname;

const EVENTS: readonly Event[] = [
  { event: 'key-created', at: NOW, certificate: 'mx1', generation: 2, keyType: 'ec-p256' },
  {
    event: 'published',
    at: NOW,
    certificate: 'mx1',
    owner: '_25._tcp.mx1.example.org.',
    ttl: 3600,
    add: [`3 1 1 ${'ab'.repeat(32)}`],
    remove: [],
  },
  {
    event: 'waiting',
    at: NOW,
    certificate: 'mx1',
    until: NOW + 7260,
    known: true,
    reasons: [
      {
        rule: 'cached-nowhere',
        because: 'the old RRset may still be cached',
        until: NOW + 7260,
      },
    ],
  },
];
const SUMMARY: RunSummary = {
  exit: 0,
  certificates: [
    {
      certificate: 'mx1',
      state: 'waiting',
      exit: 0,
      until: NOW + 7260,
      why: ['the old RRset may still be cached'],
    },
  ],
};
const OWNER = '_25._tcp.mx1.example.org.';
const LIVE: GenerationStatus = {
  ...{ number: 1, keyType: 'ec-p256', notBefore: NOW, notAfter: NOW + 20 * 86_400 },
  ...{ issuer: 'CN=E7, O=CA', directory: 'https://ca.example/dir', staging: false },
  ...{ origin: 'ordered', revokedAt: undefined, compromised: false },
  ...{ deployedAt: NOW - 60, provenAt: NOW - 30 },
};
const STATUS: CertificateStatus = {
  certificate: 'mx1',
  phase: 'waiting',
  names: ['mx1.example.org'],
  ca: { directory: 'https://acme-staging-v02.api.example/directory', staging: true },
  keyType: 'ec-p256',
  tlsa: { state: 'on' },
  live: LIVE,
  staged: {
    ...LIVE,
    number: 2,
    notAfter: NOW + 90 * 86_400,
    ...{ deployedAt: undefined, provenAt: undefined },
  },
  generation: 1,
  notAfter: NOW + 20 * 86_400,
  renewal: undefined,
  waitingFor: 'time to pass',
  until: NOW + 7260,
  next: 'deploy generation 2',
  why: ['the RRset without the staged record may be cached'],
  ...{ reasons: [], way: [] },
  hints: ['wait'],
  owners: [
    {
      ...{ owner: OWNER, target: OWNER, zone: 'example.org.', security: 'secure' },
      ...{ seenAt: NOW - 60, ttl: 3600, silent: ['ns2.example.org. 192.0.2.54'] },
      records: [
        { record: `3 1 1 ${'ab'.repeat(32)}`, wanted: true, served: 'everywhere', ours: true },
        { record: `3 1 1 ${'cd'.repeat(32)}`, wanted: true, served: 'nowhere', ours: true },
      ],
    },
  ],
  pending: [],
  services: [
    {
      url: 'smtp://mx1.example.org:25',
      tlsaOwner: OWNER,
      endpoints: 2,
      current: 1,
      seen: [
        { address: '192.0.2.1', presents: 'generation 1', seenAt: NOW - 60, failure: undefined },
        {
          address: '2001:db8::1',
          presents: 'another certificate',
          seenAt: NOW,
          failure: 'timeout',
        },
      ],
      finding: '2001:db8::1 presents another chain',
    },
    { url: 'imaps://mx1.example.org:993', tlsaOwner: '', endpoints: 0, current: 0, seen: [] },
  ],
  targets: [{ label: 'files /etc/mx1.pem', writes: ['/etc/mx1.pem'], holds: 'generation 1' }],
};

interface Fake {
  readonly summary?: RunSummary;
  readonly events?: readonly Event[];
  readonly status?: readonly CertificateStatus[];
  readonly account?: AccountReport;
  readonly io?: Partial<Io>;
  readonly fails?: Error;
}

async function holger(args: readonly string[], fake: Fake = {}) {
  const seen: unknown[] = [];
  let out = '';
  let err = '';
  let context: AppContext | undefined;
  const answer = (request: unknown, emit: (event: Event) => void): Promise<RunSummary> => {
    seen.push(request);
    if (fake.fails !== undefined) return Promise.reject(fake.fails);
    for (const event of fake.events ?? EVENTS) emit(event);
    return Promise.resolve(fake.summary ?? SUMMARY);
  };
  const app: App = {
    run: answer,
    tryOut: answer,
    issue: answer,
    operate: answer,
    delete: answer,
    rename: answer,
    leftBehind: () => Promise.resolve([]),
    history: () => Promise.resolve(EVENTS),
    revoke: (request) => {
      seen.push(request);
      return Promise.resolve(3);
    },
    emergencyChoices: () =>
      Promise.resolve([
        { records: 'keep', deployedAt: NOW + 7260, safeAt: NOW + 14_520 },
        { records: 'withdraw', deployedAt: NOW + 7260, safeAt: NOW + 7260 },
      ]),
    status: (names) => {
      seen.push(names);
      return Promise.resolve(fake.status ?? [STATUS]);
    },
    tryTargets: () => Promise.resolve([]),
    tryProvider: async function* (provider, zone) {
      seen.push({ provider, zone });
      yield await Promise.resolve({ step: 'zone', outcome: 'done', detail: 'example.org' });
      yield {
        step: 'TXT: a first record',
        outcome: zone === undefined ? 'done' : 'failed',
        detail: 'x',
      };
    },
    account: (update) => {
      seen.push({ update });
      return Promise.resolve(fake.account ?? { directory: 'https://acme.example.org/directory' });
    },
    importAccount: (key, issuer) => {
      seen.push({ key, issuer });
      return Promise.resolve(fake.account ?? { directory: 'https://acme.example.org/directory' });
    },
    changeAccountKey: () => {
      seen.push('key-change');
      return Promise.resolve(fake.account ?? { directory: 'https://acme.example.org/directory' });
    },
    deactivateAccount: (request) => {
      seen.push({ deactivate: request });
      return Promise.resolve(fake.account ?? { directory: 'https://acme.example.org/directory' });
    },
    close: () => {
      seen.push('closed');
      return Promise.resolve();
    },
  };
  const exit = await runCli(
    [...args, '--config', EXAMPLE],
    {
      version: '0',
      openApp: (given) => {
        context = given;
        return Promise.resolve(app);
      },
      openChecker: () => Promise.reject(new Error('no check here')),
      openServer: () => Promise.reject(new Error('no server here')),
      openWatcher: () => Promise.reject(new Error('no watch here')),
      openCaa: () => Promise.reject(new Error('no CAA here')),
      openNotifiers: () => Promise.resolve([]),
      openOthers: () => Promise.reject(new Error('no other client here')),
    },
    {
      out: (text) => (out += text),
      err: (text) => (err += text),
      drained: () => Promise.resolve(),
      terminal: true,
      now: () => NOW,
      signal: new AbortController().signal,
      ...fake.io,
    },
  );
  return { exit, out, err, seen, context };
}

const widest = (text: string): number => Math.max(...text.split('\n').map((line) => line.length));

describe('run', () => {
  it('passes names and flags on, and closes the app', async () => {
    const { seen, context } = await holger([
      'run',
      'mx1',
      '--wait',
      '--force',
      '--state',
      '/tmp/s',
    ]);
    const flags = { wait: true, dryRun: false, force: true };
    expect(seen).toEqual([
      { names: ['mx1'], ...flags, begins: expect.any(Function) as unknown },
      'closed',
    ]);
    expect(context?.config.state.directory).toBe('/tmp/s');
  });

  it('K7: a try-out is requested as one, its events are printed as such, and it excludes --force and --dry-run', async () => {
    const base = { at: NOW, certificate: 'mx1', tryOut: true } as const;
    const { seen, exit, err, out } = await holger(['run', 'mx1', '--staging'], {
      events: [
        { ...base, event: 'ordered', generation: 1, orderUrl: 'https://try.example/o/1' },
        {
          ...{ ...base, event: 'tried', notAfter: NOW + 86_400 },
          directory: 'https://try.example/directory',
        },
      ],
      summary: {
        exit: 0,
        certificates: [{ certificate: 'mx1', state: 'tried', exit: 0, why: [] }],
      },
    });
    expect({ seen, exit }).toEqual({ seen: [{ names: ['mx1'], wait: false }, 'closed'], exit: 0 });
    expect(err).toBe(`12:00:00Z mx1 (try-out): ordered at try.example
        https://try.example/o/1
12:00:00Z mx1 (try-out): tried: the staging CA try.example validated every name
        and issued a certificate
        it would be valid until 2026-11-22T12:00:00Z (in 1d), but no client
        trusts it
        the TXT records were withdrawn; nothing was kept, published or deployed
`);
    expect(out).toMatch(/^mx1 +tried/m);
    for (const other of ['--force', '--dry-run']) {
      const refused = await holger(['run', 'mx1', '--staging', other]);
      expect(refused).toMatchObject({ exit: 2, seen: [] });
    }
  });

  it('prints events on stderr and the summary on stdout', async () => {
    const { exit, out, err } = await holger(['run']);
    expect(exit).toBe(0);
    expect(err).toBe(
      `12:00:00Z mx1: published at _25._tcp.mx1.example.org. (TTL 1h):
        + 3 1 1 ${'ab'.repeat(32)}
12:00:00Z mx1: waiting until 2026-11-21T14:01:00Z (in 2h 1m): the old RRset may
        still be cached
`,
    );
    expect(out).toBe(
      'CERTIFICATE  STATE    UNTIL\nmx1          waiting  2026-11-21T14:01:00Z (in 2h 1m)\n',
    );
    expect(widest(out)).toBeLessThanOrEqual(80);
    expect(widest(err)).toBeLessThanOrEqual(80);
  });

  it('K38: prints the steps within an act with -v only', async () => {
    expect((await holger(['run'])).err).not.toContain('key for generation');
    expect((await holger(['run', '-v'])).err).toContain('mx1: new ec-p256 key for generation 2\n');
  });

  it('K38: prints nothing with -q while nothing is wrong, on neither stream', async () => {
    const quiet = await holger(['run', '-q']);
    expect({ out: quiet.out, err: quiet.err }).toEqual({ out: '', err: '' });
    const failed = { event: 'failed', code: 'DNS_TIMEOUT', message: 'x', exit: 3 } as const;
    const wrong = await holger(['run', '-q'], {
      events: [{ ...failed, at: NOW, certificate: 'mx1' }],
    });
    expect(wrong).toMatchObject({ out: '', err: '12:00:00Z mx1: failed: x\n' });
    const reasons: Reason[] = [{ rule: 'zone-is-secure', because: 'y' }];
    const blocked = await holger(['run', '-q'], {
      events: [{ event: 'blocked', at: NOW, certificate: 'mx1', person: true, reasons }],
    });
    expect(blocked.err).toContain('mx1: needs a person: y');
  });

  it('K38: prints one line when many certificates are idle', async () => {
    const rest = (certificate: string, in_: number): CertificateOutcome => {
      return { certificate, state: 'done', exit: 0, until: NOW + in_, why: [] };
    };
    const certificates = Array.from({ length: 30 }, (_, at) => rest(`mx${at}`, 86_400 + at));
    const events = certificates.map(({ certificate }): Event => {
      return { event: 'done', at: NOW, certificate, until: NOW + 86_400 };
    });
    const told = await holger(['run'], { summary: { exit: 0, certificates }, events });
    expect(told.err).toBe('');
    expect(told.out).toBe(
      '30 certificates done: nothing is due before 2026-11-22T12:00:00Z (in 1d)\n',
    );
  });

  it('K35: prints all steps of a dry run as its result, with times, names, records, files and commands', async () => {
    const at = NOW;
    const later = NOW + 86_400;
    const owner = fqdn('_25._tcp.mx1.example.org');
    const record = `3 1 1 ${'ab'.repeat(32)}`;
    const way: readonly Stage[] = [
      { stage: 'key', at, generation: 2 },
      {
        ...{ stage: 'order', at, generation: 2, directory: 'https://ca.example/dir' },
        domains: ['mx1.example.org', 'mx.example.org'],
      },
      { stage: 'publish', at, owner, ttl: 3600, add: ['3 1 1 (the digest of …)'], remove: [] },
      {
        stage: 'wait',
        at,
        until: later,
        reasons: [{ rule: 'cached-nowhere', because: 'old answers' }],
      },
      { stage: 'deploy', at: later, generation: 2 },
      { stage: 'prove', at: later, generation: 2 },
      { stage: 'withdraw', at: later + 7200, owner, ttl: 3600, add: [], remove: [record] },
      { stage: 'rest', at: later + 7200, until: later + 60 * 86_400 },
    ];
    const files = ['/etc/postfix/mx1.pem', '/etc/postfix/mx1.key'];
    const targets = [{ label: 'files', writes: files, runs: [['sh', '-c', "it's so"]] }];
    const events: Event[] = [
      { event: 'planned', at, certificate: 'mx1', step: 'make a key', way, targets },
    ];
    const planned = { certificate: 'mx1', state: 'planned', exit: 0, why: [] } as const;
    const summary = { exit: 0, certificates: [planned] } as const;
    const { out, err } = await holger(['run', '--dry-run'], { events, summary });
    expect(err).toBe('');
    expect(out).toBe(
      `mx1: nothing was changed; the next steps, if no error occurs:
  2026-11-21T12:00:00Z (now)
    make a new key for generation 2
    order generation 2 and prove its names in DNS, at
        https://ca.example/dir
        mx1.example.org
        mx.example.org
    publish records at _25._tcp.mx1.example.org. (TTL 1h)
        + 3 1 1 (the digest of …)
    wait until about 2026-11-22T12:00:00Z (in 1d): old answers
  about 2026-11-22T12:00:00Z (in 1d)
    deploy generation 2
        /etc/postfix/mx1.pem
        /etc/postfix/mx1.key
        $ sh -c 'it'\\''s so'
    prove generation 2 by a handshake with every endpoint
  about 2026-11-22T14:00:00Z (in 1d 2h)
    withdraw records at _25._tcp.mx1.example.org. (TTL 1h)
        - ${record}
    done; nothing more until about 2027-01-21T12:00:00Z (in 61d)
`,
    );
    const json = await holger(['run', '--dry-run', '--json'], { events, summary });
    expect(JSON.parse(json.out.split('\n')[0] ?? '')).toMatchObject({
      event: 'planned',
      way: [
        { stage: 'key', at: '2026-11-21T12:00:00Z' },
        { stage: 'order' },
        {},
        {},
        {},
        {},
        {},
        {},
      ],
    });
  });

  it('K38: never breaks a record or a URL, also on a narrow terminal', async () => {
    const url = `https://ca.example.org/acme/order/${'1'.repeat(60)}`;
    const record = `3 1 1 ${'ab'.repeat(32)}`;
    const events: Event[] = [
      { event: 'ordered', at: NOW, certificate: 'mx1', generation: 2, orderUrl: url },
      {
        ...{ event: 'blocked', at: NOW, certificate: 'mx1', person: true },
        reasons: [{ rule: 'service-works', because: `there is no match for ${record} at mx1` }],
      },
    ];
    for (const columns of [20, 40, 80, 200]) {
      const { err } = await holger(['run'], { events, io: { columns } });
      expect(err).toMatch(new RegExp(`^ +${url}$`, 'm'));
      expect(err).toContain(record);
    }
  });

  it('K38: prints colours on a terminal, and none where they are disabled or cannot be seen', async () => {
    const colour = { out: true, err: true };
    const lit = await holger(['run'], { io: { colour } });
    expect(lit.err).toContain('\u001b[33mwaiting until');
    expect(lit.out).toContain('\u001b[33mwaiting\u001b[0m');
    expect(await holger(['run'])).toMatchObject({
      err: expect.not.stringContaining('\u001b') as string,
    });
    const never = await holger(['run', '--color', 'never'], { io: { colour } });
    expect(never.out + never.err).not.toContain('\u001b');
    expect((await holger(['run', '--color', 'always'])).err).toContain('\u001b[33m');
  });

  it('prints one JSON event a line and the summary last, with times as text', async () => {
    const { out, err } = await holger(['run', '--json']);
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map((line) => line['event'])).toEqual([
      'key-created',
      'published',
      'waiting',
      'summary',
    ]);
    expect(lines[2]).toMatchObject({ at: '2026-11-21T12:00:00Z', until: '2026-11-21T14:01:00Z' });
    expect(lines[3]).toMatchObject({ exit: 0, certificates: [{ certificate: 'mx1' }] });
    expect(err).toBe('');
  });

  it.each([3, 4, 5] as const)('ends with the status %i of the summary', async (exit) => {
    expect((await holger(['run'], { summary: { ...SUMMARY, exit } })).exit).toBe(exit);
  });

  it('prints known errors without a stack, and unknown ones with it', async () => {
    const known = new AppError('LOCKED', 'Another run holds mx1', { hint: 'wait for it' });
    const { exit, err, seen } = await holger(['run'], { fails: known });
    expect({ exit, err }).toEqual({
      exit: 5,
      err: 'holger: error: another run holds mx1\nholger: hint: wait for it\n',
    });
    expect(seen.at(-1)).toBe('closed');
    const unknown = await holger(['run'], { fails: new TypeError('x is not a function') });
    expect(unknown.exit).toBe(70);
    expect(unknown.err).toMatch(/TypeError: x is not a function\nholger: error: +at /);
  });
});

describe('issue', () => {
  it('makes a certificate of its arguments', async () => {
    const { exit, seen } = await holger(
      'issue mx9.example.org --service smtp://mx9.example.org --directory /etc/x --reload systemctl reload x'.split(
        ' ',
      ),
    );
    expect(exit).toBe(0);
    expect(seen[0]).toMatchObject({
      domains: ['mx9.example.org'],
      services: [{ host: 'mx9.example.org.', port: 25 }],
      deploy: [{ type: 'files', directory: '/etc/x', reload: ['systemctl', 'reload', 'x'] }],
    });
  });

  it('takes a reload command with options as a JSON array', async () => {
    const issue = ['issue', 'a.example.org', '--reload'];
    const { exit, seen } = await holger([...issue, '["nginx", "-s", "reload"]']);
    expect(exit).toBe(0);
    expect(seen[0]).toMatchObject({ deploy: [{ command: ['nginx', '-s', 'reload'] }] });
    for (const wrong of ['[nginx]', '[]', '[1]']) {
      expect(await holger([...issue, wrong])).toMatchObject({ exit: 2 });
    }
  });

  it('refuses a service that is not valid', async () => {
    const { exit, err } = await holger([
      'issue',
      'a.example.org',
      '--service',
      'smpt://a.example.org',
    ]);
    expect(exit).toBe(2);
    expect(err).toMatch(/did you\s+mean "smtp"\?/);
  });
});

describe('status', () => {
  const idle: CertificateStatus = {
    ...STATUS,
    ...{ phase: 'idle', why: [], hints: [], staged: undefined, next: 'renewal' },
    ...{ waitingFor: 'the next renewal', until: NOW + 10 * 86_400 },
  };

  it('K34: prints of one certificate everything that matters, the news first', async () => {
    const { exit, out } = await holger(['status']);
    expect(exit).toBe(0);
    expect(out).toBe(`mx1: waiting until 2026-11-21T14:01:00Z (in 2h 1m)
  why       the RRset without the staged record may be cached
  next      deploy generation 2
  hint      wait
  names     mx1.example.org
  CA        https://acme-staging-v02.api.example/directory (staging: clients do
            not trust it)
  live      generation 1: ec-p256, valid until 2026-12-11T12:00:00Z (in 20d),
            issued by CN=E7, O=CA
  staged    generation 2: ec-p256, valid until 2027-02-19T12:00:00Z (in 90d),
            issued by CN=E7, O=CA
  TLSA      on
  _25._tcp.mx1.example.org.: seen 2026-11-21T11:59:00Z (1m ago), TTL 1h
    served
      3 1 1 ${'ab'.repeat(32)}
    wanted, not served by every name server yet
      3 1 1 ${'cd'.repeat(32)}
    no answer from ns2.example.org. 192.0.2.54
  smtp://mx1.example.org:25
    192.0.2.1: generation 1, seen 2026-11-21T11:59:00Z (1m ago)
    2001:db8::1: another certificate, seen 2026-11-21T12:00:00Z (now); then no
      answer: timeout
  imaps://mx1.example.org:993: not seen yet
  files /etc/mx1.pem: generation 1
`);
  });

  it('K34: never prints what is off, revoked or failed as idle, and says since when', async () => {
    const trouble = {
      ...{ code: 'DNS_TIMEOUT', message: 'no answer', hint: 'look', at: NOW - 3600 },
      ...{ attempts: 3, notBefore: NOW + 60 },
    };
    const live = { ...LIVE, revokedAt: NOW - 60, staging: true };
    const off = { state: 'off', since: NOW - 86_400 } as const;
    const { out } = await holger(['status'], { status: [{ ...idle, trouble, live, tlsa: off }] });
    expect(out).toContain(
      'TLSA      off since 2026-11-20T12:00:00Z (1d ago): records are withdrawn',
    );
    expect(out).toContain('REVOKED 2026-11-21T11:59:00Z (1m ago)');
    expect(out.replace(/\s+/g, ' ')).toContain(
      'failed 2026-11-21T11:00:00Z (1h ago), 3 times in a row, DNS_TIMEOUT: no answer; the next attempt is after 2026-11-21T12:01:00Z (in 1m)',
    );
    expect(out).not.toContain('as it should be');
  });

  it('K34: a generation whose deployment has only begun is not called live, and a failure is printed once', async () => {
    const begun = { ...LIVE, deployedAt: undefined, provenAt: undefined };
    const failed = 'the folder /etc/tls does not exist';
    const trouble = { code: 'DEPLOY_REFUSED', message: `files /etc/tls/a.pem: ${failed}` };
    const why = [`files /etc/tls/a.pem: it has not taken generation 1 yet; ${failed}`];
    const { out } = await holger(['status'], {
      status: [{ ...STATUS, live: begun, why, trouble }],
    });
    expect(out).toMatch(/^ {2}deploying generation 1: /m);
    expect(out).not.toMatch(/^ {2}(live|failed) /m);
    const seen = { ...LIVE, provenAt: undefined };
    const { out: half } = await holger(['status'], { status: [{ ...STATUS, live: seen }] });
    expect(half.replace(/\s+/g, ' ')).toContain(
      'not proven yet: not every endpoint has presented it',
    );
  });

  it('K34: prints what the services present before anything of holger is live', async () => {
    const first = { ...STATUS, live: undefined, staged: undefined, generation: undefined };
    const { out } = await holger(['status'], { status: [first] });
    expect(out.replace(/\s+/g, ' ')).toContain(
      'live no generation of holger is deployed; the services present generation 1, another certificate',
    );
  });

  it('K34: has a row for each certificate, and explains those that are not idle', async () => {
    const status = Array.from({ length: 30 }, (_, at) => ({ ...idle, certificate: `mx${at}` }));
    const { out } = await holger(['status'], { status: [...status, STATUS] });
    const lines = out.split('\n');
    expect(lines[1]).toMatch(/^mx0 +idle +2026-12-11 20d +on +in 10d: renewal$/);
    expect(lines.filter((line) => line.startsWith('mx'))).toHaveLength(32);
    expect(out).toContain('mx1: the RRset without the staged record may be cached\n  hint: wait\n');
    expect(widest(out)).toBeLessThanOrEqual(80);
    expect((await holger(['status', '-v'], { status: [idle, STATUS] })).out).toContain('  names ');
  });

  it('says once for each CA until when it takes no new order, and why', async () => {
    const because = 'the CA limits the order: too many new orders';
    const hint = 'open this URL:\nhttps://ca.example/unpause';
    const ca = { ...STATUS.ca, limited: { until: NOW + 7260, because, hint } };
    const waits = { ...STATUS, ca, why: [because], hints: [hint] };
    const text = `no new orders until 2026-11-21T14:01:00Z (in 2h 1m): ${because}`;
    const plain = (out: string): string => out.replace(/\s+/g, ' ');
    const others = ['mx2', 'mx3'].map((certificate) => ({ ...waits, certificate }));
    const { out } = await holger(['status'], { status: [{ ...idle, ca }, waits, ...others] });
    expect(plain(out).split(because)).toHaveLength(2);
    expect(plain(out)).toContain(`https://acme-staging-v02.api.example/directory: ${text}`);
    expect(out.split('\n').filter((line) => line.includes('/unpause'))).toHaveLength(1);
    // One in full.
    const { out: one } = await holger(['status'], { status: [{ ...idle, ca }] });
    expect(plain(one)).toContain(text);
    const { out: two } = await holger(['status'], { status: [waits] });
    expect(plain(two).split(because)).toHaveLength(2);
    const { out: json } = await holger(['status', '--json'], { status: [waits] });
    expect(JSON.parse(json)).toMatchObject({
      certificates: [{ ca: { limited: { until: '2026-11-21T14:01:00Z', because, hint } } }],
    });
  });

  it('K45: shows a change that a person has to make, as zone file lines and for nsupdate', async () => {
    const data = `3 1 1 ${'ab'.repeat(32)}`;
    const pending: readonly PendingChange[] = [
      {
        ...{ certificate: 'mx1', zone: 'example.org.', owner: OWNER, type: 'TLSA', ttl: 3600 },
        ...{ add: [data], remove: [`3 1 1 ${'cd'.repeat(32)}`], since: NOW - 3600 },
      },
    ];
    for (const status of [[{ ...STATUS, pending }], [idle, { ...STATUS, pending }]]) {
      const { out } = await holger(['status'], { status });
      expect(out).toContain(`${OWNER} 3600 IN TLSA ${data}\n`);
      expect(out).toContain(`update add ${OWNER} 3600 TLSA ${data}\n`);
      expect(out).toContain(`update delete ${OWNER} TLSA 3 1 1 cdcd`);
    }
  });

  it('is one document with --json', async () => {
    const document = JSON.parse((await holger(['status', 'mx1', '--json'])).out) as unknown;
    expect(document).toMatchObject({
      schema: 1,
      certificates: [
        {
          certificate: 'mx1',
          until: '2026-11-21T14:01:00Z',
          services: [{ current: 1 }, { current: 0 }],
        },
      ],
    });
  });
});

describe('providers', () => {
  it('lists them within 80 columns, and one with its options', async () => {
    const { out, exit } = await holger(['providers']);
    expect(exit).toBe(0);
    expect(widest(out)).toBeLessThanOrEqual(80);
    for (const { type } of PROVIDERS) expect(out).toMatch(new RegExp(`^${type} `, 'm'));
    for (const { type, options } of PROVIDERS) {
      const one = await holger(['providers', type]);
      expect(widest(one.out), type).toBeLessThanOrEqual(80);
      for (const option of Object.keys(options)) expect(one.out).toContain(`\n  ${option} `);
      const json = JSON.parse((await holger(['providers', type, '--json'])).out) as object;
      expect(json).toMatchObject({ schema: 1, providers: [{ type }] });
    }
    const { exit: unknown, err } = await holger(['providers', 'desek']);
    expect(unknown).toBe(2);
    expect(err).toContain('desec');
  });

  it('tries one, step by step', async () => {
    const { out, exit, seen } = await holger(['providers', 'test', 'main']);
    expect(seen).toEqual([{ provider: 'main', zone: undefined }, 'closed']);
    expect(out).toBe('ok     zone: example.org\nok     TXT: a first record: x\n');
    expect(exit).toBe(0);
    const failing = await holger(['providers', 'test', 'main', '--zone', 'example.org', '--json']);
    expect(failing.exit).toBe(1);
    const lines = failing.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(lines.at(-1)).toEqual({ event: 'summary', provider: 'main', failures: 1 });
  });
});

describe('K41: account show', () => {
  const account: AccountReport = {
    directory: 'https://acme.example.org/directory',
    keyFile: '/var/lib/holger/accounts/acme/key.pem',
    url: 'https://acme.example.org/acct/7',
    status: 'valid',
    contact: ['mailto:hostmaster@example.org'],
    termsOfService: 'https://acme.example.org/terms',
    caaIdentities: ['example.org'],
  };

  it('prints the account, with the value of a CAA record that names it', async () => {
    const { out, exit, seen } = await holger(['account', 'show'], { account });
    expect(seen).toEqual([{ update: false }, 'closed']);
    expect(exit).toBe(0);
    expect(out).toBe(
      [
        'account    https://acme.example.org/acct/7',
        'status     valid',
        'contact    mailto:hostmaster@example.org',
        'directory  https://acme.example.org/directory',
        'key        /var/lib/holger/accounts/acme/key.pem',
        'terms      https://acme.example.org/terms',
        'CAA        0 issue "example.org; accounturi=https://acme.example.org/acct/7"',
        '',
      ].join('\n'),
    );
    const json = await holger(['account', 'show', '--json'], { account });
    expect(JSON.parse(json.out)).toMatchObject({ account });
  });

  it('ends with what is wrong: no account, not valid, a CA that does not answer', async () => {
    const none = await holger(['account', 'show']);
    expect(none.exit).toBe(1);
    expect(none.out).toContain('account    none; holger account update creates it\n');
    const off = { ...account, status: 'deactivated' };
    expect((await holger(['account', 'show'], { account: off })).exit).toBe(4);
    const { directory, url = '' } = account;
    const failure = { code: 'ACME_UNREACHABLE', message: 'the CA is away', exit: 3 } as const;
    const away = await holger(['account', 'show'], { account: { directory, url, failure } });
    expect(away.exit).toBe(3);
    expect(away.out).toContain(`account    ${url}\n`);
    expect(away.out).toContain('CA         the CA is away\n');
  });

  it('prints the same for update, once the CA has accepted it', async () => {
    const { seen } = await holger(['account', 'update'], { account });
    expect(seen).toEqual([{ update: true }, 'closed']);
  });
});

describe('operations', () => {
  const none = { wait: false, dryRun: false };
  it.each([
    ['rollback mx1 --dry-run', { kind: 'rollback' }, { dryRun: true }],
    ['off mx1 --wait', { kind: 'off' }, { wait: true }],
    ['off mx1 --undo', { kind: 'on' }, {}],
    ['emergency mx1 --keep-records', { kind: 'emergency', records: 'keep' }, {}],
    ['emergency mx1 --withdraw-records', { kind: 'emergency', records: 'withdraw' }, {}],
    ['adopt mx1', { kind: 'adopt' }, {}],
    [
      'adopt mx1 --certificate c --key k',
      { kind: 'adopt', files: { certificate: 'c', key: 'k' } },
      {},
    ],
    ['forget mx1 192.0.2.1', { kind: 'forget', address: '192.0.2.1' }, {}],
  ])('%s', async (args, what, flags) => {
    const { exit, seen } = await holger(args.split(' '));
    expect(exit).toBe(0);
    expect(seen[0]).toEqual({ certificate: 'mx1', what, ...none, ...flags });
  });

  it('explains both ways to replace a compromised key before it does anything', async () => {
    const { exit, out, seen } = await holger(['emergency', 'mx1']);
    expect({ exit, seen }).toEqual({ exit: 2, seen: ['closed'] });
    expect(out).toContain('--keep-records');
    expect(out).toContain('new key live: 2026-11-21T14:01:00Z (in 2h 1m)');
    expect(out).toContain('opportunistic TLS');
    expect(widest(out)).toBeLessThanOrEqual(80);
    const json = await holger(['emergency', 'mx1', '--json']);
    expect(JSON.parse(json.out)).toMatchObject({
      schema: 1,
      choices: [{ records: 'keep', safeAt: '2026-11-21T16:02:00Z' }, { records: 'withdraw' }],
    });
  });

  it('revokes by number and by reason', async () => {
    const args = ['revoke', 'mx1', '--generation', '3', '--reason', 'keyCompromise'];
    const { exit, out, seen } = await holger(args);
    expect({ exit, out }).toEqual({ exit: 0, out: 'generation 3 of mx1 is revoked\n' });
    expect(seen[0]).toEqual({ certificate: 'mx1', generation: 3, reason: 1, dryRun: false });
  });

  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
    'K32: "%s" is not a reason for a revocation, and nothing is revoked',
    async (reason) => {
      const { exit, err, seen } = await holger(['revoke', 'mx1', '--reason', reason]);
      expect(exit).toBe(2);
      expect(err).toContain('reason for a revocation');
      expect(seen).toEqual([]);
    },
  );

  it.each([
    'emergency mx1 --keep-records --withdraw-records',
    'adopt mx1 --key k',
    'revoke mx1 --reason because',
    'revoke mx1 --generation new',
    'forget mx1',
  ])('%s: one message, nothing done', async (args) => {
    const { exit, err, seen } = await holger(args.split(' '));
    expect(exit).toBe(2);
    expect(err).toMatch(/^holger: error: /);
    expect(seen).toEqual([]);
  });
});

describe('K5: leaving the configuration', () => {
  const renamed: Event = {
    ...{ event: 'renamed', at: NOW, certificate: 'mail', from: 'mx1' },
    ...{ oldLive: '/s/certificates/mx1/live', live: '/s/certificates/mail/live' },
    replaced: '/s/archive/mail-replaced-1',
  };
  const summary: RunSummary = {
    exit: 0,
    certificates: [{ certificate: 'mail', state: 'renamed', exit: 0, why: [] }],
  };

  it('rename passes both names and its flags on', async () => {
    const request = { from: 'mx1', to: 'mail', wait: false, dryRun: false };
    for (const [flag, on] of [
      ['--dry-run', { dryRun: true }],
      ['--wait', { wait: true }],
    ] as const) {
      const { seen } = await holger(['rename', 'mx1', 'mail', flag]);
      expect(seen).toEqual([{ ...request, ...on }, 'closed']);
    }
    const half = await holger(['rename', 'mx1']);
    expect({ exit: half.exit, seen: half.seen }).toEqual({ exit: 2, seen: [] });
  });

  it('and says what continues, and where services read from now on', async () => {
    const { exit, out, err } = await holger(['rename', 'mx1', 'mail'], {
      events: [renamed],
      summary,
    });
    expect(exit).toBe(0);
    expect(out).toMatch(/^mail +renamed/m);
    const told = err.replaceAll(/\s+/g, ' ');
    expect(told).toContain('mail: renamed: it was "mx1", and keeps its keys');
    expect(told).toContain('are in /s/archive/mail-replaced-1');
    expect(told).toContain('let them read /s/certificates/mail/live');
    expect(widest(err)).toBeLessThanOrEqual(80);
    const json = await holger(['rename', 'mx1', 'mail', '--json'], { events: [renamed], summary });
    const [event, last] = json.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(event).toMatchObject({ event: 'renamed', certificate: 'mail', from: 'mx1' });
    expect(last).toMatchObject({ event: 'summary', exit: 0, certificates: summary.certificates });
  });

  it('a dry run of it names its only stage', async () => {
    const way = [{ stage: 'rename', at: NOW, from: 'mx1' }] as const;
    const planned = {
      event: 'planned',
      at: NOW,
      certificate: 'mail',
      step: '',
      way,
      targets: [],
    } as const;
    const { out } = await holger(['rename', 'mx1', 'mail', '--dry-run'], { events: [planned] });
    expect(out).toContain('take over keys, chains and state of "mx1"');
  });
});
