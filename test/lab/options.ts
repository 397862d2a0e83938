// Options of a lab. Everything has a default; the defaults are what the demo runs with.

export const parts = [
  'parent',
  'primary',
  'nsd',
  'knot',
  'resolver',
  'pebble',
  'mail',
  'www',
  'relay',
  'staging',
] as const;
export type Part = (typeof parts)[number];

/** What is up by default: all but the second mail host and the CA's test environment. */
export const ordinaryParts: readonly Part[] = parts.filter(
  (part) => part !== 'relay' && part !== 'staging',
);

export interface Profile {
  readonly description: string;
  readonly validityPeriod: number;
}

/** A zone below test. that is signed once, by hand. */
export interface HandMadeZone {
  /** `far.test` */
  readonly name: string;
  /** As in a zone file, relative to the zone. */
  readonly records: readonly string[];
  /** By default ns0.dane.test alone. */
  readonly nameServers?: readonly string[];
  /**
   * `expired`: signatures of the past, with `expired-tlsa` below `_tcp` alone. `no-key`: a DS and
   * neither DNSKEY nor signatures. `gap`: the proof of non-existence denies names that exist only
   * because of names below them.
   */
  readonly fault?: 'expired' | 'expired-tlsa' | 'no-key' | 'unsigned' | 'gap';
}

/**
 * The makes of name servers that may serve dane.test, the primary first; it signs by itself, and
 * all of them are in the NS records. `bind+powerdns`: two independent primaries with one key.
 */
type ServedBy = 'powerdns' | 'powerdns-bind' | 'knot-nsd' | 'bind+powerdns';

export interface LabOptions {
  /** Labs with different numbers (0 to 250) can be up in one namespace at the same time. */
  readonly index?: number;
  /** Seconds; of every record, of negative answers and of the SOA refresh. */
  readonly ttl?: number;
  readonly parts?: readonly Part[];
  /**
   * By default a hidden BIND, transferred to NSD and Knot. Otherwise part `nsd` is the secondary,
   * of any make; `knot` is not up.
   */
  readonly servedBy?: ServedBy;
  /** Mail hosts whose Postfix has an RSA certificate beside the ECDSA one. */
  readonly withRsa?: readonly ('mail' | 'relay')[];
  /** Where the lab's folder is made; the system's folder for temporary files by default. */
  readonly parentFolder?: string;
  /** More lines for the zone file of dane.test. */
  readonly records?: readonly string[];
  /** Names below dane.test that are signed zones of their own, on the primary alone. */
  readonly delegated?: readonly string[];
  /** More lines for the zone file of plain.test. */
  readonly plainRecords?: readonly string[];
  readonly handMade?: readonly HandMadeZone[];
  /** false: a NOERROR to an update means "served" on the primary; true, as on most: not yet. */
  readonly inlineSigning?: boolean;
  readonly certificateSeconds?: number;
  /** Needs Pebble 2.7 or newer. */
  readonly profiles?: Readonly<Record<string, Profile>>;
  /** How long the CA's resolver caches what it has looked up, in seconds; 0 by default. */
  readonly issuerCache?: number;
  /** PEBBLE_* variables, which override the defaults. */
  readonly pebbleEnv?: Readonly<Record<string, string>>;
  readonly eab?: { readonly kid: string; readonly hmacKey: string };
}

export const pebbleDefaults: Readonly<Record<string, string>> = {
  PEBBLE_VA_NOSLEEP: '1',
  PEBBLE_WFE_NONCEREJECT: '5',
  PEBBLE_AUTHZREUSE: '50',
  PEBBLE_ALTERNATE_ROOTS: '1',
  PEBBLE_CHAIN_LENGTH: '2',
};
