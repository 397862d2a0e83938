// What the folder of another client has: the same for all of them. Each reader takes what it knows
// and notes what it leaves out.
import type { OtherClient } from '../../deploy/other-client.ts';
import type { KeyType } from '../../x509/keys.ts';
import type { FoundProvider } from './dns-method.ts';

export const IMPORTED = ['certbot', 'acme.sh', 'dehydrated', 'lego', 'alnitak'] as const;
export type Imported = (typeof IMPORTED)[number];

export interface FoundAccount {
  readonly directory: string;
  /** PKCS#8. */
  readonly keyPem: string;
  readonly url?: string;
  readonly email?: string;
}

/** A deploy hook, as a target of holger runs it. */
export interface FoundHook {
  readonly compatible: OtherClient;
  readonly command: readonly string[];
}

export interface FoundCertificate {
  /** As the client calls it. */
  readonly name: string;
  readonly domains: readonly string[];
  readonly key: string;
  /** The full chain. */
  readonly certificate: string;
  /** The directory of its CA, if the client says. */
  readonly directory?: string;
  readonly reusesKey?: boolean;
  readonly keyType?: KeyType;
  readonly hooks: readonly FoundHook[];
  /** What writes its challenges, if that is understood. */
  readonly provider?: FoundProvider;
  /** Services in the form of the configuration. */
  readonly services: readonly string[];
  /** How the client is told to leave this certificate to holger. */
  readonly stop: string;
}

export interface Found {
  readonly accounts: readonly FoundAccount[];
  readonly certificates: readonly FoundCertificate[];
  /** What was not taken over, and why. */
  readonly notes: readonly string[];
  /** How the client calls holger after a renewal. */
  readonly install: string;
}
