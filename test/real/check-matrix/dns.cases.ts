// What can go wrong between a host's TLSA records and a client that looks them up.
import type { HandMadeZone } from '../../lab/options.ts';
import { full, issuer, leafFor, next, record } from './authority.ts';
import { differ, type ServiceCase } from './case.ts';
import { strangers } from './records.cases.ts';

/** Zones whose servers or signatures are out of order; hosts come from the rows. */
export const zones: readonly Omit<HandMadeZone, 'records'>[] = [
  { name: 'far.test' },
  { name: 'expired.test', fault: 'expired' },
  { name: 'aged.test', fault: 'expired-tlsa' },
  { name: 'keyless.test', fault: 'no-key' },
  { name: 'gap.test', fault: 'gap' },
  { name: 'deaf.test', nameServers: ['deaf.deaf.test.'] },
  { name: 'half-deaf.test', nameServers: ['ns0.dane.test.', 'deaf.half-deaf.test.'] },
  { name: 'mute.test', fault: 'unsigned', nameServers: ['deaf.mute.test.'] },
  { name: 'narrow.test', nameServers: ['narrow.narrow.test.'] },
  { name: 'half-narrow.test', nameServers: ['ns0.dane.test.', 'narrow.half-narrow.test.'] },
];

const leaf = await leafFor('a host of each zone', {
  dns: ['dane.test', ...zones.map(({ name }) => name), 'plain.test'].map((zone) => `*.${zone}`),
});
const presents = [[full(leaf)]];
const tlsa = [record('3 1 1', leaf), record('3 1 1', next)];
const large = [...tlsa, ...strangers(40)];
const noAnswer = differ(['danetool'], 'plain', 'counts a failure as an absence (RFC 7672 §2.1.1)');
const secure = { severity: 'ok', outcome: 'secure', finds: [] } as const;

