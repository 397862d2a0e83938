// DNS UPDATE (RFC 2136) signed with TSIG, sent directly to the primary of the zone. Each change is
// conditional: the prerequisites name the RRset that was judged, and the server applies all or
// nothing.
import { randomBytes, randomInt } from 'node:crypto';
import { AppError } from '../../src/base/errors.ts';
import { rrsetIn } from '../../src/dns/answer.ts';
import { encodeQuery } from '../../src/dns/query.ts';
import { RCODE, rcodeName } from '../../src/dns/record-type.ts';
import { rdataSet, type RdataHex, type RecordType, type RRset } from '../../src/dns/rrset.ts';
import { encodeUpdate, type Change, type Prerequisite } from '../../src/dns/update.ts';
import type { Fqdn } from '../../src/dns/name.ts';
import type { Message } from '../../src/dns/wire-reader.ts';
import type { Call } from '../../src/ports/call.ts';
import type {
  DnsProvider,
  EditOutcome,
  ProviderTraits,
  RRsetEdit,
} from '../../src/ports/provider.ts';
import { closestZone } from '../_kit/names.ts';
import type { RRsetKey } from '../_kit/rrsets.ts';
import { serverText } from '../../src/resolver/transport.ts';
import {
  isUnsignedRefusal,
  signedExchange,
  withoutUpdates,
  type Rfc2136Options,
} from './signed.ts';

export type { Rfc2136Options } from './signed.ts';

export const RFC2136_TRAITS: ProviderTraits = {
  types: ['TXT', 'TLSA', 'CAA'],
  conditional: true,
  edits: 'rrset',
  ttl: { least: 0 },
  signs: 'other',
  tellsApplied: false,
};

export function createRfc2136(options: Rfc2136Options): DnsProvider {
  return {
    traits: RFC2136_TRAITS,

    findZone: (name, call) => closestZone(name, (at) => zoneAt(at, options, call)),

    ttlFor: (_zone, ttl) => Promise.resolve(ttl),

    async apply(edit, call) {
      const id = randomInt(0x10000);
      const update = encodeUpdate({
        id,
        zone: edit.zone,
        prerequisites: prerequisitesOf(edit),
        changes: changesOf(edit),
      });
      const { message, isRepeat } = await signedExchange(options, edit.zone, update, call);
      // Another address may have made the change before its connection ended; the answer of this
      // one does not undo it.
      if (isRepeat && message.rcode !== RCODE.NOERROR) throw brokenOff(edit);
      return outcomeOf(message, edit, options);
    },

    // The removal of a record that does not exist: the server checks the permission of the key, and
    // there is nothing to change (RFC 2136 §3.4.2.4).
    async mayChange(zone, owner, type, call) {
      const rdata = nobodysRecord(type);
      const changes = rdata === undefined ? [] : [{ kind: 'delete', owner, type, rdata } as const];
      const asked = encodeUpdate({ id: randomInt(0x10000), zone, prerequisites: [], changes });
      const { message } = await signedExchange(options, zone, asked, call);
      outcomeOf(message, { zone, owner, type, ttl: 0, add: [], remove: [], expect: [] }, options);
    },

    async read(zone, owner, type, call) {
      const id = randomInt(0x10000);
      const query = encodeQuery({ id, name: owner, type, recursionDesired: false });
      const { message } = await signedExchange(options, zone, query, call);
      const rrset = readRRset(message, zone, { owner, type }, options);
      if (rrset === undefined || (await isAbsent(rrset, zone, options, call))) return undefined;
      return rrset;
    },
  };
}

/** Random, so that no existing record can be the same. */
function nobodysRecord(type: RecordType): RdataHex | undefined {
  const value = randomBytes(32).toString('hex');
  if (type === 'TLSA') return `030101${value}`;
  return type === 'TXT' ? `20${value}` : undefined;
}

const NOT_ITS_ZONE: ReadonlySet<number> = new Set([RCODE.REFUSED, RCODE.NOTAUTH]);

/**
 * Whether the server has a zone of this name, according to its own SOA. A failure is not an answer.
 */
async function zoneAt(name: Fqdn, options: Rfc2136Options, call: Call): Promise<Fqdn | undefined> {
  const id = randomInt(0x10000);
  const query = encodeQuery({ id, name, type: 'SOA', recursionDesired: false });
  const asked = await signedExchange(options, name, query, call).catch((error: unknown) => {
    if (isUnsignedRefusal(error)) return undefined;
    throw error;
  });
  if (asked === undefined || NOT_ITS_ZONE.has(asked.message.rcode)) return undefined;
  const { message } = asked;
  if (message.rcode !== RCODE.NOERROR && message.rcode !== RCODE.NXDOMAIN) {
    throw refusedQuestion(message, name, `the SOA record of ${name}`, options);
  }
  if (!message.authoritative) return undefined;
  return rrsetIn(message.answers, name, 'SOA') === undefined ? undefined : name;
}

/**
 * A wildcard answers queries for every name below it, but not prerequisites: an update without
 * changes shows the difference.
 */
