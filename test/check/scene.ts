// A scripted environment for `check`: a zone as a validating resolver answers it, and services that
// present certificates of a real CA. Everything between (lookups, matching, verdicts, rules) is
// holger's own code.
import type { RuleName } from '../../src/check/rules/catalogue.ts';
import { check } from '../../src/check/check.ts';
import type { CheckOptions } from '../../src/check/check.ts';
import type { Report, ServiceReport } from '../../src/check/report.ts';
import { findingsIn } from '../../src/check/report.ts';
import { parseTarget } from '../../src/check/gather/target.ts';
import type { Target } from '../../src/check/gather/facts.ts';
import type { CheckWorld } from '../../src/check/gather/world.ts';
import type { IssuingSet } from '../../src/check/issuers/issuing-set.ts';
import { tlsaFor } from '../../src/dane/association.ts';
import { tlsaFromText } from '../../src/dane/tlsa-text.ts';
import { tlsaText, tlsaToRdata } from '../../src/dane/tlsa.ts';
import { fqdn } from '../../src/dns/name.ts';
import { nameToWire } from '../../src/dns/name-wire.ts';
import { addressRdata, targetRdata } from '../../src/dns/rdata.ts';
import type { RdataHex, RecordType } from '../../src/dns/rrset.ts';
import { KEY_ALGORITHMS } from '../../src/dane/key-algorithm.ts';
import type { KeyAlgorithm } from '../../src/dane/key-algorithm.ts';
import type { Endpoint, Handshake, Seen } from '../../src/ports/probe.ts';
import type { Lookup, LookupFailure, Standing } from '../../src/ports/resolver.ts';
import type { Servers } from '../../src/ports/servers.ts';
import { AppError } from '../../src/base/errors.ts';
import { anchorOf } from '../../src/x509/anchor.ts';
import { chainFromDer } from '../../src/x509/chain.ts';
import { trustStore } from '../../src/x509/trust-store.ts';
import type { Party } from '../support/ca.ts';
import { NOW } from '../support/ca.ts';

/** The answer to a lookup: data, or an alias, or why there is none. Signed by default. */
export type Answer =
  | readonly string[]
  | {
      readonly data?: readonly string[];
      readonly alias?: string;
      readonly ttl?: number;
      readonly unsigned?: true;
    }
  | { readonly fails: LookupFailure }
  | { readonly missing: 'nxdomain' | 'nodata'; readonly unsigned?: true };

/** By "NAME TYPE"; every other name is securely absent. */
export type Zone = Readonly<Record<string, Answer>>;

type Sent = Pick<Party, 'der'>;
type Shown = readonly Sent[] | Exclude<Handshake, { readonly status: 'presented' }>;
/**
 * What an address presents, by kind of certificate; several: one per handshake. A list of parties
 * alone is ECDSA.
 */
export type Shows = Readonly<Partial<Record<KeyAlgorithm, Shown | readonly Shown[]>>>;

export interface Scene {
  readonly zone: Zone;
  readonly shows?: Readonly<Record<string, Shows>>;
  /** Mail domains begin with "@", XMPP domains with "xmpp:". */
  readonly target?: string;
  readonly roots?: readonly Party[];
  /** What is known of CAs; by default nothing. */
  readonly issuingSets?: readonly IssuingSet[];
  readonly options?: Partial<CheckOptions>;
  /** Single name servers; without any, the servers of the zone are unknown. */
  readonly servers?: Servers;
  readonly targets?: readonly Target[];
  /** What the probe of the resolver showed; by default that it validates. */
  readonly standing?: Standing;
  /** Handshakes never end. */
  readonly isSlow?: true;
  readonly onHandshake?: (endpoint: Endpoint) => void;
}

export const MX = 'smtp://mx1.example.org';
export const OWNER = '_25._tcp.mx1.example.org';
export const V4 = '192.0.2.1';
export const V6 = '2001:db8::1';

/** "3 1 1" of a certificate. */
export function record(combination: string, { der }: Sent): string {
  const [usage = NaN, selector = NaN, matchingType = NaN] = combination.split(' ').map(Number);
  const certificate = chainFromDer([der]).certificates[0];
  if (certificate === undefined) throw new Error('no certificate');
  return tlsaText(tlsaFor(certificate, usage, selector, matchingType));
}

export function rdataOf(type: RecordType, text: string): RdataHex {
  switch (type) {
    case 'A':
    case 'AAAA':
      return addressRdata(type, text);
    case 'TLSA':
      return tlsaToRdata(tlsaFromText(text));
    case 'MX': {
      const [preference = '', host = ''] = text.split(' ');
      const wire = Buffer.from(nameToWire(fqdn(host))).toString('hex');
      return Number(preference).toString(16).padStart(4, '0') + wire;
    }
    case 'SRV': {
      const [target = '', ...numbers] = text.split(' ').reverse();
      const octets = numbers
        .reverse()
        .map((number) => Number(number).toString(16).padStart(4, '0'));
      return [...octets, Buffer.from(nameToWire(fqdn(target))).toString('hex')].join('');
    }
    case 'CAA': {
      const [flags = '', tag = '', ...value] = text.split(' ');
      const octets = [Number(flags), tag.length, ...Buffer.from(tag + value.join(' '))];
      return Buffer.from(octets).toString('hex');
    }
    case 'DNSKEY':
    case 'DS':
      return text;
    default:
      throw new Error(`no ${type} in this world`);
  }
}

