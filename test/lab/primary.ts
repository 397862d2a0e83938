// What the primaries of all makes have in common: zones that they sign by themselves, and keys.
import type { Host } from './topology.ts';

export interface PrimaryOptions {
  readonly host: Host;
  /** `text`: as in a zone file, relative to the zone. */
  readonly zones: readonly { readonly name: string; readonly text: string }[];
  readonly ttl: number;
  /** `lab` may change everything, `xfr` is for zone transfers. */
  readonly secrets: { readonly lab: string; readonly xfr: string };
  /**
   * By zone: the private key that `dnssec-keygen` made. Where there is none, the server makes one.
   */
  readonly keyFiles?: Readonly<Record<string, string>>;
  /** They are notified of each change. */
  readonly secondaries: readonly Host[];
}

export interface Primary {
  readonly argv: readonly string[];
  /** The DS line for the parent; before or after the server is started. */
  delegationSigner(zone: string, ttl: number): Promise<string>;
}
