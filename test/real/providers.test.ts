// The conformance suite on real servers.
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { powerdns } from '../../providers/powerdns.ts';
import { readKeyFile } from '../../providers/rfc2136/key-file.ts';
import { rfc2136 } from '../../providers/rfc2136/kind.ts';
import { fqdn } from '../../src/dns/name.ts';
import type { Fqdn } from '../../src/dns/name.ts';
import type { DnsProvider, RRsetEdit } from '../../src/ports/provider.ts';
import type { OptionValues, Options, ProviderKind } from '../../providers/_kit/kind.ts';
import { A } from '../conformance/subject.ts';
import { conformsOn } from '../conformance/suite.ts';
import { toolsFor } from '../conformance/tools.ts';
import { startPrimary } from '../lab/primaries.ts';
import type { Make, RunningPrimary } from '../lab/primaries.ts';
import { must } from '../lab/processes.ts';
import { realSide, ZONES } from './far-sides.ts';

/** Started before the tests of the block that it is called in. */
function primaryOf(make: Make, index: number): () => RunningPrimary {
  let primary: RunningPrimary | undefined;
  beforeAll(async () => {
    primary = await startPrimary(make, index, ZONES);
  });
  afterAll(() => primary?.stop());
  return () => {
    if (primary === undefined) throw new Error(`${make} is not up`);
    return primary;
  };
}

describe('PowerDNS over HTTP', () => {
  const primary = primaryOf('powerdns', 101);
  const options = (changes: object = {}): Record<string, unknown> => ({
    ...{ key: primary().secret, endpoint: primary().apiUrl },
    ...changes,
  });
  conformsOn('PowerDNS', powerdns, () => realSide(primary(), options()));

  const zone = fqdn('example.org');
  const edit = (owner: Fqdn, changes: Partial<RRsetEdit>): RRsetEdit => ({
    ...{ zone, owner, type: 'TLSA', ttl: 60, add: [], remove: [], expect: [] },
    ...changes,
  });
  const tools = toolsFor();
  afterAll(() => tools.close());
  const kind: ProviderKind = powerdns;
  const open = async (changes?: object): Promise<DnsProvider> =>
    kind.open(options(changes) as OptionValues<Options>, tools.tools);
  const ask = (method: string, body?: object): Promise<Response> =>
    fetch(`${primary().apiUrl}/api/v1/servers/localhost/zones/${zone}`, {
      ...{ method, headers: { 'x-api-key': primary().secret } },
      ...(body && { body: JSON.stringify(body) }),
    });

  it('keeps disabled records and comments, and serves none of them', async () => {
    const owner = fqdn('_25._tcp.kept.example.org');
    const disabled = { content: `3 1 1 ${'dd'.repeat(32)}`, disabled: true };
    const comments = [{ content: 'ask Ann', account: 'ann' }];
    const set = { name: owner, type: 'TLSA', ttl: 60, records: [disabled], comments };
    await ask('PATCH', { rrsets: [{ ...set, changetype: 'REPLACE' }] });
    const held = async (): Promise<unknown> => {
      const { rrsets } = (await (await ask('GET')).json()) as { rrsets: { name: string }[] };
      return rrsets.find(({ name }) => name === owner);
    };
    const provider = await open();
    expect(await provider.read(zone, owner, 'TLSA', {})).toBeUndefined();
    expect(await provider.apply(edit(owner, { add: [A] }), {})).toBe('accepted');
    expect(await provider.read(zone, owner, 'TLSA', {})).toMatchObject({ rdata: [A] });
    expect(await held()).toMatchObject({
      comments,
      records: expect.arrayContaining([disabled]) as unknown,
    });
    expect(await provider.apply(edit(owner, { remove: [A], expect: [A] }), {})).toBe('accepted');
    expect(await held()).toMatchObject({ comments, records: [disabled] });
  });

  it('names a key that is not accepted, and a server that cannot be reached', async () => {
    const owner = fqdn('_25._tcp.no.example.org');
    const denied = (await open({ key: 'wrong' })).apply(edit(owner, { add: [A] }), {});
    await expect(denied).rejects.toMatchObject({ code: 'PROVIDER_AUTH' });
    const elsewhere = (await open({ server: 'other' })).apply(edit(owner, { add: [A] }), {});
    await expect(elsewhere).rejects.toMatchObject({ code: 'UPDATE_REFUSED' });
  });

  it('makes no change to a copy, where the next transfer would undo it', async () => {
    const owner = fqdn('_25._tcp.copy.example.org');
    await primary().pdnsutil('set-kind', 'example.org', 'secondary');
    try {
      const attempt = (await open()).apply(edit(owner, { add: [A] }), {});
      await expect(attempt).rejects.toMatchObject({
        code: 'UPDATE_REFUSED',
        message: expect.stringContaining('primary') as string,
      });
    } finally {
      await primary().pdnsutil('set-kind', 'example.org', 'primary');
    }
    expect(await (await open()).read(zone, owner, 'TLSA', {})).toBeUndefined();
  });

  it('writes a native zone, which notifies no secondary', async () => {
    const owner = fqdn('_25._tcp.native.example.org');
    await primary().pdnsutil('set-kind', 'example.org', 'native');
    expect(await (await open()).apply(edit(owner, { add: [A] }), {})).toBe('accepted');
  });
});

describe.each([
  { make: 'bind', index: 106 },
  { make: 'knot', index: 107 },
  { make: 'powerdns', index: 108 },
] as const)('DNS UPDATE', ({ make, index }) => {
  const primary = primaryOf(make, index);
  const options = async (): Promise<Record<string, unknown>> => ({
    server: [
      // The first address has no server; the second of them answers.
      { host: `127.53.${index}.200`, port: 53 },
      { host: primary().host.v4, port: 53 },
    ],
    key_file: await readFile(primary().keyFile('lab'), 'utf8'),
  });
  const unsigned = make === 'knot' ? { refusesUnsigned: true as const } : {};
  conformsOn(make, rfc2136, async () => ({
    ...(await realSide(primary(), await options())),
    ...unsigned,
  }));
});

it.each([
  ['tsig-keygen', ['tsig-keygen', '-a', 'hmac-sha512', 'holger.example.org'], 'hmac-sha512'],
  ['keymgr -t', ['keymgr', '-t', 'holger.example.org', 'hmac-sha384'], 'hmac-sha384'],
])('reads a key as %s prints it today', async (_, command, algorithm) => {
  const text = await must(command);
  const secret = /secret:? "?([\w+/=]+)/.exec(text)?.[1] ?? '';
  expect(readKeyFile(text)).toEqual({
    ...{ name: 'holger.example.org.', algorithm },
    secret: new Uint8Array(Buffer.from(secret, 'base64')),
  });
});
