import { AppError } from '../../src/base/errors.ts';
import { fqdn } from '../../src/dns/name.ts';
import { RCODE } from '../../src/dns/record-type.ts';
import type { ServerReply, Servers } from '../../src/ports/servers.ts';
import { makeKey } from '../dns/signer.ts';
import { NOW } from '../support/ca.ts';
import type { Question, Version } from './name-servers.ts';
import { key, refused, serversOf, versionOf, vouchedFor, zone } from './name-servers.ts';
import { makeParties } from './parties.ts';
import { rule } from './rule.ts';
import type { Scene, Zone } from './scene.ts';
import { mailHost, OWNER, record } from './scene.ts';

const { leaf, middle, next } = await makeParties();
const RECORDS = [record('3 1 1', leaf), record('2 1 1', middle)];
const DAY = 86_400;

type Server = (question: Question) => ServerReply;

const SILENT: ServerReply = { status: 'timeout', detail: 'no answer over UDP' };
const NO_ROUTE: ServerReply = { status: 'no-route', detail: 'ENETUNREACH' };
const good = versionOf({ tlsa: RECORDS });
const like = (more: Partial<Version>): Server => versionOf({ tlsa: RECORDS, ...more });

/** A server that answers correctly, except to some questions. */
const but =
  (matters: (question: Question) => boolean, reply: (question: Question) => ServerReply): Server =>
  (question) =>
    matters(question) ? reply(question) : good(question);

const overTcp = ({ transport }: Question): boolean => transport === 'tcp';
const aboutTlsa = ({ name, type }: Question): boolean => type === 'TLSA' && name === fqdn(OWNER);

function scene(second: Server, first: Server = good, more: Zone = vouchedFor(), view = {}): Scene {
  return {
    ...mailHost(RECORDS, { ecdsa: [leaf, middle] }, more),
    servers: serversOf(first, second, view),
  };
}
/** The servers are correct, and something about them is not. */
const served = (more: Partial<Servers>): Scene => ({
  ...sound(),
  servers: { ...serversOf(good, good), ...more },
});
const nobody = (): Promise<never> =>
  Promise.reject(new AppError('DNS_NO_ZONE', 'this zone has no server'));
const NO_KEYS: Zone = { 'example.org DNSKEY': { fails: 'timeout' } };
const both = (server: Server, more?: Zone): Scene => scene(server, server, more);
const sound = (): Scene => scene(good);
const of = (...names: readonly string[]) => names.map((name) => fqdn(`${name}.example.org`));

