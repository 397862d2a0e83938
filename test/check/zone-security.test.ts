// Findings about name servers depend on their zone: signed or not, and behind aliases of every
// kind.
import { describe, expect, it } from 'vitest';
import { fqdn } from '../../src/dns/name.ts';
import type { Fqdn } from '../../src/dns/name.ts';
import { targetRdata } from '../../src/dns/rdata.ts';
import { META_TYPE, RCODE, typeNumber } from '../../src/dns/record-type.ts';
import type { SignedSet } from '../../src/dns/signed-set.ts';
import { readMessage } from '../../src/dns/wire-reader.ts';
import type { ServerReply, Servers } from '../../src/ports/servers.ts';
import { responseOf, sectionOf, signZone } from '../dns/signed-zone.ts';
import { makeKey, signed } from '../dns/signer.ts';
import type { Nodes } from '../dns/zone-model.ts';
import { NOW } from '../support/ca.ts';
import type { Question } from './name-servers.ts';
import { key, refused, serversOf, versionOf, vouchedFor, zone } from './name-servers.ts';
import { makeParties } from './parties.ts';
import { rule } from './rule.ts';
import type { Scene, Zone } from './scene.ts';
import { mailHost, OWNER, raised, record, V4 } from './scene.ts';

const { leaf, middle } = await makeParties();
const SHOWS = { ecdsa: [leaf, middle] };
const RECORDS = [record('3 1 1', leaf), record('2 1 1', middle)];
const DAY = 86_400;
const SILENT: ServerReply = { status: 'timeout', detail: 'no answer over UDP' };

/** Like the name servers of a large provider: all is well except TLSA. */
function failing(how: (question: Question) => ServerReply): (question: Question) => ServerReply {
  const plain = versionOf({ tlsa: [], keys: [] });
  return (question) => (question.type === 'TLSA' ? how(question) : plain(question));
}

const insecure = (servers: Servers): Servers => ({
  ...servers,
  zoneOf: () => Promise.resolve({ zone, security: 'insecure' }),
});

const unsigned = (how: (question: Question) => ServerReply, target?: string): Scene => ({
  ...mailHost([], SHOWS, {
    'mx1.example.org A': { data: [V4], unsigned: true },
    [`${OWNER} TLSA`]: { fails: 'servfail' },
    '_443._tcp.mx1.example.org TLSA': { fails: 'servfail' },
    'example.org MX': { data: ['10 mx1.example.org'], unsigned: true },
  }),
  servers: insecure(serversOf(failing(how), failing(how))),
  ...(target === undefined ? {} : { target }),
});

describe('K19: in an unsigned zone servers that fail for TLSA harm no client', () => {
  it.each<[string, (question: Question) => ServerReply]>([
    ['NOTIMP', (question) => refused(RCODE.NOTIMP, question)],
    ['SERVFAIL', (question) => refused(RCODE.SERVFAIL, question)],
    ['REFUSED', (question) => refused(RCODE.REFUSED, question)],
    ['FORMERR', (question) => refused(RCODE.FORMERR, question)],
    ['silence', () => SILENT],
  ])('%s', async (_, how) => {
    for (const target of [undefined, '@example.org', 'https://mx1.example.org']) {
      const found = await raised(unsigned(how, target));
      expect(found.filter((one) => one.startsWith('critical'))).toEqual([]);
    }
    expect(await raised(unsigned(how))).toContain('ok server-fails-tlsa');
  });

  it('and in a signed one they delay mail', async () => {
    const server = failing(() => SILENT);
    const scene = { ...unsigned(() => SILENT), servers: serversOf(server, server) };
    const zoneOf = { ...scene.zone, 'mx1.example.org A': [V4] };
    expect(await raised({ ...scene, zone: zoneOf })).toEqual(
      expect.arrayContaining(['critical tlsa-fails', 'critical server-fails-tlsa']),
    );
  });

  it('addresses of one family that no server reports delay nothing where the others are unsigned', async () => {
    const scene = unsigned(() => SILENT);
    const more = { ...scene.zone, 'mx1.example.org AAAA': { fails: 'servfail' } } as const;
    expect(await raised({ ...scene, zone: more })).toContain('warning address-fails');
  });

  it('DS records that no validator can use leave a zone without keys unsigned, and not bogus', async () => {
    const server = versionOf({ tlsa: RECORDS, keys: [] });
    // Algorithm 3, and after it 200.
    for (const ds of [`0001${'03'}02${'ab'.repeat(32)}`, `0001${'c8'}02${'ab'.repeat(32)}`]) {
      const scene = mailHost(RECORDS, SHOWS, { 'example.org DS': [ds] });
      const found = await raised({ ...scene, servers: insecure(serversOf(server, server)) });
      expect(found).not.toContain('critical ds-without-dnskey');
    }
  });
});

const APEX = fqdn('mx1.example.org');
const signing = { zone, key, from: NOW - 10 * DAY, until: NOW + 20 * DAY };
const dnameSet = (target: string, more = {}): SignedSet =>
  signed(
    {
      ...{ owner: APEX, type: META_TYPE.DNAME, ttl: 300 },
      rdata: [targetRdata(fqdn(target))],
    },
    { ...signing, ...more },
  );
const cnameSet = (owner: Fqdn, target: string): SignedSet => ({
  ...{ owner, type: typeNumber('CNAME'), ttl: 300, rdata: [targetRdata(fqdn(target))] },
  signatures: [],
});

