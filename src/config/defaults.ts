// Defaults that more than one command or option has. Every other one is in options/.
import type { Seconds } from '../base/clock.ts';

export const STATE_DIRECTORY = '/var/lib/holger';

/**
 * When no --config is given. Never a file of the current folder: whoever made that folder would say
 * what root runs.
 */
export const CONFIG_PATH = '/etc/holger/config.toml';

/**
 * A validating resolver on this machine: its AD bit crosses no network (RFC 7672 §2.1.1 wants a
 * trusted path).
 */
export const RESOLVER = '127.0.0.1';

/**
 * Let's Encrypt's production: a certificate of its staging environment on a server in use would
 * turn clients away.
 */
export const ACME_DIRECTORY = 'https://acme-v02.api.letsencrypt.org/directory';

/** How long a deploy command may take; a reload that takes longer has usually hung. */
export const DEPLOY_TIMEOUT = '60s';

/**
 * How long a service may take to greet, and for each later step, in every command alike. RFC 5321
 * §4.5.3.2 gives a greeting five minutes; servers that greet late on purpose take 5 to 25 seconds.
 */
export const PROBE_TIMEOUT: Seconds = 30;

/** Of `check --watch`. */
export const MONITOR = {
  /**
   * A quarter of the usual TTL: what a resolver's cache hides is seen within two looks, and four
   * connections an hour bother nobody.
   */
  interval: '15m',
  /** Whoever has a configuration has it for services that he wants to know to be well. */
  configured: true,
  repeat: 1,
  /**
   * Long enough not to be filtered away, short enough for mail that waits: servers give up after
   * four or five days.
   */
  remind: '1d',
  /** The mail server of this machine, which keeps trying where we would have to. */
  smtp: '127.0.0.1:25',
} as const;
