// deSEC (https://desec.readthedocs.io/): whole RRsets, every zone signed, a lowest TTL for each
// domain, and few writes a day.
import type { Fqdn } from '../src/dns/name.ts';
import { fqdn, hostOf } from '../src/dns/name.ts';
import type { Call } from '../src/ports/call.ts';
import type { Api } from './_kit/api.ts';
import { createApi } from './_kit/api.ts';
import { defineProvider, HTTP_OPTIONS, required } from './_kit/kind.ts';
import { below, belowOrAt } from './_kit/names.ts';
import { rdataFromText, rdataText } from './_kit/rdata.ts';
import { reach } from './_kit/reach.ts';
import type { RRsetKey, RRsetVerbs, ZoneRef } from './_kit/rrsets.ts';
import { overRRsets } from './_kit/rrsets.ts';

const HOST = 'deSEC';

export const desec = defineProvider({
  type: 'desec',
  title: 'deSEC',
  site: 'https://desec.readthedocs.io/en/latest/dns/rrsets.html',
  traits: {
    types: ['TXT', 'TLSA'],
    conditional: false,
    edits: 'rrset',
    ttl: { least: 3600 },
    signs: 'always',
    tellsApplied: false,
    limits: '2 writes a second, 15 a minute, 100 an hour and 300 a day for each domain',
  },
  options: {
    token: required('secret', 'a token; its policies may limit it to TXT and TLSA of one domain'),
    ...HTTP_OPTIONS,
  },
  notes: ['Each domain has a minimum TTL of its own, usually 1h: a shorter TTL is raised to it.'],
  async open(options, tools) {
    const { token } = options;
    const place = { host: HOST, address: 'https://desec.io/api/v1', secrets: [token] };
    const api = createApi({
      ...(await reach(place, options, tools)),
      headers: () => ({ authorization: `Token ${token}` }),
    });
    return overRRsets<ZoneRef>({ host: HOST, traits: this.traits, ...verbs(api) });
  },
});

function verbs(api: Api): RRsetVerbs<ZoneRef> {
  const write = async (zone: ZoneRef, set: RRsetKey, more: object, call: Call): Promise<void> => {
    // In bulk an RRset may be new, changed or empty; alone it must exist.
    const body = [{ subname: below(set.owner, zone.name), type: set.type, ...more }];
    const what = `the change of ${set.type} at ${set.owner}`;
    await api.send('PATCH', { path: `${rrsetsOf(zone)}`, body, what }, call);
  };
  return {
    zoneAt: (name, call) => zoneAt(name, api, call),
    async read(zone, owner, type, call) {
      const path = `${rrsetsOf(zone)}${encodeURIComponent(belowOrAt(owner, zone.name))}/${type}/`;
      const answer = await api.send('GET', { path, takes: [404] }, call);
      if (answer.status === 404) return undefined;
      const rrset = answer.json();
      const rdata = rrset
        .at('records')
        .list()
        .map((record) => rdataFromText(type, record.text()));
      return { ttl: rrset.at('ttl').number(), rdata };
    },
    replace: (zone, set, _held, call) =>
      write(
        zone,
        set,
        { ttl: set.ttl, records: set.rdata.map((rdata) => rdataText(set.type, rdata)) },
        call,
      ),
    remove: (zone, set, _held, call) => write(zone, set, { records: [] }, call),
  };
}

const domainOf = (name: Fqdn): string => `/domains/${encodeURIComponent(hostOf(name))}/`;
const rrsetsOf = ({ name }: ZoneRef): string => `${domainOf(name)}rrsets/`;

async function zoneAt(name: Fqdn, api: Api, call: Call): Promise<ZoneRef | undefined> {
  const answer = await api.send('GET', { path: domainOf(name), takes: [404] }, call);
  if (answer.status === 404) return undefined;
  const domain = answer.json();
  return { name: fqdn(domain.at('name').text()), leastTtl: domain.at('minimum_ttl').number() };
}