export const dnsCases: readonly ServiceCase[] = [
  {
    name: 'TLS without records',
    ...{ host: 'open', presents, tlsa: [] },
    ...{ severity: 'warning', outcome: 'no-tlsa', finds: ['no-tlsa'] },
  },
  {
    name: 'records of a wildcard',
    ...{ host: 'wild', presents, tlsa: [], more: tlsa.map((data) => `*._tcp.wild TLSA ${data}`) },
    ...secure,
  },
  {
    name: 'a host in a zone that was signed by hand',
    ...{ host: 'mx', zone: 'far.test', presents, tlsa },
    ...secure,
  },
  {
    name: 'the owner is an alias into another signed zone',
    ...{ host: 'lent', presents, tlsa: [], more: ['_25._tcp.lent CNAME _25._tcp.mx.far.test.'] },
    ...secure,
  },
  {
    name: 'the owner is an alias into an unsigned zone',
    host: 'lent-plain',
    ...{ presents, tlsa: [], more: ['_25._tcp.lent-plain CNAME _25._tcp.mx.plain.test.'] },
    ...{ severity: 'warning', outcome: 'inert', finds: ['inert'] },
  },
  {
    name: 'the host is an alias, and the records are at the alias',
    ...{ host: 'alias-own', presents: [], tlsa, more: ['alias-own CNAME open.dane.test.'] },
    ...secure,
  },
  {
    name: 'the host is an alias into an unsigned zone, and the records are at the alias',
    ...{ host: 'alias-plain', presents: [], tlsa, more: ['alias-plain CNAME open.plain.test.'] },
    ...secure,
  },
  {
    name: 'the owner is an alias of itself in the end',
    ...{ host: 'loop', presents, tlsa: [] },
    more: [
      '_25._tcp.loop CNAME _25._tcp.pool.dane.test.',
      '_25._tcp.pool CNAME _25._tcp.loop.dane.test.',
    ],
    ...{ severity: 'critical', outcome: 'tlsa-unknown', finds: ['tlsa-fails'] },
    differs: noAnswer,
  },
  {
    name: 'K19: a DNAME leads to the records, and the CNAME that it makes has no signature',
    ...{ host: 'moved', zone: 'far.test', presents, tlsa: [] },
    more: ['_tcp.moved DNAME _tcp.mx.far.test.'],
    ...secure,
  },
  {
    name: 'K19: a DNAME, a CNAME and a DNAME lead to the records',
    ...{ host: 'far-moved', zone: 'far.test', presents, tlsa: [] },
    more: [
      '_tcp.far-moved DNAME between.far.test.',
      '_25.between CNAME _25._tcp.moved-on.far.test.',
      '_tcp.moved-on DNAME _tcp.mx.far.test.',
    ],
    ...secure,
  },
  {
    name: 'K19: a wildcard that is an alias leads to the records',
    ...{ host: 'wild-alias', zone: 'far.test', presents, tlsa: [] },
    more: ['*._tcp.wild-alias CNAME _25._tcp.mx.far.test.'],
    ...secure,
  },
  {
    name: 'K19: every server of an unsigned zone fails for TLSA queries, and no MTA sends them',
    ...{ host: 'mx', zone: 'mute.test', presents, tlsa: [] },
    ...{ severity: 'warning', outcome: 'no-tlsa', finds: ['no-tlsa', 'server-fails-tlsa'] },
    differs: differ(
      ['openssl', 'ldns-dane'],
      'deferred',
      'looks them up all the same (RFC 7672 §2.2.2)',
    ),
  },
  {
    name: 'the name of the zone twice in the owner',
    ...{ host: 'twice', presents, tlsa: [] },
    more: tlsa.map((data) => `_25._tcp.twice.dane.test TLSA ${data}`),
    ...{ severity: 'warning', outcome: 'no-tlsa', finds: ['no-tlsa', 'doubled-owner'] },
  },
  {
    name: 'an unsigned zone with records',
    ...{ host: 'mx', zone: 'plain.test', presents, tlsa },
    ...{ severity: 'warning', outcome: 'inert', finds: ['inert', 'address-insecure'] },
  },
  {
    name: 'an unsigned zone without records',
    ...{ host: 'open', zone: 'plain.test', presents, tlsa: [] },
    ...{ severity: 'warning', outcome: 'no-tlsa', finds: ['no-tlsa'] },
  },
  {
    name: 'an unsigned host whose records no client looks up, because they fail validation',
    ...{ host: 'unasked', zone: 'plain.test', presents, tlsa: [] },
    more: ['_25._tcp.unasked CNAME _25._tcp.mx.bogus.test.'],
    ...{ severity: 'warning', outcome: 'no-tlsa', finds: ['no-tlsa'] },
    differs: differ(
      ['openssl', 'danetool', 'ldns-dane'],
      'deferred',
      'looks them up all the same (RFC 7672 §2.2.2)',
    ),
  },
  {
    name: 'a zone whose DS belongs to another key',
    ...{ host: 'mx', zone: 'bogus.test', presents, tlsa },
    ...{ severity: 'critical', outcome: [], finds: ['address-fails', 'tlsa-bogus'] },
  },
  {
    name: 'signatures that are expired',
    ...{ host: 'mx', zone: 'expired.test', presents, tlsa },
    ...{ severity: 'critical', outcome: [], finds: ['address-fails', 'tlsa-bogus'] },
  },
  {
    name: 'expired signatures of the TLSA records alone',
    ...{ host: 'mx', zone: 'aged.test', presents, tlsa },
    ...{ severity: 'critical', outcome: 'bogus', finds: ['tlsa-bogus'] },
  },
  {
    name: 'a DS, and no key in the zone',
    ...{ host: 'mx', zone: 'keyless.test', presents, tlsa },
    ...{ severity: 'critical', outcome: [], finds: ['address-fails', 'tlsa-bogus'] },
  },
  {
    name: 'every server fails when it is asked for TLSA',
    ...{ host: 'mx', zone: 'deaf.test', presents, tlsa },
    ...{
      severity: 'critical',
      outcome: 'tlsa-unknown',
      finds: ['tlsa-fails', 'server-fails-tlsa'],
    },
    differs: noAnswer,
  },
  {
    name: 'a large answer, and the only server refuses TCP',
    ...{ host: 'mx', zone: 'narrow.test', presents, tlsa: large },
    ...{
      severity: 'critical',
      outcome: 'tlsa-unknown',
      finds: ['tlsa-fails', 'server-fails-tlsa', 'server-without-tcp'],
    },
    differs: noAnswer,
  },
];

/** What the resolver does not show, because it asks another server or does not query it. */
export const behindTheResolver: readonly ServiceCase[] = [
  {
    name: 'one of two servers fails when it is asked for TLSA',
    ...{ host: 'mx', zone: 'half-deaf.test', presents, tlsa },
    ...{ severity: 'warning', outcome: 'secure', finds: ['server-fails-tlsa'] },
  },
  {
    name: 'a large answer, and one of two servers refuses TCP',
    ...{ host: 'mx', zone: 'half-narrow.test', presents, tlsa: large },
    ...{ severity: 'warning', outcome: 'secure' },
    finds: ['left-over', 'too-many', 'answer-too-large', 'server-without-tcp', 'server-fails-tlsa'],
  },
  {
    name: 'the proof of non-existence denies _tcp',
    ...{ host: 'mx', zone: 'gap.test', presents, tlsa },
    ...{ severity: 'critical', outcome: 'secure', finds: ['wrong-denial'] },
  },
  {
    name: 'a secondary that has not followed the last change',
    ...{ host: 'lagging', presents, tlsa },
    later: [`_25._tcp.lagging TLSA ${record('2 1 1', issuer)}`],
    ...{ severity: 'warning', outcome: 'secure', finds: ['servers-disagree'] },
  },
];
