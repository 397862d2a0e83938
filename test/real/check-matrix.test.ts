// `holger check` over many broken hosts: what it finds at each, and whether the programs of others
// agree.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RuleName } from '../../src/check/rules/catalogue.ts';
import type { Severity } from '../../src/check/rules/severity.ts';
import type { Outcome } from '../../src/check/judge/verdict.ts';
import { dig } from '../lab/checks.ts';
import { aliasZones, type Judgement } from '../lab/dane-judges.ts';
import { startLab, type Lab } from '../lab/lab.ts';
import { recordsAt } from '../lab/observe.ts';
import type { RunResult } from '../lab/processes.ts';
import { anchorCases } from './check-matrix/anchors.cases.ts';
import type { Judge, MailCase, ServiceCase } from './check-matrix/case.ts';
import { behindTheResolver, dnsCases, zones } from './check-matrix/dns.cases.ts';
import {
  expectedOfMail,
  expectedOfService,
  judgeMail,
  judgeService,
} from './check-matrix/judging.ts';
import type { Judgements } from './check-matrix/judging.ts';
import { mailCases } from './check-matrix/mail.cases.ts';
import { recordCases } from './check-matrix/records.cases.ts';
import { repeatedCase, starttlsCases } from './check-matrix/starttls.cases.ts';
import {
  addressesOf,
  domainOf,
  equipPostfix,
  handMade,
  publish,
  relaysOf,
  startHosts,
  startRelays,
  targetOf,
} from './check-matrix/world.ts';

const INDEX = 93;
const once = [...recordCases, ...anchorCases, ...starttlsCases, ...dnsCases, ...behindTheResolver];
const services = [...once, repeatedCase];
const addresses = addressesOf(services, INDEX);

/**
 * Rules that no row finds. Only they and those of the rows are compared: a rule in neither has
 * tests of its own.
 */
const NEVER: readonly RuleName[] = ['ttl-too-long', 'not-asked', 'not-checked', 'mx-fails'];
const known = new Set([...NEVER, ...[...services, ...mailCases].flatMap(({ finds }) => finds)]);

interface Found {
  readonly severity: Severity;
  readonly findings: readonly { readonly rule: RuleName }[];
}
interface FoundService extends Found {
  readonly endpoints: readonly { readonly algorithm: string; readonly outcome: Outcome }[];
}
interface FoundMail extends Found {
  readonly mx: { readonly kind: string };
  readonly services: readonly FoundService[];
}

let lab: Lab;
let ends: readonly (() => void)[] = [];
const foundServices = new Map<ServiceCase, FoundService>();
const foundMail = new Map<MailCase, FoundMail>();
const judged = new Map<ServiceCase | MailCase, Judgements>();

beforeAll(async () => {
  const relays = relaysOf(INDEX);
  lab = await startLab({
    ...{
      index: INDEX,
      ttl: 60,
      parts: ['parent', 'primary', 'nsd', 'knot', 'resolver', 'mail', 'relay'],
    },
    withRsa: ['mail'],
    handMade: handMade(zones, addresses, mailCases, relays),
  });
  ends = [await startHosts(addresses), await startRelays(lab, relays)];
  await Promise.all([
    publish(lab, addresses, mailCases),
    equipPostfix(lab, services),
    aliasZones(lab),
  ]);
  await Promise.all([
    checkAll(foundServices, once, targetOf),
    checkAll(foundServices, [repeatedCase], targetOf, '--repeat', '4'),
    checkAll(foundMail, mailCases, domainOf, '--mx'),
    ...services.map(async (row) =>
      judged.set(row, await judgeService(lab, row, addresses.get(row) ?? [])),
    ),
    ...mailCases.map(async (row) => judged.set(row, await judgeMail(lab, row))),
  ]);
}, 180_000);
afterAll(async () => {
  for (const end of ends) end();
  await lab?.stop();
});

const check = (...args: readonly string[]): Promise<RunResult> =>
  lab.run(
    [
      ...[process.execPath, join(process.cwd(), 'dist/holger.mjs'), '--json'],
      ...['check', '--resolver', lab.resolver.v4, ...args],
    ],
    { timeoutMs: 60_000 },
  );

/** One run for all of them: the report has them in the order of the arguments. */
async function checkAll<Row, F>(
  found: Map<Row, F>,
  rows: readonly Row[],
  target: (row: Row) => string,
  ...args: readonly string[]
): Promise<void> {
  const { stdout, stderr } = await check(...args, ...rows.map(target));
  expect(stderr).toBe('');
  const { targets } = JSON.parse(stdout) as { readonly targets: readonly F[] };
  rows.forEach((row, at) => {
    const one = targets[at];
    if (one !== undefined) found.set(row, one);
  });
}

const rulesOf = (...all: readonly (Found | undefined)[]): RuleName[] =>
  [...new Set(all.flatMap((found) => found?.findings.map(({ rule }) => rule) ?? []))]
    .filter((rule) => known.has(rule))
    .sort();

