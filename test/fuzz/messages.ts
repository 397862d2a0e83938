// Valid DNS messages, mutated, read and used as every part of holger does that asks name servers.
// Each ends in a value or in the one typed error; now and then the signatures in it are judged as
// well.
import { AppError } from '../../src/base/errors.ts';
import { tlsaFromRdata } from '../../src/dane/tlsa.ts';
import {
  chainIn,
  denialIn,
  denialSignaturesIn,
  rrsetIn,
  signaturesIn,
} from '../../src/dns/answer.ts';
import { judgeDenial } from '../../src/dns/denial.ts';
import { dnskeyOf, dsOf } from '../../src/dns/dnskey.ts';
import { fqdn } from '../../src/dns/name.ts';
import {
  addressText,
  caaOf,
  mxOf,
  soaOf,
  srvOf,
  targetName,
  txtValue,
} from '../../src/dns/rdata.ts';
import type { RdataHex, RecordType } from '../../src/dns/rrset.ts';
import { verifySet } from '../../src/dns/signature.ts';
import { signedSetsIn } from '../../src/dns/signed-set.ts';
import type { Message } from '../../src/dns/wire-reader.ts';
import { readMessage } from '../../src/dns/wire-reader.ts';
import { WireWriter } from '../../src/dns/wire-writer.ts';
import { responseOf, sectionOf, signZone } from '../dns/signed-zone.ts';
import { makeKey, signed } from '../dns/signer.ts';
import { Chance } from '../sim/chance.ts';
import type { Tally } from './dialogues.ts';

const NOW = 1_800_000_000;
const zone = fqdn('example.org');
const owner = fqdn('_25._tcp.mx.example.org');
const key = makeKey(13);
const by = { zone, keys: [key.dnskey] };

/** What holger does with the RDATA of each type. */
const READERS: Readonly<Partial<Record<RecordType, (rdata: RdataHex) => unknown>>> = {
  A: (rdata) => addressText('A', rdata),
  AAAA: (rdata) => addressText('AAAA', rdata),
  CAA: caaOf,
  CNAME: targetName,
  DNSKEY: dnskeyOf,
  DS: dsOf,
  MX: mxOf,
  NS: targetName,
  SOA: soaOf,
  SRV: srvOf,
  TLSA: tlsaFromRdata,
  TXT: txtValue,
};

function hex(write: (out: WireWriter) => WireWriter): RdataHex {
  return Buffer.from(write(new WireWriter()).finish()).toString('hex');
}

function goodMessages(): readonly Uint8Array[] {
  const signing = { zone, key, from: NOW - 1000, until: NOW + 1000 };
  const nodes = new Map([
    [zone, ['SOA', 'NS', 'MX']],
    [fqdn('mx.example.org'), ['A']],
    [owner, ['TLSA']],
  ] as const);
  const made = signZone(nodes, { iterations: 1, salt: 'ab', optOut: false }, signing);
  const set = (name: typeof zone, type: number, ...rdata: readonly RdataHex[]) =>
    sectionOf(signed({ owner: name, type, ttl: 300, rdata: [...rdata].sort() }, signing));
  const names = hex((out) => out.name(fqdn('mx.example.org')));
  const answers: readonly (readonly [RecordType, typeof zone, ReturnType<typeof set>])[] = [
    ['TLSA', owner, set(owner, 52, `030101${'ab'.repeat(32)}`, `020101${'cd'.repeat(32)}`)],
    [
      'TLSA',
      owner,
      [...set(owner, 5, names), ...set(fqdn('mx.example.org'), 52, `030101${'ab'.repeat(32)}`)],
    ],
    ['SOA', zone, sectionOf(made.soa)],
    ['NS', zone, set(zone, 2, names)],
    ['MX', zone, set(zone, 15, `000a${names}`)],
    ['A', zone, set(zone, 1, 'c0000201', 'c0000202')],
    ['AAAA', zone, set(zone, 28, `20010db8${'00'.repeat(12)}`)],
    ['TXT', zone, set(zone, 16, '0568656c6c6f')],
    ['CAA', zone, set(zone, 257, `0005${Buffer.from('issueca.example').toString('hex')}`)],
    ['DNSKEY', zone, set(zone, 48, key.dnskey.rdata)],
  ];
  return [
    ...answers.map(([type, name, records]) => responseOf(0, { name, type }, records, [])),
    ...[made.nsec, made.nsec3].map((proof) =>
      responseOf(
        3,
        { name: fqdn('no.example.org'), type: 'TLSA' },
        [],
        sectionOf(made.soa, ...proof),
      ),
    ),
  ];
}

const good = goodMessages();

function mutated(chance: Chance): Uint8Array {
  let bytes = Uint8Array.from(chance.pick(good));
  for (let edits = Math.floor(chance.between(1, 5)); edits > 0; edits -= 1) {
    const at = Math.floor(chance.between(0, bytes.length));
    const act = chance.pick(['octet', 'bit', 'cut', 'repeat', 'pointer', 'remove'] as const);
    if (act === 'octet') bytes[at] = Math.floor(chance.between(0, 256));
    else if (act === 'bit') bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(chance.between(0, 8)));
    else if (act === 'cut') bytes = bytes.slice(0, at);
    else if (act === 'pointer')
      bytes.set(
        [0xc0 | Math.floor(chance.between(0, 2)), Math.floor(chance.between(0, 256))].slice(
          0,
          bytes.length - at,
        ),
        at,
      );
    else {
      const part = bytes.slice(at, at + Math.floor(chance.between(1, 40)));
      const rest = bytes.slice(act === 'remove' ? at + part.length : at);
      bytes = Uint8Array.from([...bytes.slice(0, at), ...(act === 'repeat' ? part : []), ...rest]);
    }
  }
  return bytes;
}

function use(message: Message): void {
  for (const type of Object.keys(READERS) as RecordType[]) {
    for (const name of [owner, zone]) {
      const rrset =
        rrsetIn(message.answers, name, type) ?? rrsetIn(message.authorities, name, type);
      for (const rdata of rrset?.rdata ?? []) READERS[type]?.(rdata);
      signaturesIn(message.answers, name, type);
    }
  }
  chainIn(message, owner, 'TLSA');
  denialIn(message, owner);
  denialSignaturesIn(message);
}

function judge({ answers, authorities }: Message): void {
  for (const set of signedSetsIn(answers, [1, 2, 6, 48, 52])) verifySet(set, by, NOW);
  judgeDenial(
    authorities,
    { name: fqdn('no.example.org'), type: 'TLSA', claim: 'nxdomain' },
    by,
    NOW,
  );
}

/** Checking signatures is a thousand times the work of reading. */
const JUDGED_EVERY = 10;

/** One message for each seed from `first` on. */
export function fuzzMessages(first: number, count: number): Tally {
  const outcomes: Record<string, number> = {};
  const broken: string[] = [];
  const tell = (outcome: string): void => {
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  };
  for (let seed = first; seed < first + count; seed += 1) {
    try {
      const message = readMessage(mutated(new Chance(seed)));
      use(message);
      if (seed % JUDGED_EVERY === 0) judge(message);
      tell('read');
    } catch (error) {
      if (error instanceof AppError && error.code === 'DNS_MALFORMED') tell('malformed');
      else
        broken.push(
          `seed ${seed}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        );
    }
  }
  return { outcomes, broken };
}
