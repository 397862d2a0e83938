// Google Cloud DNS (https://cloud.google.com/dns/docs/reference/rest/v1): whole RRsets. A change
// deletes exactly what was read and adds the new RRset: it is applied as a whole, or refused if
// another writer was faster.
import type { Clock } from '../../src/base/clock.ts';
import type { Fqdn } from '../../src/dns/name.ts';
import type { Call } from '../../src/ports/call.ts';
import type { EditOutcome } from '../../src/ports/provider.ts';
import type { Api } from '../_kit/api.ts';
import { createApi } from '../_kit/api.ts';
import { untilApplied } from '../_kit/applied.ts';
import type { Held } from '../_kit/edit.ts';
import { ambiguous, refused } from '../_kit/failures.ts';
import type { Json } from '../_kit/json.ts';
import { defineProvider, HTTP_OPTIONS, optional, required } from '../_kit/kind.ts';
import { tokenFrom } from '../_kit/oauth.ts';
import { rdataFromText, rdataText } from '../_kit/rdata.ts';
import { reach } from '../_kit/reach.ts';
import type { RRsetKey, RRsetVerbs, ZoneRef } from '../_kit/rrsets.ts';
import { overRRsets } from '../_kit/rrsets.ts';
import { HOST, isOutdated, pages, reasonsIn } from './answers.ts';
import { assertionOf, serviceAccount } from './service-account.ts';

const SCOPE = 'https://www.googleapis.com/auth/ndev.clouddns.readwrite';
/** Both come with status 403; the quota is per minute. */
const BUSY = new Set(['rateLimitExceeded', 'userRateLimitExceeded']);

interface Zone extends ZoneRef {
  /** The name of the zone in the project. */
  readonly id: string;
}

/** A deletion must contain exactly the present texts. */
interface Texts {
  readonly ttl: number;
  readonly rrdatas: readonly string[];
}

export const google = defineProvider({
  type: 'google',
  title: 'Google Cloud DNS',
  site: 'https://cloud.google.com/dns/docs/reference/rest/v1/changes',
  traits: {
    types: ['TXT', 'TLSA'],
    conditional: true,
    edits: 'rrset',
    ttl: { least: 1 },
    signs: 'on-request',
    // A change that is "done" was sent to the servers, which may not serve it yet.
    tellsApplied: false,
    limits: 'a number of requests a minute for each project',
  },
  options: {
    credentials: required('secret', 'the JSON file of a service account key, as a whole'),
    project: optional('text', 'the project of the zones, if it is not that of the account'),
    ...HTTP_OPTIONS,
  },
  notes: [
    'Switch DNSSEC on for the zone and give the DS record to the registrar.',
    'The service account needs the role DNS Administrator (roles/dns.admin) in the project or for the zone.',
    'Private zones are ignored; two public zones of one name are refused, because only ' +
      'one is delegated.',
  ],
  async open(options, tools) {
    const { clock } = tools;
    const { credentials } = options;
    const account = serviceAccount(credentials);
    const { project = account.project } = options;
    const below = `/dns/v1/projects/${encodeURIComponent(project)}/managedZones`;
    const secrets = [credentials, account.pem];
    const place = { host: HOST, address: 'https://dns.googleapis.com', below, secrets };
    const reached = await reach(place, options, tools);
    const form = (): Readonly<Record<string, string>> => ({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: assertionOf(account, SCOPE, clock.now()),
    });
    const token = tokenFrom({ ...reached, url: account.tokenUrl, form });
    const api = createApi({
      ...reached,
      headers: async (_, call) => ({ authorization: `Bearer ${await token(call)}` }),
      said,
      busy: (answer) =>
        answer.status === 403 && reasonsIn(answer).some((reason) => BUSY.has(reason))
          ? 60
          : undefined,
      // A quota of records or zones: neither waiting nor other credentials help.
      isRefusal: (answer) => reasonsIn(answer).includes('quotaExceeded'),
    });
    return overRRsets<Zone, Held & Texts>({
      host: HOST,
      traits: this.traits,
      ...verbs(api, writeWith(api, clock)),
    });
  },
});

const at = ({ id }: Zone): string => `/${encodeURIComponent(id)}`;

interface Step {
  readonly old: Texts | undefined;
  readonly next?: Texts;
}

type Write = (zone: Zone, set: RRsetKey, step: Step, call: Call) => Promise<EditOutcome>;

function writeWith(api: Api, clock: Clock): Write {
  return async (zone, { owner, type }, { old, next }, call) => {
    const rrset = ({ ttl, rrdatas }: Texts): object => ({ name: owner, type, ttl, rrdatas });
    const body = {
      ...(old && { deletions: [rrset(old)] }),
      ...(next && { additions: [rrset(next)] }),
    };
    const what = `the change of ${type} at ${owner}`;
    const request = { path: `${at(zone)}/changes`, body, what, takes: [404, 409, 412] };
    const answer = await api.send('POST', request, call);
    if (isOutdated(answer)) return 'conflict';
    if (answer.status >= 400) throw refused(HOST, what, said(answer.json()) ?? answer.text);
    const id = encodeURIComponent(answer.json().at('id').id());
    const isApplied = async (): Promise<boolean> => {
      const { json } = await api.send('GET', { path: `${at(zone)}/changes/${id}` }, call);
      return json().at('status').text() === 'done';
    };
    await untilApplied(clock, isApplied, call);
    return 'accepted';
  };
}

function verbs(api: Api, write: Write): RRsetVerbs<Zone, Held & Texts> {
  return {
    zoneAt: (name, call) => zoneAt(name, api, call),
    async read(zone, owner, type, call) {
      const request = { path: `${at(zone)}/rrsets`, query: { name: owner, type } };
      const all = await pages(api, request, 'rrsets', call);
      const rrset = all.find((one) => isNamed(one, 'name', owner) && one.at('type').raw === type);
      if (rrset === undefined) return undefined;
      if (!rrset.at('routingPolicy').isMissing) {
        const what = `to have ${type} at ${owner} as an ordinary RRset`;
        throw refused(HOST, what, 'it has a routing policy');
      }
      const rrdatas = rrset
        .at('rrdatas')
        .list()
        .map((one) => one.text());
      const rdata = rrdatas.map((text) => rdataFromText(type, text));
      return { ttl: rrset.at('ttl').number(), rdata, rrdatas };
    },
    replace(zone, set, held, call) {
      // Fields of other programs are written back unchanged.
      const told = new Map(held?.rdata.map((rdata, n) => [rdata, held.rrdatas[n]]));
      const rrdatas = set.rdata.map((rdata) => told.get(rdata) ?? rdataText(set.type, rdata));
      return write(zone, set, { old: held, next: { ttl: set.ttl, rrdatas } }, call);
    },
    remove: (zone, set, held, call) => write(zone, set, { old: held }, call),
  };
}

const isNamed = (one: Json, field: string, name: Fqdn): boolean =>
  one.at(field).text().toLowerCase() === name;

function said(body: Json): string | undefined {
  const { raw } = body.at('error').at('message');
  return typeof raw === 'string' ? raw : undefined;
}

async function zoneAt(name: Fqdn, api: Api, call: Call): Promise<Zone | undefined> {
  const zones = await pages(api, { path: '', query: { dnsName: name } }, 'managedZones', call);
  const [zone, ...others] = zones
    .filter((one) => isNamed(one, 'dnsName', name))
    .filter((one) => one.at('visibility').isMissing || one.at('visibility').text() === 'public');
  if (others.length > 0) throw ambiguous(HOST, name, others.length + 1);
  return zone && { name, id: zone.at('name').text() };
}
