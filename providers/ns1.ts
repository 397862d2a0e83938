// IBM NS1 Connect (https://ns1.com/api): whole RRsets as a list of answers, each of which may have
// more fields than its data. Zones have a name of their own, which is usually but not always that
// of the domain.
import type { Clock } from '../src/base/clock.ts';
import type { Fqdn } from '../src/dns/name.ts';
import { fqdn, hostOf } from '../src/dns/name.ts';
import type { RdataHex, RecordType } from '../src/dns/rrset.ts';
import type { Call } from '../src/ports/call.ts';
import type { Api } from './_kit/api.ts';
import { createApi } from './_kit/api.ts';
import type { Held } from './_kit/edit.ts';
import { failed, refused } from './_kit/failures.ts';
import type { Json } from './_kit/json.ts';
import { defineProvider, HTTP_OPTIONS, required } from './_kit/kind.ts';
import { pageBounds } from './_kit/pages.ts';
import { rdataFromText, tlsaFields, txtFromText, txtValue } from './_kit/rdata.ts';
import { reach } from './_kit/reach.ts';
import type { RRsetVerbs, ZoneRef } from './_kit/rrsets.ts';
import { overRRsets } from './_kit/rrsets.ts';

const HOST = 'NS1';
/** A list of all zones is used for this many seconds. */
const LIST_HOLDS = 60;

interface Zone extends ZoneRef {
  /** The zone name in the URL. */
  readonly title: string;
}

interface Answers extends Held {
  /** As NS1 returns them: with their metadata, which must be kept. */
  readonly told: ReadonlyMap<RdataHex, unknown>;
}

export const ns1 = defineProvider({
  type: 'ns1',
  title: 'IBM NS1 Connect',
  site: 'https://ns1.com/api',
  traits: {
    types: ['TXT', 'TLSA'],
    conditional: false,
    edits: 'rrset',
    ttl: { least: 60 },
    signs: 'on-request',
    tellsApplied: false,
    limits: 'depends on the plan; its answers have X-RateLimit headers',
  },
  options: {
    api_key: required('secret', 'an API key that may view and manage the records of the zones'),
    ...HTTP_OPTIONS,
  },
  notes: [
    'A TLSA record must have no filter chain: filters omit answers, and the mail servers ' +
      'that get such an answer refuse your certificate.',
    'DNSSEC is switched on for each zone, after NS1 has allowed it for the account.',
    'If a domain has several zones (DNS views), the one with the name of the domain is ' +
      'written.',
  ],
  async open(options, tools) {
    const { api_key: key } = options;
    const place = { host: HOST, address: 'https://api.nsone.net/v1', secrets: [key] };
    const api = createApi({
      ...(await reach(place, options, tools)),
      headers: () => ({ 'x-nsone-key': key }),
      said: (body) => body.at('message').text(),
    });
    return overRRsets<Zone, Answers>({
      host: HOST,
      traits: this.traits,
      ...verbs(api, tools.clock),
    });
  },
});

