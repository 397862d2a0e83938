// Every default that an operator may change, with its reason.
import type { Seconds } from '../base/clock.ts';
import type { Policy } from './schema.ts';

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

/** In the words of TOML: the same text is parsed here and printed by `init`. */
export const POLICY = {
  strategy: 'staged',
  /** Small, fast, and supported by every TLS 1.2 client that mail still meets. */
  key_type: 'ec-p256',
  /**
   * DANE-EE for the key, DANE-TA for the CA: whichever combination a client supports, a record
   * matches (RFC 7671 §8).
   */
  records: ['3 1 1', '2 1 1'],
  /**
   * Every CA certificate that is sent: a renewal under another intermediate of the same root then
   * needs no extra wait.
   */
  trust_anchors: 'chain',
  /** Short enough for a rollover within hours, long enough for resolvers to be of use. */
  ttl: '1h',
  /** RFC 7671 §8.1 waits two TTLs; secondaries and forwarders stack their caches. */
  ttl_factor: 2,
  /**
   * Resolvers that raise short TTLs, or serve stale answers for a while, keep a record at least
   * this long.
   */
  cache_floor: '1h',
  /**
   * What an unknown past may have left in caches: the first run has seen no TTL, and a day is the
   * usual largest.
   */
  assumed_ttl: '1d',
  /** Clocks, rounding, and the time an answer travels. */
  margin: '60s',
  /**
   * Several processes or machines behind one address may still start with the old key; looks are
   * spread over this time.
   */
  settle: '30s',
  dane: true,
  /** A challenge is often delegated by a CNAME record, to a zone that takes updates. */
  follow_cnames: true,
  /**
   * While the TXT record of a challenge exists a wildcard answers nothing there: mail and web of
   * that host would be down meanwhile.
   */
  hides_wildcard: false,
} as const;

/** What stays undefined unless configured, and what that means. */
export const UNSET = {
  /** One further wait of the same length. */
  rollback: undefined,
  /**
   * The targets that took it keep it: better two certificates that both have their records than
   * none renewed.
   */
  rollbackAfter: undefined,
  /** The CA's advice (RFC 9773), else a third of the lifetime. */
  renew: undefined,
  /** A new key with every renewal. */
  rotateKeyEvery: undefined,
  /** The CA's default. */
  profile: undefined,
  preferredChain: undefined,
} as const satisfies Partial<Policy>;
