// Defaults that more than one command or option uses. All others are in options/.
import type { Seconds } from '../base/clock.ts';

export const STATE_DIRECTORY = '/var/lib/holger';

/** Without --config. Never a file of the current folder: its author would decide what root runs. */
export const CONFIG_PATH = '/etc/holger/config.toml';

/** Of a configuration: enough for 10,000 certificates with all their options. */
export const MOST_BYTES = 16 * 1024 * 1024;

/**
 * A validating resolver on this machine: its AD bit crosses no network (RFC 7672 §2.1.1 wants a
 * trusted path).
 */
export const RESOLVER = '127.0.0.1';

/**
 * Let's Encrypt's production: clients would refuse a certificate of the staging environment on a
 * server in use.
 */
export const ACME_DIRECTORY = 'https://acme-v02.api.letsencrypt.org/directory';

/**
 * Certificates that move, and orders at a CA, at the same time. Let's Encrypt allows many more
 * requests; a name server that signs each change is busy with this.
 */
export const PARALLEL = 16;

/** How long a deploy command may take; a reload that takes longer has usually hung. */
export const DEPLOY_TIMEOUT = '60s';

/**
 * How long a service may take for its greeting, and for each later step, in every command. RFC 5321
 * §4.5.3.2 allows a greeting five minutes; servers that delay it on purpose take 5 to 25 seconds.
 */
export const PROBE_TIMEOUT: Seconds = 30;

/** Of `check --watch`. */
export const MONITOR = {
  /**
   * A quarter of the usual TTL: two rounds see what a resolver's cache hides, and four connections
   * an hour disturb no server.
   */
  interval: '15m',
  /** If services are configured, their operator wants them monitored. */
  configured: true,
  repeat: 1,
  /**
   * Rare enough not to be filtered away, often enough for mail that waits: servers give up after
   * four or five days.
   */
  remind: '1d',
  /** The mail server of this machine, which tries again where holger would have to. */
  smtp: '127.0.0.1:25',
} as const;
