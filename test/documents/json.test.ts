// docs/json.md: what --json prints. The fields of `check` are in docs/checking.md.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, test } from 'vitest';
import * as fields from './json-fields.ts';
import type { Fields } from './json-fields.ts';
import { ROOT, expectCurrent, table } from './page.ts';

const INTRODUCTION = `# JSON

With \`--json\`, results are JSON on stdout; the log stays on stderr. A document has \`schema\`, which is raised when a field changes its meaning.
New fields may come at any time. Times are texts like \`2026-11-21T14:05:00Z\`. A field of \`status\`, \`tlsa\` and \`caa\` that is not known is \`null\`.
The fields of \`holger check --json\`: [checking.md](checking.md#json).

An error is one line: \`event\` is \`error\`, and \`error\` has \`code\` ([errors.md](errors.md)), \`message\`, and perhaps \`hint\` and \`details\`.
`;

const rowsOf = (all: Fields): string[][] =>
  Object.entries(all).map(([key, means]) => [`\`${key}\``, means]);

const part = (title: string, all: Fields, text?: string): string =>
  [
    `${title}\n`,
    ...(text === undefined ? [] : [`${text}\n`]),
    table(['field', 'meaning'], rowsOf(all)),
  ].join('\n');

const events = Object.entries(fields.EVENTS).flatMap(([name, { about, fields: own }]) =>
  part(`### ${name}`, own, about),
);

const PAGE = [
  INTRODUCTION,
  '## run, issue, deploy and the operations\n',
  'One JSON document a line: events as they happen, then one line whose `event` is `summary`.\n',
  part('Each event has', fields.COMMON),
  part('The summary has', fields.SUMMARY),
  part('An outcome has', fields.OUTCOME),
  part('A reason has', fields.REASON),
  part('A stage of `way`, and `then`, have these fields as far as they apply:', fields.STAGE),
  part('A target of `planned` has', fields.TARGET_AHEAD),
  '## Events\n',
  ...events,
  '## status\n',
  part('The document has', fields.STATUS_DOCUMENT),
  part('A certificate has', fields.STATUS),
  part('`ca` has', fields.CA),
  part('`live` and `staged` have', fields.GENERATION),
  part('`renewal` has', fields.RENEWAL),
  part('One of its `candidates` has', fields.CANDIDATE),
  part('`tlsa` has', fields.TLSA),
  part('One of `owners` has', fields.OWNER),
  part('One of its `records` has', fields.RECORD),
  part('One of `pending` has', fields.PENDING),
  part('One of `services` has', fields.SERVICE),
  part('One of its `seen` has', fields.ENDPOINT),
  part('One of `targets` has', fields.TARGET),
  part('`trouble` has', fields.FAILURE),
  part('One of `leftBehind` has', fields.LEFT_BEHIND),
  '## history\n',
  part('The document has', fields.HISTORY_DOCUMENT),
  '## certificates\n',
  'The document has `certificates`, each with `certificate`, `names`, `ca`, `keyType`, `notAfter`, `tlsa`, `targets` and `renewal` as in\n`status`.\n',
  '## tlsa create\n',
  part('The document has', fields.TLSA_CREATE),
  part('A record has', fields.TLSA_RECORD),
  '## tlsa verify\n',
  part('The document has', fields.TLSA_VERIFY),
  part('`matched` and each of `records` have', fields.TLSA_VERDICT),
  '## caa\n',
  part('The document has', fields.CAA),
  part('One of `records` has', fields.CAA_RECORD),
  part('One of `aliases` has', fields.CAA_ALIAS),
  part('One of `domains` has', fields.CAA_DOMAIN),
].join('\n');

it('docs/json.md has every field of the types', async () => {
  await expectCurrent('json.md', PAGE);
});

/** What commands with --json printed in the transcripts, one text for each command. */
const FOLDER = join(ROOT, 'test/cli/transcripts');
const printed = readdirSync(FOLDER).flatMap((name) => {
  const [told = ''] = readFileSync(join(FOLDER, name), 'utf8').split(/^-- \S+ --$/m);
  return told
    .split(/^(?=> holger)/m)
    .filter((text) => /^> holger (status|tlsa|run|issue) .*--json/.test(text))
    .map((text) => {
      const [line = '', ...output] = text.split('\n');
      return [line, output.filter((it) => !/^(! |= )/.test(it)).join('\n')] as const;
    });
});

/** By command and by the field that holds an object, or a list of them; '': the document. */
const INSIDE: Readonly<Record<string, Readonly<Record<string, Fields>>>> = {
  status: {
    '': fields.STATUS_DOCUMENT,
    certificates: fields.STATUS,
    ca: fields.CA,
    live: fields.GENERATION,
    staged: fields.GENERATION,
    renewal: fields.RENEWAL,
    candidates: fields.CANDIDATE,
    tlsa: fields.TLSA,
    owners: fields.OWNER,
    records: fields.RECORD,
    pending: fields.PENDING,
    services: fields.SERVICE,
    seen: fields.ENDPOINT,
    targets: fields.TARGET,
    trouble: fields.FAILURE,
    reasons: fields.REASON,
    way: fields.STAGE,
    leftBehind: fields.LEFT_BEHIND,
  },
  'tlsa create': { '': fields.TLSA_CREATE, records: fields.TLSA_RECORD },
  'tlsa verify': {
    '': fields.TLSA_VERIFY,
    matched: fields.TLSA_VERDICT,
    records: fields.TLSA_VERDICT,
  },
};

/** `trouble.exit`: part of the object, and not in the table of its fields. */
function undocumented(value: unknown, tables: Readonly<Record<string, Fields>>, at = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => undocumented(item, tables, at));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    ...(tables[at]?.[key] === undefined ? [`${at}.${key}`] : []),
    ...undocumented(inner, tables, key),
  ]);
}

test.each(printed)('every field is on the page: %s', (line, text) => {
  const command = Object.keys(INSIDE).find((it) => line.startsWith(`> holger ${it} `)) ?? '';
  const { schema, ...document } = JSON.parse(text) as Record<string, unknown>;
  expect(schema).toBe(1);
  expect(undocumented(document, INSIDE[command] ?? {})).toEqual([]);
});

test('a status and both commands of tlsa are among them', () => {
  const lines = printed.map(([line]) => line).join('\n');
  for (const command of ['status', 'tlsa create', 'tlsa verify']) expect(lines).toContain(command);
});
