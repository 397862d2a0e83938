// Amazon Route 53 (https://docs.aws.amazon.com/Route53/latest/APIReference/): whole RRsets, in XML.
// One batch deletes exactly what was read and creates the new RRset: it is applied as a whole, or
// refused if another writer was faster.
import type { Clock } from '../../src/base/clock.ts';
import { formatInstant } from '../../src/base/clock.ts';
import { defined } from '../../src/base/defined.ts';
import type { Call } from '../../src/ports/call.ts';
import type { EditOutcome } from '../../src/ports/provider.ts';
import type { Api } from '../_kit/api.ts';
import { createApi } from '../_kit/api.ts';
import { untilApplied } from '../_kit/applied.ts';
import type { Held } from '../_kit/edit.ts';
import { refused } from '../_kit/failures.ts';
import { defineProvider, HTTP_OPTIONS, optional, required } from '../_kit/kind.ts';
import { reach } from '../_kit/reach.ts';
import type { RRsetKey, RRsetVerbs } from '../_kit/rrsets.ts';
import { overRRsets } from '../_kit/rrsets.ts';
import { batch, faultIn, isOutdated } from './batch.ts';
import { authorization } from './sigv4.ts';
import { rdataIn, spelled, valueOf } from './spelling.ts';
import { Xml } from './xml.ts';
import type { Query, Zone } from './zones.ts';
import { idOf, zoneAt } from './zones.ts';

const HOST = 'Route 53';
const ADDRESS = 'https://route53.amazonaws.com';
const ZONES = '/hostedzonesbyname';
/** Both come with status 400, and are temporary. */
const BUSY = new Set(['Throttling', 'ThrottlingException', 'PriorRequestNotComplete']);

interface HeldValues extends Held {
  /** A deletion must contain exactly the present values. */
  readonly values: readonly string[];
}

export const route53 = defineProvider({
  type: 'route53',
  title: 'Amazon Route 53',
  site: 'https://docs.aws.amazon.com/Route53/latest/APIReference/Welcome.html',
  traits: {
    types: ['TXT', 'TLSA'],
    conditional: true,
    edits: 'rrset',
    ttl: { least: 0 },
    signs: 'on-request',
    tellsApplied: true,
    limits: '5 requests a second for each account',
  },
  options: {
    access_key_id: required('text', 'the identifier of the access key'),
    secret_access_key: required('secret', 'the access key itself'),
    session_token: optional('secret', 'for temporary credentials'),
    region: optional(
      'text',
      'of the signature; us-east-1, unless the account is in another partition',
    ),
    ...HTTP_OPTIONS,
  },
  notes: [
    'Switch DNSSEC signing on for the hosted zone and give the DS record to the registrar.',
    'The key needs route53:ListHostedZonesByName, ListResourceRecordSets, ChangeResourceRecordSets and GetChange.',
    'Private zones are ignored; two public zones of one name are refused, because only ' +
      'one is delegated.',
  ],
  async open(options, tools) {
    const { access_key_id: id, secret_access_key: secret, session_token: token } = options;
    const key = { id, secret, region: options.region ?? 'us-east-1', service: 'route53' };
    const { clock } = tools;
    const secrets = token === undefined ? [secret] : [secret, token];
    const place = { host: HOST, address: ADDRESS, below: '/2013-04-01', secrets };
    const api = createApi({
      ...(await reach(place, options, tools)),
      headers: ({ method, url, body }) => {
        const headers = {
          host: url.host,
          'x-amz-date': formatInstant(clock.now()).replace(/[:-]/g, ''),
          ...defined({ 'x-amz-security-token': token }),
        };
        const request = { method, path: url.pathname, query: url.searchParams, headers, body };
        return { ...headers, accept: 'text/xml', authorization: authorization(request, key) };
      },
      saidInText: said,
      busy: ({ status, text }) =>
        status === 400 && BUSY.has(faultIn(text)?.code ?? '') ? 2 : undefined,
    });
    return overRRsets<Zone, HeldValues>({
      host: HOST,
      traits: this.traits,
      ...verbs(api, writeWith(api, clock)),
    });
  },
});

const rrsetsOf = (zone: Zone): string => `/hostedzone/${encodeURIComponent(zone.id)}/rrset`;

type Write = (zone: Zone, set: RRsetKey, text: string, call: Call) => Promise<EditOutcome>;

function writeWith(api: Api, clock: Clock): Write {
  return async (zone, set, text, call) => {
    const request = {
      path: `${rrsetsOf(zone)}/`,
      text,
      headers: { 'content-type': 'text/xml' },
      what: `the change of ${set.type} at ${set.owner}`,
      takes: [400],
    };
    const answer = await api.send('POST', request, call);
    if (answer.status === 400) {
      const fault = faultIn(answer.text);
      if (fault !== undefined && isOutdated(fault)) return 'conflict';
      throw refused(HOST, request.what, said(answer.text) ?? answer.text);
    }
    const change = Xml.parse(answer.text, HOST).one('ChangeInfo');
    const path = `/change/${encodeURIComponent(idOf(change))}`;
    const isApplied = async (): Promise<boolean> => {
      const info = (await get(api, path, {}, call)).one('ChangeInfo');
      return info.one('Status').text() === 'INSYNC';
    };
    await untilApplied(clock, isApplied, call);
    return 'accepted';
  };
}

function verbs(api: Api, write: Write): RRsetVerbs<Zone, HeldValues> {
  return {
    zoneAt: (name, call) => zoneAt(name, (query) => get(api, ZONES, query, call)),
    async read(zone, owner, type, call) {
      const query = { name: owner, type, maxitems: 1 };
      const page = await get(api, rrsetsOf(zone), query, call);
      // The list starts at this name and type, or at the next one.
      const [set] = page.one('ResourceRecordSets').all('ResourceRecordSet');
      const isIt =
        set?.one('Name').text().toLowerCase() === spelled(owner) && set.one('Type').text() === type;
      if (set === undefined || !isIt) return undefined;
      if (set.all('SetIdentifier').length > 0 || set.all('AliasTarget').length > 0) {
        const why = 'it has a routing policy or is an alias';
        throw refused(HOST, `to have ${type} at ${owner} as an ordinary RRset`, why);
      }
      const records = set.one('ResourceRecords').all('ResourceRecord');
      const values = records.map((record) => record.one('Value').text());
      const rdata = values.map((value) => rdataIn(type, value));
      return { ttl: set.one('TTL').number(), rdata, values };
    },
    replace(zone, set, held, call) {
      // Fields of other programs are written back unchanged.
      const told = new Map(held?.rdata.map((rdata, at) => [rdata, held.values[at]]));
      const values = set.rdata.map((rdata) => told.get(rdata) ?? valueOf(set.type, rdata));
      return write(zone, set, batch(set, held, { ttl: set.ttl, values }), call);
    },
    remove: (zone, set, held, call) => write(zone, set, batch(set, held, undefined), call),
  };
}

function said(text: string): string | undefined {
  const fault = faultIn(text);
  return fault && `${fault.code}: ${fault.message}`;
}

async function get(api: Api, path: string, query: Query, call: Call): Promise<Xml> {
  return Xml.parse((await api.send('GET', { path, query }, call)).text, HOST);
}