const outcomesOf = (found: FoundService | undefined): Outcome[] =>
  (found?.endpoints ?? [])
    .map(({ outcome }) => outcome)
    .filter((outcome) => outcome !== 'not-offered');

/** "all the same", or one by one. */
const expectedOutcomes = ({ outcome }: ServiceCase, found: readonly Outcome[]) =>
  typeof outcome === 'string'
    ? found.length === 0
      ? [outcome]
      : found.map(() => outcome)
    : outcome;

describe('services', () => {
  test.each(services)('$name ($host)', (row) => {
    const found = foundServices.get(row);
    const outcomes = outcomesOf(found);
    expect({ severity: found?.severity, outcomes, rules: rulesOf(found) }).toEqual({
      severity: row.severity,
      outcomes: expectedOutcomes(row, outcomes),
      rules: [...row.finds].sort(),
    });
  });
});

describe('mail domains', () => {
  test.each(mailCases)('$name ($domain)', (row) => {
    const found = foundMail.get(row);
    expect({
      severity: found?.severity,
      kind: found?.mx.kind,
      outcomes: found?.services.flatMap(outcomesOf),
      rules: rulesOf(found, ...(found?.services ?? [])),
    }).toEqual({
      severity: row.severity,
      kind: row.kind,
      outcomes: row.outcome,
      rules: [...row.finds].sort(),
    });
  });
});

describe('judges', () => {
  test.each(services)('$name ($host)', (row) => {
    const outcomes = outcomesOf(foundServices.get(row));
    agree(row, (looks) => expectedOfService(row, outcomes, looks));
  });
  test.each(mailCases)('$name ($domain)', (row) => agree(row, () => expectedOfMail(row)));
});

/** Each judge agrees with holger, or differs as the row says. */
function agree(
  row: ServiceCase | MailCase,
  expectedOf: (looks: number) => readonly Judgement[],
): void {
  const all = Object.entries(judged.get(row) ?? {});
  const silent = Object.values(row.differs ?? {}).filter(({ says }) => says === 'silent');
  expect(all.length + silent.length).toBeGreaterThan(0);
  for (const [judge, said] of all) {
    const difference = row.differs?.[judge as Judge];
    const expected =
      difference === undefined ? expectedOf(said.length) : said.map(() => difference.says);
    const words = said.map((one) => one.words).join('\n');
    expect(
      said.map(({ says }) => says),
      `${judge}, ${difference?.because ?? 'as holger'}: ${words}`,
    ).toEqual(expected);
  }
}

describe('what the resolver does not show exists', () => {
  const ask = (server: string, ...args: string[]): Promise<string> =>
    dig(['+norec', '+time=2', '+tries=1', `@${server}`, ...args]);

  test('a server fails for TLSA, and for nothing else', async () => {
    const { deaf } = relaysOf(INDEX);
    expect(await ask(deaf, '_25._tcp.mx.half-deaf.test', 'TLSA')).toContain('status: SERVFAIL');
    expect(await ask(deaf, 'mx.half-deaf.test', 'A')).toContain('status: NOERROR');
  });

  test('a server sends large answers over TCP alone, and refuses it', async () => {
    const query = [relaysOf(INDEX).narrow, '_25._tcp.mx.half-narrow.test', 'TLSA'] as const;
    expect(await ask(...query, '+ignore')).toMatch(/flags:[^;]* tc/);
    expect(await ask(...query, '+tcp')).toContain('connection refused');
  });

  test('_tcp is denied, and the denial is bogus', async () => {
    const query = [`@${lab.resolver.v4}`, '_tcp.mx.gap.test', 'A'];
    expect(await dig(query)).toContain('status: SERVFAIL');
    expect(await dig([...query, '+cd'])).toContain('status: NOERROR');
  });

  test('two secondaries answer differently', async () => {
    const { nsd, knot } = lab.servers;
    const counts = [nsd, knot].map(({ v4 }) => recordsAt(v4, '_25._tcp.lagging.dane.test'));
    expect((await Promise.all(counts)).map((records) => records.length)).toEqual([3, 2]);
  });
});

describe('exit status', () => {
  const rowOf = (host: string): string =>
    targetOf(once.find((row) => row.host === host) ?? repeatedCase);
  test.each([
    ['ok', 0, ['good']],
    ['a warning', 0, ['left-over']],
    ['a warning with --strict', 1, ['--strict', 'left-over']],
    ['nothing known', 3, ['refused']],
    ['critical', 1, ['bad-hash']],
    ['the worst of several', 1, ['good', 'bad-hash', 'refused']],
  ] as const)('%s: %i', async (_, status, args) => {
    const argv = args.map((arg) => (arg.startsWith('--') ? arg : rowOf(arg)));
    expect((await check(...argv)).status).toBe(status);
  });
});
