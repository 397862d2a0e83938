// The surroundings of an installation of holger: the ports of each of its processes, and the
// narrator of what it does.
import type { RdataHex } from '../../src/dns/rrset.ts';
import type { Generation } from '../../src/rollover/model.ts';
import type { Services } from '../sim/services.ts';
import type { Surroundings } from './installation.ts';
import { mistaken } from './mistakes.ts';
import type { Stage } from './stage.ts';

export function surroundingsIn(
  { timeline, zone, services, authority, fallback, narrator, mistakes }: Stage,
  who: string,
): Surroundings {
  const clock = timeline.clock();
  return {
    ports: (alive) => {
      zone.forgetUnsaved();
      const provider = zone.provider(alive);
      const issuers = [authority, fallback].map((ca) => ca.issuer(alive));
      return {
        clock,
        resolver: zone.resolver(alive, addressRecords(services)),
        probe: services.probe(alive),
        issuerAt: (id) => issuers.find(({ directory }) => directory === id),
        providerFor: () => provider,
      };
    },
    targets: (intent, alive) =>
      services.endpoints
        .filter(({ host }) => intent.services.some(({ names }) => names.includes(host)))
        .map((endpoint) => {
          const target = services.target(endpoint, alive);
          const mistake = mistakes.get(endpoint);
          return mistake === undefined ? target : mistaken(target, mistake);
        }),
    now: () => timeline.now(),
    say: (text) => narrator.say(who, text),
    sayAct: (text) => narrator.add(who, text),
    describeKey,
    saved: (owner) => zone.saved(zone.aliases.get(owner) ?? owner),
  };
}

function describeKey({ number, spki, keyMadeAt, createdAt, ahead }: Generation): string {
  const key = Buffer.from(spki, 'hex').toString('utf8');
  const made = keyMadeAt < createdAt ? `uses ${key} again` : `makes ${key}`;
  return `generation ${number}: ${made}${ahead === true ? ', ahead of its time' : ''}`;
}

function addressRecords({ endpoints }: Services): Map<string, RdataHex[]> {
  const records = new Map<string, RdataHex[]>();
  for (const { host, address } of endpoints) {
    const octets = address.split('.').map((octet) => Number(octet).toString(16).padStart(2, '0'));
    records.set(`${host}.`, [...(records.get(`${host}.`) ?? []), octets.join('')]);
  }
  return records;
}