async function isAbsent(
  { owner, type }: RRset,
  zone: Fqdn,
  options: Rfc2136Options,
  call: Call,
): Promise<boolean> {
  const none = { zone, owner, type, ttl: 0, expect: [], add: [], remove: [] };
  const prerequisites = prerequisitesOf(none);
  const asked = encodeUpdate({ id: randomInt(0x10000), zone, prerequisites, changes: [] });
  const { message } = await signedExchange(options, zone, asked, call);
  return outcomeOf(message, none, options) === 'accepted';
}

function prerequisitesOf({ owner, type, expect }: RRsetEdit): Prerequisite[] {
  return expect.length === 0
    ? [{ kind: 'rrset-absent', owner, type }]
    : [{ kind: 'rrset-is', owner, type, rdata: rdataSet(expect) }];
}

/**
 * Adds before it deletes, so that the RRset is never empty in between, and names every record at
 * most once.
 */
function changesOf(edit: RRsetEdit): Change[] {
  const { owner, type, ttl, expect, expectTtl } = edit;
  const add = rdataSet(edit.add);
  const remove = rdataSet(edit.remove).filter((rdata) => !add.includes(rdata));
  // Adding a record that exists replaces its TTL (RFC 2136 §3.4.2.2).
  const restated =
    expectTtl === undefined || expectTtl === ttl
      ? []
      : rdataSet(expect).filter((rdata) => !remove.includes(rdata) && !add.includes(rdata));
  return [
    ...[...restated, ...add].map((rdata) => ({ kind: 'add', owner, type, ttl, rdata }) as const),
    ...remove.map((rdata) => ({ kind: 'delete', owner, type, rdata }) as const),
  ];
}

function outcomeOf(message: Message, edit: RRsetEdit, options: Rfc2136Options): EditOutcome {
  switch (message.rcode) {
    case RCODE.NOERROR:
      return 'accepted';
    case RCODE.NXRRSET:
    case RCODE.YXRRSET:
    case RCODE.NXDOMAIN: // a prerequisite on a name that does not exist (RFC 2136 §2.4.4); older servers return it for RRsets too
      return 'conflict';
    default:
      throw refused(message, edit.zone, `the update of ${edit.type} at ${edit.owner}`, options);
  }
}

function brokenOff({ zone, type, owner }: RRsetEdit): AppError {
  return new AppError(
    'PROVIDER_FAILED',
    `the server of zone ${zone} closed the connection during the update of ${type} at ` +
      `${owner}, and may have made it`,
    { hint: 'the next run checks what exists and continues', details: { zone, owner } },
  );
}

function refused(message: Message, zone: Fqdn, what: string, options: Rfc2136Options): AppError {
  const { rcode } = message;
  const details = { zone, key: options.tsig.name, rcode: rcodeName(rcode) };
  if (rcode === RCODE.SERVFAIL) {
    return new AppError(
      'PROVIDER_FAILED',
      `the server of zone ${zone} failed at ${what}: SERVFAIL`,
      {
        hint: 'read the log of the name server: often it cannot write its zone or journal file',
        details,
      },
    );
  }
  if (rcode === RCODE.NOTIMP) {
    return withoutUpdates('UPDATE_REFUSED', options.servers.map(serverText).join(', '), zone);
  }
  const hint =
    rcode === RCODE.NOTAUTH || rcode === RCODE.NOTZONE
      ? `check that the server of this provider is the primary of ${zone}`
      : `allow key ${options.tsig.name} to change these records of ${zone} (update-policy, acl)`;
  return new AppError(
    'UPDATE_REFUSED',
    `the server of zone ${zone} refused ${what}: ${rcodeName(rcode)}`,
    { hint, details },
  );
}

/** The key may be valid for updates but not allowed to query: other settings control that. */
function refusedQuestion(
  message: Message,
  zone: Fqdn,
  what: string,
  options: Rfc2136Options,
): AppError {
  const error = refused(message, zone, `the query for ${what}`, options);
  if (message.rcode !== RCODE.REFUSED) return error;
  return new AppError(error.code, error.message, {
    hint:
      `allow key ${options.tsig.name}, or this address, to query ${zone} at its primary ` +
      '(BIND: allow-query; Knot: acl with action query)',
    details: error.details,
  });
}

function readRRset(
  message: Message,
  zone: Fqdn,
  { owner, type }: RRsetKey,
  options: Rfc2136Options,
): RRset | undefined {
  if (message.rcode === RCODE.NXDOMAIN) return undefined;
  if (message.rcode !== RCODE.NOERROR) {
    throw refusedQuestion(message, zone, `${type} at ${owner}`, options);
  }
  if (!message.authoritative) {
    throw new AppError(
      'UPDATE_REFUSED',
      `the server asked for ${owner} does not serve zone ${zone}`,
      {
        hint: `check that the server of this provider is the primary of ${zone}`,
        details: { zone, owner },
      },
    );
  }
  return rrsetIn(message.answers, owner, type);
}
