// Azure DNS (https://learn.microsoft.com/rest/api/dns/record-sets; the description is
// specification/dns of github.com/Azure/azure-rest-api-specs): whole RRsets, each with an ETag that
// a write must name.
import type { Fqdn } from '../../src/dns/name.ts';
import { hostOf } from '../../src/dns/name.ts';
import type { RecordType } from '../../src/dns/rrset.ts';
import type { Call } from '../../src/ports/call.ts';
import type { EditOutcome } from '../../src/ports/provider.ts';
import type { Api, ApiRequest } from '../_kit/api.ts';
import { createApi } from '../_kit/api.ts';
import type { Held } from '../_kit/edit.ts';
import { denied } from '../_kit/failures.ts';
import type { Json } from '../_kit/json.ts';
import { defineProvider, HTTP_OPTIONS, optional, required } from '../_kit/kind.ts';
import { below } from '../_kit/names.ts';
import { tokenFrom } from '../_kit/oauth.ts';
import { reach } from '../_kit/reach.ts';
import type { RRsetVerbs, ZoneRef } from '../_kit/rrsets.ts';
import { overRRsets } from '../_kit/rrsets.ts';
import { faultIn, HOST, isMissing } from './answers.ts';
import { rdataIn, recordOf } from './records.ts';

const ADDRESS = 'https://management.azure.com';
/** The first version with TLSA. */
const VERSION = { 'api-version': '2023-07-01-preview' };

interface HeldRecords extends Held {
  readonly etag: string;
  readonly records: readonly Json[];
  readonly metadata: unknown;
}

export const azure = defineProvider({
  type: 'azure',
  title: 'Azure DNS',
  site: 'https://learn.microsoft.com/rest/api/dns/record-sets/create-or-update',
  traits: {
    types: ['TXT', 'TLSA'],
    conditional: true,
    edits: 'rrset',
    ttl: { least: 1 },
    signs: 'on-request',
    tellsApplied: false,
    limits: 'the limits of Azure Resource Manager for each subscription',
  },
  options: {
    tenant: required('text', 'the tenant (directory) of the application'),
    client_id: required('text', 'the identifier of the application'),
    client_secret: required('secret', 'its client secret, which expires'),
    subscription: required('text', 'the identifier of the subscription'),
    resource_group: required('text', 'the resource group of the zones'),
    login_endpoint: optional('url', 'another address for tokens, for national clouds'),
    ...HTTP_OPTIONS,
  },
  notes: [
    'TLSA exists only in version 2023-07-01-preview of the API, which Microsoft may ' +
      'change or withdraw.',
    'Sign the zone (DNSSEC) and give the DS record to the registrar.',
    'The application needs the role DNS Zone Contributor for the resource group or the zone.',
  ],
  async open(options, tools) {
    const { endpoint = ADDRESS, tenant, client_id: id, client_secret: secret } = options;
    const { login_endpoint: login = 'https://login.microsoftonline.com' } = options;
    const group = `resourceGroups/${encodeURIComponent(options.resource_group)}`;
    const scope = `subscriptions/${encodeURIComponent(options.subscription)}/${group}`;
    const path = `/${scope}/providers/Microsoft.Network/dnsZones`;
    const place = { host: HOST, address: ADDRESS, below: path, secrets: [secret] };
    const reached = await reach(place, options, tools);
    const token = tokenFrom({
      ...reached,
      url: `${login.replace(/\/$/, '')}/${encodeURIComponent(tenant)}/oauth2/v2.0/token`,
      form: () => ({
        ...{ grant_type: 'client_credentials', client_id: id, client_secret: secret },
        scope: `${endpoint.replace(/\/$/, '')}/.default`,
      }),
    });
    const api = createApi({
      ...reached,
      headers: async (_, call) => ({ authorization: `Bearer ${await token(call)}` }),
      said: (body) => faultIn(body).message,
    });

    return overRRsets<ZoneRef, HeldRecords>({ host: HOST, traits: this.traits, ...verbs(api) });
  },
});

function verbs(api: Api): RRsetVerbs<ZoneRef, HeldRecords> {
  async function write(
    method: 'PUT' | 'DELETE',
    request: ApiRequest,
    held: HeldRecords | undefined,
    call: Call,
  ): Promise<EditOutcome> {
    const headers: Readonly<Record<string, string>> =
      held === undefined ? { 'if-none-match': '*' } : { 'if-match': held.etag };
    const whole = { ...request, query: VERSION, headers, takes: [412] };
    const { status } = await api.send(method, whole, call);
    return status === 412 ? 'conflict' : 'accepted';
  }

  return {
    zoneAt: (name, call) => zoneAt(name, api, call),
    async read(zone, owner, type, call) {
      const request = { path: pathOf(zone, owner, type), query: VERSION, takes: [404] };
      const answer = await api.send('GET', request, call);
      if (isMissing(answer)) return undefined;
      const set = answer.json();
      const properties = set.at('properties');
      const records = properties.at(`${type}Records`).list();
      return {
        ...{ ttl: properties.at('TTL').number(), etag: set.at('etag').text(), records },
        rdata: records.map((record) => rdataIn(type, record)),
        metadata: properties.at('metadata').raw,
      };
    },
    replace(zone, { owner, type, ttl, rdata }, held, call) {
      // Metadata of other programs is written back unchanged; a PUT without it would remove it.
      const told = new Map(held?.rdata.map((one, n) => [one, held.records[n]?.raw]));
      const records = rdata.map((one) => told.get(one) ?? recordOf(type, one));
      const metadata = held?.metadata ?? undefined;
      const properties = { TTL: ttl, [`${type}Records`]: records, metadata };
      const what = `the change of ${type} at ${owner}`;
      const path = pathOf(zone, owner, type);
      return write('PUT', { path, body: { properties }, what }, held, call);
    },
    remove(zone, { owner, type }, held, call) {
      const what = `the removal of ${type} at ${owner}`;
      return write('DELETE', { path: pathOf(zone, owner, type), what }, held, call);
    },
  };
}

const zonePath = (name: Fqdn): string => `/${encodeURIComponent(hostOf(name))}`;

function pathOf({ name }: ZoneRef, owner: Fqdn, type: RecordType): string {
  return `${zonePath(name)}/${type}/${encodeURIComponent(below(owner, name)) || '@'}`;
}

async function zoneAt(name: Fqdn, api: Api, call: Call): Promise<ZoneRef | undefined> {
  // A zone name is never a wildcard, and Azure would not accept the name.
  if (name.startsWith('*.')) return undefined;
  const request = { path: zonePath(name), query: VERSION, takes: [403, 404] };
  const answer = await api.send('GET', request, call);
  if (answer.status === 403) {
    // With a role for one zone only, every other name is forbidden, whether it is a zone or not.
    const { code, message } = faultIn(answer.json());
    if (code === 'AuthorizationFailed') return undefined;
    throw denied(HOST, message);
  }
  if (isMissing(answer)) return undefined;
  const isPrivate = answer.json().at('properties').at('zoneType').raw === 'Private';
  return isPrivate ? undefined : { name };
}
