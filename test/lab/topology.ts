// The addresses of a lab. Every lab has a /24 of 127.53 and a /64 of fd53 for itself, so several
// fit into one namespace; every server listens on port 53 (NS records have no port) on an IPv4 and
// an IPv6 address.

export interface Host {
  readonly name: string;
  readonly v4: string;
  readonly v6: string;
}

export interface Topology {
  readonly zone: string;
  /** The SOA MNAME of the zone; reachable, accepts the updates, not among the NS records. */
  readonly primary: Host;
  readonly nsd: Host;
  readonly knot: Host;
  /**
   * Serves the root, test., plain.test. (unsigned, accepts updates) and bogus.test. (signed, wrong
   * DS).
   */
  readonly parent: Host;
  /** Validating, with a cache: the resolver of the DANE clients. */
  readonly resolver: Host;
  /**
   * Without a cache: Pebble must not get the NXDOMAIN that the ACME client asked for a moment
   * before.
   */
  readonly issuerResolver: Host;
  readonly pebble: Host;
  readonly mail: Host;
  readonly www: Host;
  /** A second mail host, for tests that ask for one. */
  readonly relay: Host;
}

export function topology(index: number): Topology {
  const host = (number: number, name: string): Host => ({
    name,
    v4: `127.53.${index}.${number}`,
    v6: `fd53:${index === 0 ? '' : index}:${index === 0 ? '' : ':'}${number.toString(16)}`,
  });
  return {
    zone: 'dane.test',
    primary: host(1, 'ns0.dane.test'),
    nsd: host(2, 'ns1.dane.test'),
    knot: host(3, 'ns2.dane.test'),
    parent: host(8, 'ns.test'),
    resolver: host(4, 'resolver.dane.test'),
    issuerResolver: host(9, 'issuer-resolver.dane.test'),
    pebble: host(14, 'pebble.dane.test'),
    mail: host(10, 'mail.dane.test'),
    www: host(11, 'www.dane.test'),
    relay: host(12, 'relay.dane.test'),
  };
}

export const hosts = (all: Topology): Host[] =>
  Object.values(all).filter((value): value is Host => typeof value === 'object');
