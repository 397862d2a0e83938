import { describe, expect, it } from 'vitest';
import { problemError } from '../../src/acme/problem.ts';
import { hintFor } from '../../src/acme/problem-hints.ts';
import { NOW } from './world.ts';

const urn = (type: string): string => `urn:ietf:params:acme:error:${type}`;

function refused(status: number, data: unknown, headers: Record<string, string> = {}) {
  return problemError({ url: 'https://ca.example/x', status, headers, data }, 'the order', NOW);
}

describe('a problem document (RFC 8555 §6.7)', () => {
  it('becomes an error with the words of the CA, the names it is about, and a hint', () => {
    const error = refused(403, {
      type: urn('caa'),
      detail: 'CAA forbids issuance',
      instance: 'https://ca.example/help',
      subproblems: [
        {
          type: urn('caa'),
          detail: 'record for a.example forbids',
          identifier: { type: 'dns', value: 'a.example' },
        },
      ],
    });
    expect(error.code).toBe('ACME_PROBLEM');
    expect(error.message).toBe(
      'the CA refused the order: CAA forbids issuance (a.example: record for a.example forbids)',
    );
    expect(error.hint).toContain('allow this CA and account in the CAA records');
    expect(error.details).toMatchObject({
      type: 'caa',
      status: 403,
      instance: 'https://ca.example/help',
      identifiers: ['a.example'],
    });
  });

  it.each([
    ['rateLimited', 429, 'ACME_RATE_LIMITED'],
    ['rateLimited', 503, 'ACME_RATE_LIMITED'],
    ['serverInternal', 500, 'ACME_UNREACHABLE'],
    ['badNonce', 400, 'ACME_UNREACHABLE'],
    ['malformed', 400, 'ACME_PROBLEM'],
    ['rejectedIdentifier', 400, 'ACME_PROBLEM'],
    ['externalAccountRequired', 403, 'ACME_PROBLEM'],
    ['invalidProfile', 400, 'ACME_PROBLEM'],
    ['userActionRequired', 403, 'ACME_PROBLEM'],
    ['dns', 400, 'ACME_PROBLEM'],
    ['somethingNew', 400, 'ACME_PROBLEM'],
  ])('%s with status %i is %s', (type, status, code) => {
    const error = refused(status, { type: urn(type), detail: 'because' });
    expect(error.code).toBe(code);
    expect(error.message).toContain('because');
    expect(error.details['type']).toBe(type);
  });

  it('has the time of the next attempt: Retry-After as seconds, as a date, or from the text', () => {
    const data = { type: urn('rateLimited'), detail: 'too many' };
    expect(refused(429, data, { 'retry-after': '86400' }).notBefore).toBe(NOW + 86_400);
    const date = { 'retry-after': 'Sun, 22 Nov 2026 12:00:00 GMT' };
    expect(refused(429, data, date).notBefore).toBe(NOW + 86_400);
    const detail = 'too many certificates (5), retry after 2026-11-21 14:00:00 UTC: see https://x';
    expect(refused(429, { ...data, detail }).notBefore).toBe(NOW + 7200);
    expect(refused(429, data).notBefore).toBeUndefined();
    expect(refused(503, 'busy', { 'retry-after': '60' }).notBefore).toBe(NOW + 60);
  });

  it('is also made of answers without a document', () => {
    expect(refused(502, '<html>bad gateway</html>').message).toBe(
      'the CA failed at the order: HTTP status 502',
    );
    expect(refused(429, '').code).toBe('ACME_RATE_LIMITED');
    expect(refused(404, null)).toMatchObject({ code: 'ACME_PROBLEM', retry: false });
  });

  it('cannot send control characters to the terminal of the operator', () => {
    const detail = `\u001b[2Jgone\r\n${'x'.repeat(5000)}`;
    const { message } = refused(400, { type: urn('malformed'), detail });
    expect(message).not.toMatch(/[\u0000-\u001f]/);
    expect(message.length).toBeLessThan(1100);
  });

  it('survives a document with the wrong types in it', () => {
    const data = { type: 5, detail: ['x'], subproblems: 'no', identifier: 3, title: {} };
    expect(refused(400, data).message).toBe('the CA refused the order: HTTP status 400');
  });
});

it('K32: a type named like a property of every object has no hint', () => {
  for (const type of ['constructor', 'toString', '__proto__']) {
    expect(hintFor(type, '')).toBeUndefined();
  }
});
