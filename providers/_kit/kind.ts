// What a provider says of itself: its options, what its far side can do, and how it is made. The
// configuration, `holger providers` and the documentation are made of this.
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
 * What an option holds when the provider is made: secrets have been read, files have absolute
 * names.
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
  /** One line for people. */
  readonly about: string;
  /** Of a text: it is one of these. */
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
 * What every provider with an HTTP API takes; a zone of one's own panel is trusted by `ca_file`.
 */
export const HTTP_OPTIONS = {
  endpoint: optional('url', 'another address of the API'),
  ca_file: optional('file', 'PEM file: trust for the API, instead of the public CAs'),
} satisfies Options;

/** What providers get from the program. */
export interface ProviderTools {
  readonly clock: Clock;
  /** `secrets`: values that no error of the client may show. */
  http(caFile: string | undefined, secrets: readonly string[]): Promise<HttpClient>;
  /** @throws AppError DNS_UNREACHABLE */
  addressesOf(
    server: Server,
  ): Promise<readonly { readonly address: string; readonly port: number }[]>;
  /**
   * What the zone's own servers have: for far sides that cannot be asked. @throws AppError DNS_*
   */
  look(owner: Fqdn, type: RecordType, call: Call): Promise<RRset | undefined>;
  /** The zone that holds a name, as DNS tells it. @throws AppError DNS_* */
  zoneOf(name: Fqdn, call: Call): Promise<Fqdn>;
  /** Asks a person for a change. */
  byHand(change: HandChange): void;
}

export interface ProviderKind<O extends Options = Options> {
  /** As in the configuration: `type = "desec"`. */
  readonly type: string;
  readonly title: string;
  /** Where its API is described. */
  readonly site: string;
  readonly traits: ProviderTraits;
  /** Where an option decides what the far side can do. */
  traitsWith?(options: Readonly<Record<string, unknown>>): ProviderTraits;
  readonly options: O;
  /** What an operator has to know before he relies on it; one sentence each. */
  readonly notes: readonly string[];
  open(values: OptionValues<O>, tools: ProviderTools): DnsProvider | Promise<DnsProvider>;
}

/** Keeps the types of the options. */
export function defineProvider<const O extends Options>(kind: ProviderKind<O>): ProviderKind<O> {
  return kind;
}
