// example.org on two name servers, signed, as messages on the wire; each server can be made to
// differ.
import { toHex } from '../../src/base/bytes.ts';
import { fqdn } from '../../src/dns/name.ts';
import type { Fqdn } from '../../src/dns/name.ts';
import { addressRdata, targetRdata } from '../../src/dns/rdata.ts';
import { RCODE, typeNumber } from '../../src/dns/record-type.ts';
import { rdataSet } from '../../src/dns/rrset.ts';
import type { RdataHex, RecordType } from '../../src/dns/rrset.ts';
import type { SignedSet } from '../../src/dns/signed-set.ts';
import { readMessage } from '../../src/dns/wire-reader.ts';
import { WireWriter } from '../../src/dns/wire-writer.ts';
import type { ServerReply, Servers, ZoneView } from '../../src/ports/servers.ts';
import { tlsaFromText } from '../../src/dane/tlsa-text.ts';
import { tlsaToRdata } from '../../src/dane/tlsa.ts';
import { digestOf } from '../../src/dns/dnskey.ts';
import { responseOf, sectionOf, signZone } from '../dns/signed-zone.ts';
import { makeKey, signed, type SigningOptions, type TestKey } from '../dns/signer.ts';
import { truthOf, type Nodes } from '../dns/zone-model.ts';
import { NOW } from '../support/ca.ts';
import { OWNER, rdataOf, V4, type Zone } from './scene.ts';

export const zone = fqdn('example.org');
export const FIRST = '192.0.2.53';
export const SECOND = '192.0.2.54';
export const key = makeKey(13);

const DAY = 86_400;

export interface Version {
  readonly tlsa: readonly string[];
  /** By owner. */
  readonly srv?: Readonly<Record<string, readonly string[]>>;
  readonly serial?: number;
  readonly signing?: Partial<SigningOptions>;
  readonly nameServers?: readonly string[];
  /** The keys that the zone serves; none: it is not signed there. */
  readonly keys?: readonly TestKey[];
  readonly nsec3?: { readonly iterations: number };
  /** What NSEC records cover; by default what is there. */
  readonly proofs?: Nodes;
}

export interface Question {
  readonly name: Fqdn;
  readonly type: RecordType;
  readonly transport: 'udp' | 'tcp';
}

function soaRdata(serial: number): RdataHex {
  const out = new WireWriter().name(zone).name(zone).u32(serial).u32(2).u32(3).u32(4).u32(300);
  return toHex(out.finish());
}

/** One version of the zone, as a server with that version answers. */
export function versionOf(version: Version): (question: Question) => ServerReply {
  const { tlsa, srv = {}, serial = 1, keys = [key], nameServers = ['ns1', 'ns2'] } = version;
  const signing = { zone, key, from: NOW - 10 * DAY, until: NOW + 20 * DAY, ...version.signing };
  const set = (
    owner: Fqdn,
    type: RecordType,
    ttl: number,
    rdata: readonly RdataHex[],
  ): SignedSet => {
    const own = { owner, type: typeNumber(type), ttl, rdata: rdataSet(rdata) };
    return keys.length === 0 ? { ...own, signatures: [] } : signed(own, signing);
  };
  const hosts = nameServers.map((name) => fqdn(`${name}.example.org`));
  const sets = [
    set(zone, 'SOA', 3600, [soaRdata(serial)]),
    set(zone, 'NS', 3600, hosts.map(targetRdata)),
    ...(keys.length === 0
      ? []
      : [
          set(
            zone,
            'DNSKEY',
            3600,
            keys.map(({ dnskey }) => dnskey.rdata),
          ),
        ]),
    set(fqdn('mx1.example.org'), 'A', 3600, [addressRdata('A', V4)]),
    set(
      fqdn(OWNER),
      'TLSA',
      3600,
      tlsa.map((text) => tlsaToRdata(tlsaFromText(text))),
    ),
    ...Object.entries(srv).map(([owner, data]) =>
      set(
        fqdn(owner),
        'SRV',
        3600,
        data.map((text) => rdataOf('SRV', text)),
      ),
    ),
  ];
  const nodes: Nodes = new Map([
    [zone, ['SOA', 'NS', 'DNSKEY']],
    [fqdn('mx1.example.org'), ['A']],
    ...(tlsa.length === 0 ? [] : [[fqdn(OWNER), ['TLSA']] as const]),
    ...Object.keys(srv).map((owner): [Fqdn, readonly RecordType[]] => [fqdn(owner), ['SRV']]),
  ]);
  const iterations = version.nsec3?.iterations;
  const made = signZone(
    version.proofs ?? nodes,
    { iterations: iterations ?? 0, salt: '', optOut: false },
    signing,
  );
  const proofs = keys.length === 0 ? [] : iterations === undefined ? made.nsec : made.nsec3;
  return ({ name, type, transport }) => {
    const found = sets.find(
      (one) => one.owner === name && one.type === typeNumber(type) && one.rdata.length > 0,
    );
    const exists = truthOf(nodes, zone, name, type).is !== 'nxdomain';
    const [soa] = sets;
    const bytes =
      found === undefined
        ? responseOf(
            exists ? RCODE.NOERROR : RCODE.NXDOMAIN,
            { name, type },
            [],
            sectionOf(...(soa === undefined ? [] : [soa]), ...proofs),
          )
        : responseOf(RCODE.NOERROR, { name, type }, sectionOf(found), []);
    const truncated = transport === 'udp' && bytes.length > 1232;
    return { status: 'answered', message: readMessage(bytes), octets: bytes.length, truncated };
  };
}

export const refused = (rcode: number, question: Question): ServerReply => {
  const bytes = responseOf(rcode, question, [], []);
  return {
    status: 'answered',
    message: readMessage(bytes),
    octets: bytes.length,
    truncated: false,
  };
};

type Answers = (question: Question) => ServerReply;

export function serversOf(first: Answers, second: Answers, view: Partial<ZoneView> = {}): Servers {
  const names = ['ns1', 'ns2'].map((name) => fqdn(`${name}.example.org`));
  const by: Readonly<Record<string, Answers>> = { [FIRST]: first, [SECOND]: second };
  const addresses = [FIRST, SECOND].map((address, index) => ({
    server: names[index] ?? zone,
    address,
  }));
  return {
    zoneOf: () => Promise.resolve({ zone, security: 'secure' }),
    viewOf: () =>
      Promise.resolve({ zone, delegated: names, own: names, addresses, unfound: [], ...view }),
    ask: (address, name, type, transport) => {
      const answers = by[address];
      if (answers === undefined) throw new Error(`no server has the address ${address}`);
      return Promise.resolve(answers({ name, type, transport }));
    },
  };
}

/** DNSKEY and DS as the resolver has them. */
export function vouchedFor(by: TestKey = key): Zone {
  const { keyTag, algorithm } = by.dnskey;
  const head = toHex(new WireWriter().u16(keyTag).u8(algorithm).u8(2).finish());
  return {
    'example.org DNSKEY': [by.dnskey.rdata],
    'example.org DS': [`${head}${digestOf(zone, by.dnskey, 2) ?? ''}`],
  };
}