function lookupIn(zone: Zone, name: string, type: RecordType): Lookup {
  const answer = zone[`${name.replace(/\.$/, '')} ${type}`] ?? { missing: 'nodata' };
  if ('fails' in answer) return { status: answer.fails, detail: `it was ${answer.fails}` };
  if ('missing' in answer) {
    return { status: answer.missing, aliases: [], authentic: answer.unsigned !== true };
  }
  const { data = [], alias, ttl = 3600, unsigned } = 'length' in answer ? { data: answer } : answer;
  const authentic = unsigned !== true;
  if (alias !== undefined) {
    const target = fqdn(alias);
    const step = {
      owner: fqdn(name),
      type: 'CNAME' as const,
      ttl,
      rdata: [targetRdata(target)],
    };
    if (type === 'CNAME') return { status: 'found', rrset: step, aliases: [], authentic };
    const after = lookupIn(zone, target, type);
    if ('detail' in after) return after;
    const aliases = [step, ...after.aliases];
    return { ...after, aliases, authentic: authentic && after.authentic };
  }
  const rdata = data.map((text) => rdataOf(type, text));
  const rrset = { owner: fqdn(name), type, ttl, rdata };
  return { status: 'found', rrset, aliases: [], authentic };
}

const NONE: Handshake = { status: 'no-certificate', detail: 'no shared signature algorithm' };

const NOTHING: Handshake = { status: 'tls-failed', detail: 'handshake failure' };

function shakes(shown: Shown | readonly Shown[], algorithm: KeyAlgorithm): readonly Handshake[] {
  const one = (item: Shown): Handshake =>
    'status' in item
      ? item
      : {
          status: 'presented' as const,
          algorithm,
          certificates: item.map(({ der }) => new Uint8Array(der)),
          session: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', group: 'X25519' },
        };
  if ('status' in shown) return [one(shown)];
  const [first] = shown;
  const isList = first !== undefined && !('der' in first);
  return isList ? (shown as readonly Shown[]).map(one) : [one(shown as readonly Sent[])];
}

function nobody(): Promise<never> {
  return Promise.reject(new AppError('DNS_NO_ZONE', 'this zone has no server'));
}

const NO_SERVERS: Servers = { zoneOf: nobody, viewOf: nobody, ask: nobody };

export function worldOf(scene: Scene): CheckWorld {
  const { zone, shows = {}, roots = [], issuingSets = [], servers = NO_SERVERS } = scene;
  const looked = new Map<string, number>();
  const store = trustStore(roots.map(({ der }) => der));
  return {
    clock: { now: () => NOW, sleep: () => Promise.resolve() },
    resolver: {
      lookup: (name, type) => Promise.resolve(lookupIn(zone, name, type)),
      standing: () => Promise.resolve(scene.standing ?? { status: 'validates', server: '::1' }),
    },
    probe: {
      handshake: (endpoint: Endpoint, seen: Seen) => {
        const { address } = endpoint;
        scene.onHandshake?.(endpoint);
        if (scene.isSlow === true) return new Promise<never>(() => undefined);
        // Clients usually get ECDSA.
        const own = shows[address] ?? {};
        const algorithm = KEY_ALGORITHMS.find(
          (one) => own[one] !== undefined && !seen.includes(one),
        );
        const shown = algorithm === undefined ? undefined : own[algorithm];
        if (algorithm === undefined || shown === undefined) {
          return Promise.resolve(seen.length === 0 ? NOTHING : NONE);
        }
        const all = shakes(shown, algorithm);
        const key = `${address} ${algorithm}`;
        const turn = looked.get(key) ?? 0;
        looked.set(key, turn + 1);
        return Promise.resolve(all[turn % all.length] ?? NONE);
      },
    },
    servers,
    label: () => 'nobody-made-this',
    issuingSets,
    pki: {
      readDer: chainFromDer,
      trusted: (chains) => Promise.resolve(store.issuersOf(chains)),
      anchorOf,
    },
  };
}

export const OPTIONS: CheckOptions = {
  repeat: 1,
  at: NOW,
  silenced: new Set<RuleName>(),
  servers: false,
  expectedAt: () => new Set<RdataHex>(),
};

export async function reportsOn(scene: Scene): Promise<readonly Report[]> {
  const { target = MX, options = {} } = scene;
  const as = target.startsWith('@') ? 'mail' : target.startsWith('xmpp:') ? 'xmpp' : 'service';
  const targets = scene.targets ?? [parseTarget(target.replace(/^(@|xmpp:)/, ''), as)];
  const all = { ...OPTIONS, servers: scene.servers !== undefined, ...options };
  const reports: Report[] = [];
  for await (const report of check(targets, worldOf(scene), all, {})) reports.push(report);
  return reports;
}

export async function reportOn(scene: Scene): Promise<Report> {
  const [report] = await reportsOn(scene);
  if (report === undefined) throw new Error('nothing was reported');
  return report;
}

export async function serviceOn(scene: Scene): Promise<ServiceReport> {
  const report = await reportOn(scene);
  if (report.kind !== 'service') throw new Error('that was a mail domain');
  return report;
}

/** "severity rule", the worst first, of the target and of the services behind it. */
export async function raised(scene: Scene): Promise<readonly string[]> {
  return findingsIn(await reportOn(scene)).map(({ severity, rule }) => `${severity} ${rule}`);
}

/** A mail host with addresses, records and what it presents. */
export function mailHost(
  records: readonly string[],
  shows: Shows,
  more: Zone = {},
  addresses: readonly string[] = [V4],
): Scene {
  return {
    zone: {
      'mx1.example.org A': addresses.filter((address) => !address.includes(':')),
      ...(addresses.some((address) => address.includes(':'))
        ? { 'mx1.example.org AAAA': addresses.filter((address) => address.includes(':')) }
        : {}),
      ...(records.length === 0 ? {} : { [`${OWNER} TLSA`]: records }),
      ...more,
    },
    shows: Object.fromEntries(addresses.map((address) => [address, shows])),
  };
}
