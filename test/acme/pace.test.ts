// How fast a CA is asked, in virtual time.
import { expect, it } from 'vitest';
import { paced } from '../../src/acme/pace.ts';
import type { Sending } from '../../src/acme/transport.ts';
import { virtualClock } from '../support/virtual-clock.ts';

const PRODUCTION = 'https://acme-v02.api.letsencrypt.org/directory';
const STAGING = 'https://acme-staging-v02.api.letsencrypt.org/directory';

/** Seconds after the first request at which each was sent. */
async function sentAt(directory: string, method: Sending['method'], count: number) {
  const clock = virtualClock(1_000_000);
  const times: number[] = [];
  const send = paced(
    ({ url }) => {
      times.push(clock.now() - 1_000_000);
      return Promise.resolve({ url, status: 200, headers: {}, data: '' });
    },
    directory,
    clock,
  );
  await Promise.all(Array.from({ length: count }, () => send({ method, url: directory }, {})));
  return times;
}

it.each([
  ['nonces at Let\u2019s Encrypt: 20 a second, and 10 at once', PRODUCTION, 'HEAD', 10, 20],
  ['everything in its staging environment: 20 a second', STAGING, 'POST', 20, 20],
  ['all others: 125 at once, and 250 a second', PRODUCTION, 'POST', 125, 250],
] as const)('never faster than %s', async (_limit, directory, method, atOnce, perSecond) => {
  const times = await sentAt(directory, method, 400);
  expect(times.filter((time) => time === 0).length).toBeLessThanOrEqual(atOnce);
  for (const [index, time] of times.entries()) {
    const within = times.slice(index).filter((other) => other < time + 1).length;
    expect(within).toBeLessThanOrEqual(perSecond + atOnce);
  }
  expect(times.at(-1)).toBeLessThan(400 / (perSecond / 3));
});
