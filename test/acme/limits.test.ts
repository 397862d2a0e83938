// What a CA answers to too many requests, and to what the limit applies.
import { describe, expect, it } from 'vitest';
import { problem } from '../support/acme-fake.ts';
import type { Answer } from '../support/acme-fake.ts';
import { domains, failureOf, NOW, world } from './world.ts';

const DAY = 86_400;
const limit = (detail: string, more: object = {}): Answer =>
  problem('rateLimited', detail, 429, more);

async function refusal(answer: Answer) {
  const { fake, issuer } = await world();
  fake.fail('newOrder', answer);
  return failureOf(issuer.newOrder({ domains }, {}));
}

describe('a limit of the CA', () => {
  it.each([
    ['of its orders', limit('too many new orders (300) from this account in the last 3h0m0s')],
    ['without a document', { status: 429 }],
    ['of another name that only looks alike', limit('too many certificates for xmx.example.org')],
    ['with something to do for its holder', problem('userActionRequired', 'new terms', 403)],
  ])('K11: applies to the account: %s', async (_, answer) => {
    expect((await refusal(answer)).details['scope']).toBe('account');
  });

  it.each([
    ['that it names', limit('too many certificates already issued for "mx.example.org"')],
    ['whose domain it names', limit('too many certificates (50) for "example.org" in 168h')],
    [
      'that it names in the document',
      limit('too many failures', { identifier: { type: 'dns', value: 'mx.example.org' } }),
    ],
    [
      'by its address in the documentation',
      limit('too many: see https://ca.example/docs/#new-certificates-per-exact-set-of-identifiers'),
    ],
  ])('K11: applies to the names: %s', async (_, answer) => {
    const { code, details } = await refusal(answer);
    expect(code).toBe('ACME_RATE_LIMITED');
    expect(details['scope']).toBeUndefined();
  });

  it.each([
    ['a header', { ...limit('later'), headers: { 'retry-after': '9999999999' } }],
    ['its words', limit('too many, retry after 2126-11-21 12:00:00 UTC')],
    ['a busy server', { status: 503, headers: { 'retry-after': '9999999999' } }],
  ])('K11: lasts for a day at most: %s', async (_, answer) => {
    expect((await refusal(answer)).notBefore).toBe(NOW + DAY);
  });

  it('K11: is a pause that a person ends at a URL, which is shown whole', async () => {
    const url = `https://portal.ca.example/sfe/v1/unpause?jwt=${'a'.repeat(900)}`;
    const detail = `Your account is temporarily prevented from requesting certificates. Visit: ${url}`;
    const failure = await refusal(limit(detail));
    expect(failure.exit).toBe(4);
    expect(failure.hint?.split('\n')[1]).toBe(url);
  });
});