function verbs(api: Api, clock: Clock): RRsetVerbs<Zone, Answers> {
  const listed = listOf(api, clock);
  return {
    async zoneAt(name, call) {
      const answer = await api.send('GET', { ...lookAt(hostOf(name)), takes: [404] }, call);
      if (answer.status !== 404 && fqdn(answer.json().at('zone').text()) === name) {
        return { name, title: hostOf(name) };
      }
      return (await listed(call)).find((zone) => zone.name === name);
    },
    async read(zone, owner, type, call) {
      const path = pathOf(zone, owner, type);
      const answer = await api.send('GET', { path, takes: [404] }, call);
      if (answer.status === 404) return undefined;
      const record = answer.json();
      const told = record
        .at('answers')
        .list()
        .map((item) => [rdataIn(type, item.at('answer')), item.raw] as const);
      const rdata = told.map(([one]) => one);
      return { ttl: record.at('ttl').number(), rdata, told: new Map(told) };
    },
    async replace(zone, { owner, type, ttl, rdata }, held, call) {
      const answers = rdata.map((one) => held?.told.get(one) ?? answerOf(type, one));
      const names = { zone: hostOf(zone.name), domain: hostOf(owner), type };
      const what = `the change of ${type} at ${owner}`;
      const request = { path: pathOf(zone, owner, type), body: { ...names, ttl, answers }, what };
      // PUT creates and POST changes; each refuses what belongs to the other.
      const [method, missed] =
        held === undefined ? (['PUT', 400] as const) : (['POST', 404] as const);
      const answer = await api.send(method, { ...request, takes: [missed] }, call);
      if (answer.status !== missed) return 'accepted';
      const said = answer.json().at('message');
      const why = said.isMissing ? '' : said.text();
      if (/^record (already exists|not found)$/.test(why)) return 'conflict';
      throw refused(HOST, what, why);
    },
    async remove(zone, { owner, type }, _held, call) {
      const what = `the removal of ${type} at ${owner}`;
      await api.send('DELETE', { path: pathOf(zone, owner, type), what, takes: [404] }, call);
    },
  };
}

/** A zone without its records. */
const lookAt = (title: string): { path: string; query: Record<string, string> } => ({
  path: `/zones/${encodeURIComponent(title)}`,
  query: { records: 'false' },
});

const pathOf = ({ title }: Zone, owner: Fqdn, type: RecordType): string =>
  `/zones/${encodeURIComponent(title)}/${encodeURIComponent(hostOf(owner))}/${type}`;

function rdataIn(type: RecordType, answer: Json): RdataHex {
  const parts = answer.list().map((part) => part.id());
  return type === 'TLSA' ? rdataFromText(type, parts.join(' ')) : txtFromText(parts.join(''));
}

function answerOf(type: RecordType, rdata: RdataHex): { readonly answer: readonly string[] } {
  if (type !== 'TLSA') return { answer: [txtValue(rdata)] };
  const { usage, selector, matchingType, data } = tlsaFields(rdata);
  return { answer: [usage, selector, matchingType, data].map(String) };
}

/** All zones, to find those whose name is not that of the domain. */
function listOf(api: Api, clock: Clock): (call: Call) => Promise<readonly Zone[]> {
  let known: { readonly at: number; readonly zones: readonly Zone[] } | undefined;
  return async (call) => {
    const age = known === undefined ? Infinity : clock.now() - known.at;
    if (known !== undefined && age >= 0 && age < LIST_HOLDS) return known.zones;
    const zones = await allZones(api, call);
    known = { at: clock.now(), zones };
    return zones;
  };
}

async function allZones(api: Api, call: Call): Promise<readonly Zone[]> {
  const found: Zone[] = [];
  const bound = pageBounds(HOST, 'its list of zones');
  for (let query: Record<string, string> | undefined = {}; query !== undefined;) {
    const answer = await api.send('GET', { path: '/zones', query }, call);
    const page = answer.json().list();
    for (const zone of page) {
      const [name, title] = [zone.at('zone').text(), zone.at('name')];
      found.push({ name: fqdn(name), title: title.isMissing ? name : title.text() });
    }
    query = nextOf(answer.headers['link']);
    if (query !== undefined && page.length === 0) {
      throw failed(HOST, 'its list of zones', 'it has a next page, and this one is empty');
    }
    bound(page.length, query === undefined ? undefined : JSON.stringify(query));
  }
  return found;
}

/** The query of the next page. The rest of its URL is ignored: it says http, but https is used. */
function nextOf(link: string | undefined): Record<string, string> | undefined {
  const [, address] = /<([^>]+)>\s*;[^,]*\brel="?next"?/.exec(link ?? '') ?? [];
  if (address === undefined) return undefined;
  return Object.fromEntries(new URL(address, 'https://api.nsone.net').searchParams);
}
