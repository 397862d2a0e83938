// Single name servers, one question at a time: for callers that need the answer of each server, and
// not that of a resolver.
import type { Fqdn } from '../dns/name.ts';
import type { RecordType } from '../dns/rrset.ts';
import type { Message } from '../dns/wire-reader.ts';
import type { Call } from './call.ts';
import type { Sweep } from './resolver.ts';

export interface NameServerAddress {
  readonly server: Fqdn;
  /** `192.0.2.53` or `2001:db8::53`, with `#port` when it is not 53. */
  readonly address: string;
}

export interface ZoneCut {
  readonly zone: Fqdn;
  readonly security: Sweep['security'];
  readonly unproven?: Sweep['unproven'];
}

/** Who serves a zone, as both sides of the zone cut tell it. */
export interface ZoneView {
  readonly zone: Fqdn;
  /**
   * NS names of the parent's delegation; undefined where the configuration names the servers, or
   * the parent did not answer.
   */
  readonly delegated?: readonly Fqdn[];
  /** NS names that the zone itself has. */
  readonly own: readonly Fqdn[];
  readonly addresses: readonly NameServerAddress[];
  /** How many names and addresses there are beyond those that are asked; undefined: none. */
  readonly beyond?: number;
  /** Servers without an address that could be found. */
  readonly unfound: readonly { readonly server: Fqdn; readonly detail: string }[];
}

export type ServerReply =
  | {
      readonly status: 'answered';
      readonly message: Message;
      /** Of the whole message. */
      readonly octets: number;
      /** Over UDP there was only its beginning; the message came over TCP. */
      readonly truncated: boolean;
    }
  | {
      readonly status: 'timeout' | 'unreachable' | 'no-route' | 'malformed';
      readonly detail: string;
    };

export interface Servers {
  /** The zone that holds a name. @throws AppError DNS_* when that cannot be found out */
  zoneOf(name: Fqdn, call: Call): Promise<ZoneCut>;
  /** @throws AppError DNS_* if the servers of the zone cannot be found out */
  viewOf(zone: Fqdn, call: Call): Promise<ZoneView>;
  /** `udp` continues over TCP only if the answer is truncated. */
  ask(
    address: string,
    name: Fqdn,
    type: RecordType,
    transport: 'udp' | 'tcp',
    call: Call,
  ): Promise<ServerReply>;
}
