// The descriptor of a provider: its options, its capabilities, and how it is opened. The
// configuration, `holger providers` and the documentation are made from this.
import type { Clock, Seconds } from '../../src/base/clock.ts';
import type { TsigKey } from '../../src/dns/tsig.ts';
import type { Fqdn } from '../../src/dns/name.ts';
import type { RecordType, RRset } from '../../src/dns/rrset.ts';
import type { HttpClient } from '../../src/http/client.ts';
import type { Call } from '../../src/ports/call.ts';
import type { DnsProvider, HandChange, ProviderTraits } from '../../src/ports/provider.ts';

export interface Server {
  readonly host: string;
  readonly port: number;
}

/**
 * The value of an option when the provider is opened: secrets have been read, files have absolute
 * paths.
 */
interface OptionValue {
  text: string;
  /** A reference in the configuration; the secret itself here. */
  secret: string;
  url: string;
  servers: readonly Server[];
  tsig: TsigKey;
  command: readonly string[];
  duration: Seconds;
  file: string;
  flag: boolean;
}

export type OptionType = keyof OptionValue;

export interface Option<T extends OptionType = OptionType, R extends boolean = boolean> {
  readonly type: T;
  readonly required: R;
  /** One line of help. */
  readonly about: string;
  /** For a text: the allowed values. */
  readonly words?: readonly string[];
}

export type Options = Readonly<Record<string, Option>>;

export type OptionValues<O extends Options> = {
  readonly [K in keyof O]: O[K] extends Option<infer T, infer R>
    ? R extends true
      ? OptionValue[T]
      : OptionValue[T] | undefined
    : never;
};

export function required<T extends OptionType>(type: T, about: string): Option<T, true> {
  return { type, required: true, about };
}

export function optional<T extends OptionType>(
  type: T,
  about: string,
  words?: readonly string[],
): Option<T, false> {
  return { type, required: false, about, ...(words && { words }) };
}

/**
 * The options of every provider with an HTTP API; `ca_file` makes a panel of the operator trusted.
 */
export const HTTP_OPTIONS = {
  endpoint: optional('url', 'another address of the API'),
  ca_file: optional('file', 'PEM file: trust for the API, in place of the public CAs'),
} satisfies Options;

/** What the program supplies to providers. */
export interface ProviderTools {
  readonly clock: Clock;
  /** `secrets`: values that must not appear in errors of the client. */
  http(caFile: string | undefined, secrets: readonly string[]): Promise<HttpClient>;
  /** @throws AppError DNS_UNREACHABLE */
  addressesOf(
    server: Server,
  ): Promise<readonly { readonly address: string; readonly port: number }[]>;
  /**
   * The records of the zone's own servers, for providers that cannot be asked. @throws AppError
   * DNS_*
   */
  look(owner: Fqdn, type: RecordType, call: Call): Promise<RRset | undefined>;
  /** The zone that contains a name, according to DNS. @throws AppError DNS_* */
  zoneOf(name: Fqdn, call: Call): Promise<Fqdn>;
  /** Asks a person for a change. */
  byHand(change: HandChange): void;
}

export interface ProviderKind<O extends Options = Options> {
  /** As in the configuration: `type = "desec"`. */
  readonly type: string;
  readonly title: string;
  /** The description of its API. */
  readonly site: string;
  readonly traits: ProviderTraits;
  /** If an option decides what the provider can do. */
  traitsWith?(options: Readonly<Record<string, unknown>>): ProviderTraits;
  readonly options: O;
  /** What an operator must know before using it; one sentence each. */
  readonly notes: readonly string[];
  open(values: OptionValues<O>, tools: ProviderTools): DnsProvider | Promise<DnsProvider>;
}

/** Keeps the types of the options. */
export function defineProvider<const O extends Options>(kind: ProviderKind<O>): ProviderKind<O> {
  return kind;
}
