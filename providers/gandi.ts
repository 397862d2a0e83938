// Gandi LiveDNS (https://api.gandi.net/docs/livedns/): whole RRsets; TXT is returned in quotation
// marks, whether it was sent with them or not.
import type { Fqdn } from '../src/dns/name.ts';
import { fqdn, hostOf } from '../src/dns/name.ts';
import type { RecordType } from '../src/dns/rrset.ts';
import type { Call } from '../src/ports/call.ts';
import type { Api } from './_kit/api.ts';
import { createApi } from './_kit/api.ts';
import type { Json } from './_kit/json.ts';
import { defineProvider, HTTP_OPTIONS, required } from './_kit/kind.ts';
import { belowOrAt } from './_kit/names.ts';
import { rdataFromText, rdataText } from './_kit/rdata.ts';
import { reach } from './_kit/reach.ts';
import type { RRsetVerbs, ZoneRef } from './_kit/rrsets.ts';
import { overRRsets } from './_kit/rrsets.ts';

const HOST = 'Gandi';

export const gandi = defineProvider({
  type: 'gandi',
  title: 'Gandi LiveDNS',
  site: 'https://api.gandi.net/docs/livedns/',
  traits: {
    types: ['TXT', 'TLSA'],
    conditional: false,
    edits: 'rrset',
    ttl: { least: 300 },
    signs: 'on-request',
    tellsApplied: false,
    limits: '1000 requests a minute from one address',
  },
  options: {
    token: required(
      'secret',
      'a personal access token that may manage the technical configuration of the domains',
    ),
    ...HTTP_OPTIONS,
  },
  notes: [
    'Personal access tokens expire: create a new one in time, because without a valid ' +
      'token no TLSA record can be published.',
    'The older API keys are not accepted: Gandi will abolish them.',
    'DNSSEC is switched on for each domain, and only where the domain uses the name servers of LiveDNS.',
  ],
  async open(options, tools) {
    const { token } = options;
    const place = { host: HOST, address: 'https://api.gandi.net/v5/livedns', secrets: [token] };
    const api = createApi({
      ...(await reach(place, options, tools)),
      headers: () => ({ authorization: `Bearer ${token}` }),
      said,
    });
    return overRRsets<ZoneRef>({ host: HOST, traits: this.traits, ...verbs(api) });
  },
});

function verbs(api: Api): RRsetVerbs<ZoneRef> {
  return {
    zoneAt: (name, call) => zoneAt(name, api, call),
    async read(zone, owner, type, call) {
      const path = pathOf(zone, owner, type);
      const answer = await api.send('GET', { path, takes: [404] }, call);
      if (answer.status === 404) return undefined;
      const rrset = answer.json();
      const values = rrset.at('rrset_values').list();
      return {
        ttl: rrset.at('rrset_ttl').number(),
        rdata: values.map((value) => rdataFromText(type, value.text())),
      };
    },
    async replace(zone, { owner, type, ttl, rdata }, _held, call) {
      const values = rdata.map((item) => rdataText(type, item));
      const body = { rrset_ttl: ttl, rrset_values: values };
      const what = `the change of ${type} at ${owner}`;
      await api.send('PUT', { path: pathOf(zone, owner, type), body, what }, call);
    },
    async remove(zone, { owner, type }, _held, call) {
      const what = `the removal of ${type} at ${owner}`;
      await api.send('DELETE', { path: pathOf(zone, owner, type), what, takes: [404] }, call);
    },
  };
}

/** A message, or what is wrong with each field. */
function said(body: Json): string {
  if (!body.at('message').isMissing) return body.at('message').text();
  const errors = body.at('errors').list();
  return errors
    .map((error) => `${error.at('name').text()}: ${error.at('description').text()}`)
    .join('; ');
}

const domainOf = (name: Fqdn): string => `/domains/${encodeURIComponent(hostOf(name))}`;

function pathOf({ name }: ZoneRef, owner: Fqdn, type: RecordType): string {
  return `${domainOf(name)}/records/${encodeURIComponent(belowOrAt(owner, name))}/${type}`;
}

/** Asked one by one: the list leaves out the zones of domains that Gandi registered. */
async function zoneAt(name: Fqdn, api: Api, call: Call): Promise<ZoneRef | undefined> {
  const answer = await api.send('GET', { path: domainOf(name), takes: [404] }, call);
  return answer.status === 404 ? undefined : { name: fqdn(answer.json().at('fqdn').text()) };
}
