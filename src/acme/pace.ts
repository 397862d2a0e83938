// How fast a CA is asked. Let's Encrypt limits requests for each address: 20 a second for nonces,
// with at most 10 at once, and 250 a second for what an order needs; in its staging environment 20
// a second for everything. Beyond that it answers 503, and an order would have to wait for minutes.
import type { Clock, Instant, Seconds } from '../base/clock.ts';
import type { Call } from '../ports/call.ts';
import type { Send } from './transport.ts';

interface Rate {
  readonly perSecond: number;
  /** How many follow each other at once. */
  readonly burst: number;
}

const NONCES: Rate = { perSecond: 18, burst: 9 };
const STAGING_HOST = 'acme-staging-v02.api.letsencrypt.org';
const STAGING: Rate = { perSecond: 18, burst: 9 };
const OTHERS: Rate = { perSecond: 100, burst: 50 };
/** No queue is longer; a longer wait means that the clock was set back. */
const LONGEST_WAIT: Seconds = 30;

/** The same requests, each when it may be sent. */
export function paced(send: Send, directoryUrl: string, clock: Clock): Send {
  const isStaging = new URL(directoryUrl).hostname === STAGING_HOST;
  const nonces = createBucket(NONCES, clock);
  const others = createBucket(isStaging ? STAGING : OTHERS, clock);
  return async (sending, call) => {
    // Only a nonce is asked for with HEAD (RFC 8555 §7.2).
    if (sending.method === 'HEAD') await nonces(call);
    await others(call);
    return send(sending, call);
  };
}

function createBucket({ perSecond, burst }: Rate, clock: Clock): (call: Call) => Promise<void> {
  const gap = 1 / perSecond;
  /** When the last of those that were let through would be sent without a burst. */
  let last: Instant = -Infinity;
  return async ({ signal }) => {
    const now = clock.now();
    if (last - now > LONGEST_WAIT) last = now;
    last = Math.max(last + gap, now - (burst - 1) * gap);
    if (last > now) await clock.sleep(last - now, signal);
  };
}
