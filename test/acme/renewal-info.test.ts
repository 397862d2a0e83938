import { describe, expect, it } from 'vitest';
import { problem } from '../support/acme-fake.ts';
import { failureOf, NOW, world } from './world.ts';

const certId = 'aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE'; // RFC 9773 §4.1
const window = { start: '2026-12-01T00:00:00Z', end: '2026-12-02T12:00:00.5Z' };
const start = Date.parse(window.start) / 1000;
const end = Date.parse(window.end) / 1000;

const answer = (body: object, headers: Record<string, string> = {}) => ({
  status: 200,
  headers,
  body,
});

describe('renewal information (RFC 9773)', () => {
  it('has the window, the explanation and the time of the next request; no account is needed', async () => {
    const { fake, issuer } = await world();
    const explanationURL = 'https://ca.example/incident';
    fake.renewalInfo = answer(
      { suggestedWindow: window, explanationURL },
      { 'retry-after': '3600' },
    );
    expect(await issuer.renewalInfo(certId, {})).toEqual({
      start,
      end,
      explanationUrl: explanationURL,
      nextLookAt: NOW + 3600,
    });
    expect(fake.seen.map(({ resource }) => resource)).toEqual(['directory', 'renewalInfo']);
  });

  it.each([
    ['less than a minute', { 'retry-after': '1' }, 60],
    ['more than a day', { 'retry-after': '604800' }, 86_400],
    ['nothing', {}, 21_600],
    ['a date', { 'retry-after': 'Sat, 21 Nov 2026 14:00:00 GMT' }, 7200],
  ])('keeps Retry-After within limits: %s', async (_, headers: Record<string, string>, seconds) => {
    const { fake, issuer } = await world();
    fake.renewalInfo = answer({ suggestedWindow: window }, headers);
    expect((await issuer.renewalInfo(certId, {}))?.nextLookAt).toBe(NOW + seconds);
  });

  it.each(['javascript:alert(1)', 'no page', `https://ca.example/${'x'.repeat(2000)}`])(
    'has no explanation that is not the address of a page: %.40s',
    async (explanationURL) => {
      const { fake, issuer } = await world();
      fake.renewalInfo = answer({ suggestedWindow: window, explanationURL });
      const told = await issuer.renewalInfo(certId, {});
      expect(told?.start).toBe(start);
      expect(told?.explanationUrl).toBeUndefined();
    },
  );

  it('may have a window in the past: the certificate is to be renewed at once', async () => {
    const { fake, issuer } = await world();
    const past = { start: '2026-01-01T00:00:00Z', end: '2026-01-02T00:00:00Z' };
    fake.renewalInfo = answer({ suggestedWindow: past });
    expect((await issuer.renewalInfo(certId, {}))?.end).toBeLessThan(NOW);
  });

  it.each([
    ['end before start', { start: window.end, end: window.start }],
    ['end equal to start', { start: window.start, end: window.start }],
    ['no time', { start: 'tomorrow', end: window.end }],
    ['nothing', undefined],
  ])('is ignored, with a warning, when the window is not valid: %s', async (_, suggestedWindow) => {
    const { fake, issuer, lines } = await world();
    fake.renewalInfo = answer({ suggestedWindow });
    expect(await issuer.renewalInfo(certId, {})).toBeUndefined();
    expect(lines.map(({ level }) => level)).toEqual(['warn']);
  });

  it('does not exist where the directory has none', async () => {
    const { fake, issuer } = await world();
    fake.hasRenewalInfo = false;
    expect(await issuer.renewalInfo(certId, {})).toBeUndefined();
    expect(fake.seen).toHaveLength(1);
  });

  it('does not exist for a certificate of another CA', async () => {
    const { fake, issuer, lines } = await world();
    fake.renewalInfo = problem('malformed', 'no known issuer', 404);
    expect(await issuer.renewalInfo(certId, {})).toBeUndefined();
    expect(lines.at(-1)?.message).toBe('renewal information refused');
  });

  it('that cannot be downloaded now is an error, so that the caller may try again', async () => {
    const { fake, issuer } = await world();
    fake.renewalInfo = { status: 500 };
    expect((await failureOf(issuer.renewalInfo(certId, {}))).code).toBe('ACME_UNREACHABLE');
    fake.renewalInfo = problem('rateLimited', 'slow', 429);
    expect((await failureOf(issuer.renewalInfo(certId, {}))).code).toBe('ACME_RATE_LIMITED');
  });
});
