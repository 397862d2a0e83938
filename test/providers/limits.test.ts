// How long an API with a rate limit gets no requests.
import { expect, test } from 'vitest';
import { limitEnds } from '../../providers/_kit/limits.ts';
import { dnsimple } from '../../providers/dnsimple.ts';
import { dnsimple as fake } from '../conformance/fakes/dnsimple.ts';
import { EDIT, opened } from './opened.ts';

const NOW = 1_795_262_400;

test.each([
  [{}, 60],
  [{ 'retry-after': '7', 'x-ratelimit-reset': String(NOW + 90) }, 7],
  [{ 'x-ratelimit-reset': String(NOW + 900) }, 900],
  [{ 'x-rate-limit-reset': String(NOW + 30) }, 30],
  [{ 'ratelimit-reset': '50' }, 50],
  [{ 'x-ratelimit-reset': String(NOW - 5) }, 60],
  [{ 'x-ratelimit-reset': `${NOW}000` }, 60],
  [{ 'x-ratelimit-reset': 'soon' }, 60],
])('%j', (headers, seconds) => {
  expect(limitEnds(headers, NOW)).toBe(NOW + seconds);
});

test('the end of the window is reported as the time of the next attempt', async () => {
  const { provider, running } = await opened(dnsimple, fake);
  const end = Math.floor(Date.now() / 1000) + 1800;
  const headers = { 'x-ratelimit-reset': String(end) };
  running.fault = { on: 'write', how: { status: 429, headers } };
  await expect(provider.apply(EDIT, {})).rejects.toMatchObject({
    code: 'PROVIDER_LIMITED',
    notBefore: end,
  });
});
