// The ports that a check needs.
import type { Clock } from '../../base/clock.ts';
import type { Chain } from '../../dane/chain.ts';
import type { TrustedIssuers } from '../../dane/pkix.ts';
import type { RecordAnchor } from '../../dane/match.ts';
import type { TlsaRecord } from '../../dane/tlsa.ts';
import type { Probe } from '../../ports/probe.ts';
import type { Resolver, Standings } from '../../ports/resolver.ts';
import type { Servers } from '../../ports/servers.ts';
import type { IssuingSet } from '../issuers/issuing-set.ts';

export interface CheckWorld {
  readonly clock: Clock;
  readonly resolver: Pick<Resolver, 'lookup'> & Standings;
  readonly servers: Servers;
  readonly probe: Probe;
  /** A random label that does not exist. */
  readonly label: () => string;
  /** What is known of public CAs. */
  readonly issuingSets: readonly IssuingSet[];
  readonly pki: {
    readDer(certificates: readonly Uint8Array[]): Chain;
    /** Whether these chains lead to a public CA. */
    trusted(chains: readonly Chain[]): Promise<TrustedIssuers>;
    anchorOf(record: TlsaRecord): RecordAnchor | undefined;
  };
}