rule(
  'server-silent',
  'warning',
  {
    'at all': () => scene(() => SILENT),
    'over UDP': () =>
      scene(
        but(
          (one) => !overTcp(one),
          () => SILENT,
        ),
      ),
  },
  {
    sound,
    'this machine has no IPv6': () => scene(() => NO_ROUTE),
    'over TCP only': () => scene(but(overTcp, () => SILENT)),
  },
);
rule(
  'server-not-asked',
  'ok',
  { 'this machine has no IPv6': () => scene(() => NO_ROUTE) },
  { sound },
);
rule(
  'server-lame',
  'warning',
  { 'it refuses': () => scene((question) => refused(RCODE.REFUSED, question)) },
  { sound, 'it is silent': () => scene(() => SILENT) },
);
rule(
  'server-without-tcp',
  'warning',
  { 'TCP is blocked': () => scene(but(overTcp, () => SILENT)) },
  { sound, 'it is silent': () => scene(() => SILENT) },
);
rule(
  'server-fails-tlsa',
  'critical',
  { 'on all servers': () => both(but(aboutTlsa, () => SILENT)) },
  { sound },
);
rule(
  'server-fails-tlsa',
  'warning',
  {
    SERVFAIL: () => scene(but(aboutTlsa, (question) => refused(RCODE.SERVFAIL, question))),
    NOTIMP: () => scene(but(aboutTlsa, (question) => refused(RCODE.NOTIMP, question))),
    silence: () => scene(but(aboutTlsa, () => SILENT)),
  },
  {
    sound,
    'it is silent at all': () => scene(() => SILENT),
    'it is lame': () => scene((question) => refused(RCODE.REFUSED, question)),
  },
);
rule(
  'servers-disagree',
  'warning',
  {
    'one has the next key, too': () => scene(like({ tlsa: [...RECORDS, record('3 1 1', next)] })),
    'one has none': () => scene(like({ tlsa: [] })),
  },
  { sound, 'one does not answer that': () => scene(but(aboutTlsa, () => SILENT)) },
);
rule(
  'servers-disagree',
  'critical',
  { 'one has only another key': () => scene(like({ tlsa: [record('3 1 1', next)] })) },
  { sound },
);
rule(
  'servers-unknown',
  'unknown',
  {
    'the zone is unknown': () => served({ zoneOf: nobody }),
    'the servers are unknown': () => served({ viewOf: nobody }),
  },
  {
    sound,
    'servers are not asked': () => ({ ...served({ zoneOf: nobody }), options: { servers: false } }),
  },
);
rule(
  'signatures-unjudged',
  'unknown',
  { 'the keys are lost on the way': () => scene(good, good, NO_KEYS) },
  {
    sound,
    'the parent names them': () => scene(good, good, { ...vouchedFor(), ...NO_KEYS }),
    'the zone is not signed': () => ({
      ...scene(good, good, NO_KEYS),
      ...served({ zoneOf: () => Promise.resolve({ zone, security: 'insecure' }) }),
    }),
  },
);
rule('server-lags', 'ok', { 'an older serial': () => scene(good, like({ serial: 2 })) }, { sound });
rule(
  'server-unfound',
  'warning',
  {
    'no address': () =>
      scene(good, good, vouchedFor(), {
        unfound: [{ server: fqdn('ns3.example.org'), detail: 'SERVFAIL' }],
      }),
  },
  { sound },
);
rule(
  'ns-mismatch',
  'warning',
  {
    'the parent names another': () =>
      scene(good, good, vouchedFor(), { delegated: of('ns1', 'ns3') }),
    'the servers do not agree': () => scene(like({ nameServers: ['ns1'] })),
  },
  {
    sound,
    'the parent names none': () => scene(good, good, vouchedFor(), { delegated: undefined }),
  },
);
rule(
  'ds-without-dnskey',
  'critical',
  {
    'the DS is of another key': () =>
      both(good, { ...vouchedFor(makeKey(13)), 'example.org DNSKEY': { fails: 'bogus' } }),
    'one server has no keys': () => scene(like({ keys: [] })),
  },
  { sound, 'no DS': () => both(good, { 'example.org DNSKEY': [key.dnskey.rdata] }) },
);
rule(
  'answer-too-large',
  'warning',
  {
    'many records': () =>
      both(
        like({
          tlsa: [
            ...RECORDS,
            ...Array.from({ length: 40 }, (_, at) => `3 1 1 ${at.toString(16).padStart(64, '0')}`),
          ],
        }),
      ),
  },
  { sound },
);
rule(
  'unsigned-answer',
  'critical',
  { 'one server has the zone unsigned': () => scene(like({ keys: [] })) },
  { sound, 'the zone is not signed': () => both(like({ keys: [] }), {}) },
);
rule(
  'signature-ended',
  'critical',
  {
    'all have ended': () =>
      both(like({ signing: { until: NOW - 1 } }), {
        ...vouchedFor(),
        'example.org DNSKEY': { fails: 'bogus' },
      }),
    'on one server': () => scene(like({ signing: { until: NOW - DAY } })),
    'they begin tomorrow': () => scene(like({ signing: { from: NOW + DAY } })),
  },
  { sound },
);
rule(
  'signature-ends',
  'warning',
  {
    'in a day of thirty': () =>
      scene(like({ signing: { from: NOW - 29 * DAY, until: NOW + DAY } })),
  },
  {
    sound,
    'in a day of a day': () => both(like({ signing: { from: NOW - 3600, until: NOW + DAY } })),
  },
);
rule(
  'signature-wrong',
  'critical',
  {
    'by another key': () => scene(like({ signing: { key: makeKey(13) } })),
    'by another zone': () => scene(like({ signing: { zone: fqdn('org') } })),
  },
  { sound, 'no more in time': () => scene(like({ signing: { until: NOW - DAY } })) },
);
rule(
  'signature-unknown',
  'warning',
  { 'algorithm 200': () => scene(like({ signing: { algorithm: 200 } })) },
  { sound },
);
rule(
  'wrong-denial',
  'critical',
  {
    'denials leave out what is below': () =>
      scene(
        like({
          proofs: new Map([
            [zone, ['SOA', 'NS', 'DNSKEY']],
            [fqdn('mx1.example.org'), ['A']],
          ]),
        }),
      ),
    'NXDOMAIN above the records': () =>
      scene(
        but(
          ({ name }) => name === fqdn('_tcp.mx1.example.org'),
          (question) => refused(RCODE.NXDOMAIN, question),
        ),
      ),
  },
  { sound, 'the same by NSEC3': () => both(like({ nsec3: { iterations: 0 } })) },
);
rule(
  'nsec3-iterations',
  'ok',
  { five: () => both(like({ nsec3: { iterations: 5 } })) },
  { none: () => both(like({ nsec3: { iterations: 0 } })), sound },
);
rule(
  'nsec3-iterations',
  'warning',
  { 'more than validators count with': () => both(like({ nsec3: { iterations: 51 } })) },
  { none: () => both(like({ nsec3: { iterations: 0 } })) },
);
rule(
  'nsec3-iterations',
  'critical',
  { 'so many that resolvers fail': () => both(like({ nsec3: { iterations: 501 } })) },
  { none: () => both(like({ nsec3: { iterations: 0 } })) },
);
