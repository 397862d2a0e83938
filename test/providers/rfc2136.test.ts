// Which zone a primary has for a name, and what its answers mean for an update: a missing answer
// means neither "none" nor "no".
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createRfc2136 } from '../../providers/rfc2136/rfc2136.ts';
import { fqdn } from '../../src/dns/name.ts';
import { RCODE } from '../../src/dns/record-type.ts';
import { signMessage } from '../../src/dns/tsig.ts';
import type { TsigKey } from '../../src/dns/tsig.ts';
import { readQuestions } from '../../src/dns/wire-reader.ts';
import type { DnsProvider } from '../../src/ports/provider.ts';
import type { ServerAddress } from '../../src/resolver/transport.ts';
import { fakeServer, respond } from '../resolver/fake-server.ts';
import type { FakeResponse } from '../resolver/fake-server.ts';

const KEY: TsigKey = {
  ...{ name: fqdn('lab'), algorithm: 'hmac-sha256', secret: new Uint8Array(32).fill(7) },
};
const SOA = `00${'00'.repeat(21)}`;
const ZONE = fqdn('example.org');
const NOW = 1_795_262_400;

let close: (() => Promise<void>) | undefined;
afterEach(() => close?.());

type Sign = (unsigned: Uint8Array, requestMac: Uint8Array) => Uint8Array;

const signedAt =
  (timeSigned: number): Sign =>
  (unsigned, requestMac) =>
    signMessage(unsigned, KEY, { timeSigned, requestMac }).bytes;
const notSigned: Sign = (unsigned) => unsigned;

/** A primary of example.org that answers updates, and queries for the names below it, like this. */
async function primary(
  below: FakeResponse,
  sign: Sign = signedAt(NOW),
  before: readonly ServerAddress[] = [],
): Promise<DnsProvider> {
  const server = await fakeServer((request) => {
    const [question] = readQuestions(request).questions;
    const answer: FakeResponse =
      question?.name === ZONE && !isUpdate(request)
        ? { flags: ['AA'], answers: [{ owner: ZONE, type: 'SOA', rdata: SOA }] }
        : below;
    // The MAC is before the id, the error and the length of what else a TSIG record has (RFC 8945
    // §4.2).
    const unsigned = respond(withoutTsig(request), answer);
    const requestMac = request.subarray(-38, -6);
    return [sign(unsigned, requestMac)];
  });
  close = server.close;
  const clock = { now: () => NOW, sleep: () => Promise.resolve() };
  return createRfc2136({ servers: [...before, server], tsig: KEY, clock, timeout: 5 });
}

/** By its opcode (RFC 2136 §1.3). */
const isUpdate = (request: Uint8Array): boolean => ((request[2] ?? 0) & 0x78) === 5 << 3;

/** The question alone. */
function withoutTsig(request: Uint8Array): Uint8Array {
  return request.subarray(0, readQuestions(request).end);
}

const find = (provider: DnsProvider): Promise<unknown> =>
  provider.findZone(fqdn('mx1.example.org'), {}).catch((error: unknown) => error);

test.each([
  ['no such name', { rcode: RCODE.NXDOMAIN, flags: ['AA'] }],
  ['no SOA record', { flags: ['AA'] }],
  ['a zone that it does not serve', { rcode: RCODE.REFUSED, flags: [] }],
  ['a copy that is not its own', { flags: [] }],
] as const)('%s: the parent name is queried', async (_, below) => {
  expect(await find(await primary(below))).toBe(ZONE);
});

test.each([
  ['SERVFAIL', RCODE.SERVFAIL, 'PROVIDER_FAILED', true],
  ['FORMERR', RCODE.FORMERR, 'UPDATE_REFUSED', false],
] as const)('%s is not an answer: there may be a zone', async (rcode, number, code, retry) => {
  const error = await find(await primary({ rcode: number, flags: [] }));
  expect(error).toMatchObject({ code, retry, message: expect.stringContaining(rcode) as string });
});

const OWNER = fqdn('_25._tcp.mx1.example.org');
const EDIT = { zone: ZONE, owner: OWNER, type: 'TLSA', ttl: 60, expect: [], remove: [] } as const;

test.each([
  ['a refusal that it signs: nothing was written', RCODE.REFUSED, signedAt(NOW), 'UPDATE_REFUSED'],
  ['a refusal without a signature', RCODE.REFUSED, notSigned, 'TSIG_FAILED'],
  ['one that it is not the server of the zone', RCODE.NOTAUTH, notSigned, 'TSIG_FAILED'],
  ['an acceptance without a signature', RCODE.NOERROR, notSigned, 'TSIG_FAILED'],
  ['one that comes an hour late by our clock', RCODE.NOERROR, signedAt(NOW - 3600), 'TSIG_BADTIME'],
] as const)('an update that is answered by %s', async (_, rcode, sign, code) => {
  const provider = await primary({ rcode, flags: [] }, sign);
  const add = [`030101${'ab'.repeat(32)}`];
  await expect(provider.apply({ ...EDIT, add }, {})).rejects.toMatchObject({ code });
});

test('a zone does not exist where its server refuses without a signature', async () => {
  const provider = await primary({ rcode: RCODE.REFUSED, flags: [] }, notSigned);
  expect(await provider.findZone(fqdn('mx1.elsewhere.example'), {})).toBeUndefined();
});

test.each([
  ['breaks off', 'its conflict at the other', RCODE.YXRRSET, { code: 'PROVIDER_FAILED' }],
  ['breaks off', 'its refusal at the other', RCODE.REFUSED, { code: 'PROVIDER_FAILED' }],
  ['cannot be reached', 'its refusal at the other', RCODE.REFUSED, { code: 'UPDATE_REFUSED' }],
  ['breaks off', 'its success at the other', RCODE.NOERROR, 'accepted'],
  ['cannot be reached', 'its conflict at the other', RCODE.YXRRSET, 'conflict'],
] as const)('an update whose first address %s: %s', async (first, _, rcode, expected) => {
  const breaking = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.destroy());
  });
  await new Promise<void>((resolve) => breaking.listen(0, '127.0.0.1', resolve));
  const { port } = breaking.address() as AddressInfo;
  if (first === 'cannot be reached') await new Promise((resolve) => breaking.close(resolve));
  const other = await primary({ rcode, flags: [] }, signedAt(NOW), [
    { address: '127.0.0.1', port },
  ]);
  const add = [`030101${'ab'.repeat(32)}`];
  const outcome = await other.apply({ ...EDIT, add }, {}).catch((error: unknown) => error);
  if (breaking.listening) await new Promise((resolve) => breaking.close(resolve));
  if (typeof expected === 'string') expect(outcome).toBe(expected);
  else expect(outcome).toMatchObject(expected);
});
