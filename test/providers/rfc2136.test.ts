// Which zone a primary has for a name: what it does not say is not "none".
import { afterEach, expect, test } from 'vitest';
import { createRfc2136 } from '../../providers/rfc2136/rfc2136.ts';
import { fqdn } from '../../src/dns/name.ts';
import { RCODE } from '../../src/dns/record-type.ts';
import { signMessage } from '../../src/dns/tsig.ts';
import type { TsigKey } from '../../src/dns/tsig.ts';
import { readQuestions } from '../../src/dns/wire-reader.ts';
import type { DnsProvider } from '../../src/ports/provider.ts';
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

/** A primary of example.org that answers questions for the names below it like this. */
async function primary(below: FakeResponse): Promise<DnsProvider> {
  const server = await fakeServer((request) => {
    const [question] = readQuestions(request).questions;
    const answer: FakeResponse =
      question?.name === ZONE
        ? { flags: ['AA'], answers: [{ owner: ZONE, type: 'SOA', rdata: SOA }] }
        : below;
    // The MAC stands before the id, the error and the length of what else a TSIG record has (RFC 8945 §4.2).
    const unsigned = respond(withoutTsig(request), answer);
    const requestMac = request.subarray(-38, -6);
    return [signMessage(unsigned, KEY, { timeSigned: NOW, requestMac }).bytes];
  });
  close = server.close;
  const clock = { now: () => NOW, sleep: () => Promise.resolve() };
  return createRfc2136({ servers: [server], tsig: KEY, clock, timeout: 5 });
}

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
] as const)('%s: the name above is asked for', async (_, below) => {
  expect(await find(await primary(below))).toBe(ZONE);
});

test.each([
  ['SERVFAIL', RCODE.SERVFAIL, 'PROVIDER_FAILED', true],
  ['FORMERR', RCODE.FORMERR, 'UPDATE_REFUSED', false],
] as const)('%s is no answer: there may be a zone', async (rcode, number, code, retry) => {
  const error = await find(await primary({ rcode: number, flags: [] }));
  expect(error).toMatchObject({ code, retry, message: expect.stringContaining(rcode) as string });
});
