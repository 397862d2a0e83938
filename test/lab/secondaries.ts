// The two name servers that the NS records name, of two different makes: NSD (ns1) and Knot (ns2).
// Both are started after the primary answers: a refused first transfer costs a long wait for the
// retry.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Topology } from './topology.ts';

export async function writeNsd(dir: string, at: Topology, secret: string): Promise<string[]> {
  const folder = join(dir, 'nsd');
  await mkdir(folder, { recursive: true });
  // rrl-ratelimit: Debian's build limits responses to 200 a second, and tests poll.
  // xfrd-reload-timeout: no pause of a second.
  const text = `server:
    ip-address: ${at.nsd.v4}@53
    ip-address: ${at.nsd.v6}@53
    server-count: 1
    username: ""
    chroot: ""
    zonesdir: "${folder}"
    database: ""
    pidfile: "${folder}/nsd.pid"
    xfrdfile: "${folder}/xfrd.state"
    xfrdir: "${folder}"
    zonelistfile: "${folder}/zone.list"
    logfile: "${folder}/nsd.log"
    verbosity: 2
    rrl-ratelimit: 0
    xfrd-reload-timeout: 0
    zonefiles-write: 0
remote-control:
    control-enable: no
key:
    name: "xfr"
    algorithm: hmac-sha256
    secret: "${secret}"
zone:
    name: "${at.zone}"
    allow-notify: ${at.primary.v4} xfr
    request-xfr: ${at.primary.v4}@53 xfr
    outgoing-interface: ${at.nsd.v4}
    min-refresh-time: 2
    min-retry-time: 1
`;
  await writeFile(join(folder, 'nsd.conf'), text, { mode: 0o600 });
  return ['nsd', '-d', '-c', join(folder, 'nsd.conf')];
}

export async function writeKnot(dir: string, at: Topology, secret: string): Promise<string[]> {
  const folder = join(dir, 'knot');
  await mkdir(join(folder, 'db'), { recursive: true }); // Knot does not make the parent of its databases
  const text = `server:
    rundir: "${folder}"
    pidfile: "${folder}/knot.pid"
    listen: [ ${at.knot.v4}@53, ${at.knot.v6}@53 ]
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: info
control:
    listen: "${folder}/knot.sock"
database:
    storage: "${folder}/db"
    journal-db-max-size: 64M
    kasp-db-max-size: 8M
    timer-db-max-size: 8M
key:
  - id: xfr
    algorithm: hmac-sha256
    secret: ${secret}
remote:
  - id: primary
    address: ${at.primary.v4}@53
    via: ${at.knot.v4}
    key: xfr
acl:
  - id: notify
    address: ${at.primary.v4}
    key: xfr
    action: notify
zone:
  - domain: ${at.zone}
    storage: "${folder}"
    file: "${at.zone}.zone"
    master: primary
    acl: [ notify ]
    zonefile-sync: -1
    journal-content: all
    refresh-min-interval: 2
    retry-min-interval: 1
`;
  await writeFile(join(folder, 'knot.conf'), text, { mode: 0o600 });
  return ['knotd', '-c', join(folder, 'knot.conf')];
}
