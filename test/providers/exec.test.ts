// What each exit status of a command means, and what is read from DNS where it cannot answer
// queries.
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { OptionValues, ProviderTools } from '../../providers/_kit/kind.ts';
import { exec } from '../../providers/exec/exec.ts';
import { AppError } from '../../src/base/errors.ts';
import { fqdn } from '../../src/dns/name.ts';
import type { RdataHex, RRset } from '../../src/dns/rrset.ts';
import { registerSecret } from '../../src/observe/redact.ts';
import type { DnsProvider, RRsetEdit } from '../../src/ports/provider.ts';
import { toolsFor } from '../conformance/tools.ts';

const tlsa = (octet: string): RdataHex => `030101${octet.repeat(32)}`;
const [A, B] = [tlsa('aa'), tlsa('bb')];
const ZONE = fqdn('example.org');
const OWNER = fqdn('_25._tcp.mx1.example.org');

let folder: string;
/** What the name servers serve. */
let served: RRset | undefined;
let clock: number;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holger-exec-'));
  served = undefined;
  clock = 0;
});
afterEach(() => rm(folder, { recursive: true }));

async function open(
  script: string,
  more: Partial<OptionValues<typeof exec.options>> = {},
): Promise<DnsProvider> {
  const file = join(folder, 'command');
  await writeFile(file, `#!/bin/sh\ncd ${folder}\n${script}\n`);
  await chmod(file, 0o755);
  const tools: ProviderTools = {
    ...toolsFor().tools,
    clock: { now: () => clock, sleep: () => Promise.resolve() },
    look: () => Promise.resolve(served),
    zoneOf: () => Promise.resolve(ZONE),
  };
  return exec.open({ command: [file], timeout: undefined, compatible: undefined, ...more }, tools);
}

function serve(...rdata: RdataHex[]): void {
  served = { owner: OWNER, type: 'TLSA', ttl: 3600, rdata };
}

const edit = (change: Partial<RRsetEdit>): RRsetEdit => ({
  ...{ zone: ZONE, owner: OWNER, type: 'TLSA', ttl: 3600, add: [], remove: [], expect: [] },
  ...change,
});

const calls = async (): Promise<string[]> =>
  (await readFile(join(folder, 'calls'), 'utf8')).trim().split('\n');

async function failure(act: Promise<unknown>): Promise<AppError> {
  const error: unknown = await act.catch((reason: unknown) => reason);
  if (error instanceof AppError) return error;
  throw new Error(`no error: ${String(error)}`);
}

const ONLY_APPLIES = 'tee -a calls | grep -q \'"operation":"apply"\' || exit 64';

it.each([
  [75, { code: 'PROVIDER_FAILED', retry: true, message: /asks to be called again later/ }],
  [77, { code: 'UPDATE_REFUSED', retry: false, message: /refused the change of TLSA at _25/ }],
  // In most languages a crash ends with this status.
  [1, { code: 'PROVIDER_FAILED', retry: true, message: /ended with status 1/ }],
])('status %i', async (status, { message, ...error }) => {
  const provider = await open(`${ONLY_APPLIES}\necho no luck today >&2; exit ${status}`);
  const found = await failure(provider.apply(edit({ add: [A] }), {}));
  expect(found).toMatchObject(error);
  expect(found.message).toMatch(message);
  expect(found.message).toContain('no luck today');
});

it("prints the end of the command's output, without secrets and control characters", async () => {
  registerSecret('s3cret-of-the-api');
  const provider = await open(`printf 'a\\033[31mb s3cret-of-the-api'; exit 3`);
  const { message } = await failure(provider.read(ZONE, OWNER, 'TLSA', {}));
  expect(message).toMatch(/its last output: a \[31mb \[redacted\]$/);
});

it('stops a command that takes too long, and does not know how far it came', async () => {
  const provider = await open('sleep 20', { timeout: 0.2 });
  const found = await failure(provider.apply(edit({ add: [A] }), {}));
  expect(found).toMatchObject({ code: 'PROVIDER_FAILED', retry: true });
});

it('has written nothing when the command cannot be started', async () => {
  const provider = await open('', { command: [join(folder, 'none')] });
  const found = await failure(provider.apply(edit({ add: [A] }), {}));
  expect(found).toMatchObject({ code: 'UPDATE_REFUSED' });
});

it('reads DNS where the command cannot answer queries, and asks the command once', async () => {
  serve(A);
  const provider = await open(ONLY_APPLIES);
  expect(await provider.findZone(OWNER, {})).toBe(ZONE);
  expect(await provider.read(ZONE, OWNER, 'TLSA', {})).toEqual(served);
  expect(await provider.read(ZONE, OWNER, 'TLSA', {})).toEqual(served);
  const operations = (await calls()).map(
    (line) => (JSON.parse(line) as { operation: string }).operation,
  );
  expect(operations).toEqual(['find-zone', 'read']);
});

it('does not count as lost what DNS does not serve yet, for a while', async () => {
  serve(A);
  const provider = await open(ONLY_APPLIES);
  const addition = edit({ add: [B], expect: [A] });
  expect(await provider.apply(addition, {})).toBe('accepted');
  expect((await provider.read(ZONE, OWNER, 'TLSA', {}))?.rdata).toEqual([A, B]);
  expect(await provider.apply(addition, {})).toBe('accepted');
  expect(await calls()).toHaveLength(2);
  clock = 301;
  expect((await provider.read(ZONE, OWNER, 'TLSA', {}))?.rdata).toEqual([A]);
  expect(await provider.apply(addition, {})).toBe('accepted');
  expect(await calls()).toHaveLength(3);
  // A different answer is the newest that is known.
  serve(B);
  expect((await provider.read(ZONE, OWNER, 'TLSA', {}))?.rdata).toEqual([B]);
  expect(await provider.apply(edit({ add: [A], expect: [] }), {})).toBe('conflict');
});

it('gives the command what docs/providers/own.md describes', async () => {
  const page = await readFile(new URL('../../docs/providers/own.md', import.meta.url), 'utf8');
  const shown = [...page.matchAll(/^```json\n([^]*?)^```$/gm)].map(
    ([, text = '']) => JSON.parse(text) as Record<string, unknown>,
  );
  const change = shown.find(({ operation }) => operation === 'apply');
  const rdata = (key: 'now' | 'add' | 'remove'): RdataHex[] =>
    (change?.[key] as string[]).map((text) => text.replace(/(\d+) (\d+) (\d+) /, '0$10$20$3'));
  const [before, add, remove] = [rdata('now'), rdata('add'), rdata('remove')];
  serve(...before);
  const provider = await open(ONLY_APPLIES);
  await provider.apply(edit({ add, remove, expect: before, ttl: Number(change?.['ttl']) }), {});
  const [, told = ''] = await calls();
  expect(JSON.parse(told)).toEqual(change);
  const answer = shown.find(({ records }) => records !== undefined);
  const knowing = await open(`cat >/dev/null; echo '${JSON.stringify(answer)}'`);
  const { ttl, rdata: held } = (await knowing.read(ZONE, OWNER, 'TLSA', {})) ?? {};
  expect({ ttl, held }).toEqual({ ttl: answer?.['ttl'], held: before });
});
