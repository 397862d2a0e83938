// Unbound, twice: the DANE clients' validating resolver, which caches for the TTLs, and the CA's
// without a cache.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from './topology.ts';

export interface Caching {
  readonly maxTtl: number;
  readonly maxNegativeTtl: number;
  /** A name that does not exist for this resolver, nor anything below it. */
  readonly blindTo?: string;
}

export async function writeUnbound(
  dir: string,
  name: string,
  host: Host,
  caching: Caching,
): Promise<string[]> {
  const folder = join(dir, name);
  await mkdir(folder, { recursive: true });
  // Without nodefault Unbound answers NXDOMAIN for test. by itself, and without
  // do-not-query-localhost it queries no server here.
  const text = `server:
    interface: ${host.v4}@53
    interface: ${host.v6}@53
    interface-automatic: no
    outgoing-interface: ${host.v4}
    outgoing-interface: ${host.v6}
    username: ""
    chroot: ""
    directory: "${folder}"
    pidfile: "${folder}/unbound.pid"
    use-syslog: no
    logfile: ""
    verbosity: 1
    num-threads: 1
    incoming-num-tcp: 200
    access-control: 127.0.0.0/8 allow
    access-control: fd53::/16 allow
    do-not-query-localhost: no
    local-zone: "test." nodefault
    root-hints: "${dir}/keys/root.hints"
    trust-anchor-file: "${dir}/keys/root.ds"
    module-config: "validator iterator"
    qname-minimisation: yes
    harden-dnssec-stripped: yes
    aggressive-nsec: no
    infra-host-ttl: 5
    infra-keep-probing: yes
    cache-max-ttl: ${caching.maxTtl}
    cache-max-negative-ttl: ${caching.maxNegativeTtl}
    val-bogus-ttl: 5
    msg-cache-size: 1m
    rrset-cache-size: 1m
    so-rcvbuf: 0
    ${caching.blindTo === undefined ? '' : `local-zone: "${caching.blindTo}" always_nxdomain`}
remote-control:
    control-enable: no
`;
  await writeFile(join(folder, 'unbound.conf'), text);
  return ['unbound', '-d', '-c', join(folder, 'unbound.conf')];
}