/** Answers for everything below mx1.example.org with the DNAME, and the CNAME that it makes. */
function redirected(
  made: (question: Question) => {
    readonly sets: readonly SignedSet[];
    readonly denial?: readonly SignedSet[];
    readonly rcode?: number;
  },
): (question: Question) => ServerReply {
  const other = versionOf({ tlsa: [] });
  return (question) => {
    const isBelow = question.name.endsWith(`.${APEX}`);
    if (!isBelow) return other(question);
    const { sets, denial = [], rcode = RCODE.NOERROR } = made(question);
    const bytes = responseOf(rcode, question, sectionOf(...sets), sectionOf(...denial));
    const message = readMessage(bytes);
    return { status: 'answered', message, octets: bytes.length, truncated: false };
  };
}

const madeName = ({ name }: Question, target: string): string =>
  `${name.slice(0, name.length - APEX.length)}${target}`;

const behind = (server: (question: Question) => ServerReply): Scene => ({
  ...mailHost(RECORDS, SHOWS, vouchedFor()),
  servers: serversOf(server, server),
});
const criticalIn = async (scene: Scene): Promise<readonly string[]> =>
  (await raised(scene)).filter((one) => /unsigned-answer|signature-|wrong-denial/.test(one));

describe('K19: a CNAME that a DNAME makes has no signature, and needs none (RFC 6672 §5.3.1)', () => {
  const target = 'hosts.example.net';
  const cname = (question: Question): SignedSet =>
    cnameSet(question.name, madeName(question, target));

  it('the DNAME is signed, and the CNAME matches it', async () => {
    const server = redirected((question) => ({ sets: [dnameSet(target), cname(question)] }));
    expect(await criticalIn(behind(server))).toEqual([]);
  });

  it('the DNAME comes alone', async () => {
    const server = redirected(() => ({ sets: [dnameSet(target)] }));
    expect(await criticalIn(behind(server))).toEqual([]);
  });

  it('continues within the zone: DNAME, signed CNAME, DNAME', async () => {
    const within = 'other.example.org';
    const server = redirected((question) => {
      const first = fqdn(madeName(question, within));
      const step = signed(
        { ...cnameSet(first, `a.b.${within}`) },
        { ...signing, labels: first.split('.').length - 1 },
      );
      const second: SignedSet = signed(
        {
          ...{ owner: fqdn(`b.${within}`), type: META_TYPE.DNAME, ttl: 300 },
          rdata: [targetRdata(fqdn(target))],
        },
        signing,
      );
      return {
        sets: [dnameSet(within), cnameSet(question.name, first), step, second],
      };
    });
    expect(await criticalIn(behind(server))).toEqual([]);
  });

  it.each<[string, string, (question: Question) => readonly SignedSet[]]>([
    [
      'a DNAME without a signature',
      'critical unsigned-answer',
      (question) => [{ ...dnameSet(target), signatures: [] }, cname(question)],
    ],
    [
      'a DNAME that was signed by another key',
      'critical signature-wrong',
      (question) => [dnameSet(target, { key: makeKey(13) }), cname(question)],
    ],
    [
      'a DNAME whose signature has ended',
      'critical signature-ended',
      (question) => [dnameSet(target, { until: NOW - DAY }), cname(question)],
    ],
    [
      'a CNAME that is not the one that the DNAME makes',
      'critical signature-wrong',
      (question) => [dnameSet(target), cnameSet(question.name, 'elsewhere.example.net')],
    ],
    ['a CNAME without a DNAME', 'critical unsigned-answer', (question) => [cname(question)]],
  ])('%s does not count', async (_, expected, sets) => {
    const server = redirected((question) => ({ sets: sets(question) }));
    expect(await criticalIn(behind(server))).toContain(expected);
  });

  it('a name that becomes too long is a failure, and its DNAME is judged all the same', async () => {
    const server = redirected(() => ({ sets: [dnameSet(target)], rcode: RCODE.YXDOMAIN }));
    const found = await raised(behind(server));
    expect(found).toContain('critical server-fails-tlsa');
    expect(found).not.toContain('critical unsigned-answer');
  });

  const wild = (question: Question): SignedSet =>
    signed(cnameSet(question.name, 'tlsa.example.net'), {
      ...signing,
      ...{ labels: 3, name: fqdn('*.mx1.example.org') },
    });
  const nodes: Nodes = new Map([
    [zone, ['SOA', 'NS', 'DNSKEY']],
    [APEX, ['A']],
    [fqdn('*.mx1.example.org'), ['CNAME']],
  ]);
  const proofs = signZone(nodes, { iterations: 0, salt: '', optOut: false }, signing);

  it('a CNAME of a wildcard comes with the proof that no closer name exists (RFC 4035 §5.3.4)', async () => {
    const proven = redirected((one) => ({ sets: [wild(one)], denial: proofs.nsec }));
    expect(await criticalIn(behind(proven))).toEqual([]);
    const alone = redirected((one) => ({ sets: [wild(one)] }));
    expect(await criticalIn(behind(alone))).toContain('critical unsigned-answer');
  });
});

const sound = versionOf({ tlsa: RECORDS });
const plain = versionOf({ tlsa: RECORDS, keys: [] });
const seenAs = (
  security: 'secure' | 'insecure',
  server: (question: Question) => ServerReply,
  more: Zone = vouchedFor(),
): Scene => ({
  ...mailHost(RECORDS, SHOWS, more),
  servers: {
    ...serversOf(server, server),
    zoneOf: () => Promise.resolve({ zone, security }),
  },
});
rule(
  'resolver-contradicts',
  'unknown',
  { 'K16: a signed zone that the resolver takes for unsigned': () => seenAs('insecure', sound) },
  {
    'a signed zone': () => seenAs('secure', sound),
    'signed, and without a DS in the parent': () => seenAs('insecure', sound, {}),
    'a DS that no validator can use': () =>
      seenAs('insecure', sound, { 'example.org DS': [`0001c802${'ab'.repeat(32)}`] }),
    'no signatures': () => seenAs('insecure', plain),
  },
);
