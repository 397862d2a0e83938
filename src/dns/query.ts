// Encodes questions. dns-packet writes them; what it would write wrongly without an error is
// refused before.
import dnsPacket, { type OptAnswer } from 'dns-packet';
import { AppError } from '../base/errors.ts';
import type { Fqdn } from './name.ts';
import { typeNumber } from './record-type.ts';
import type { RecordType } from './rrset.ts';

export interface Query {
  /** 16 random bits, from the caller. */
  readonly id: number;
  readonly name: Fqdn;
  readonly type: RecordType;
  readonly recursionDesired: boolean;
  /** CD: the resolver returns data that it could not validate (RFC 4035 §3.2.2). */
  readonly checkingDisabled?: boolean;
  /** AD in a query asks for AD in the answer (RFC 6840 §5.7). */
  readonly authenticData?: boolean;
  /** Class CHAOS, for information about the server itself. */
  readonly isChaos?: boolean;
  /** False: as before RFC 6891, for servers that do not support it. */
  readonly edns?: boolean;
}

/** The size that passes every path without fragments (DNS flag day 2020). */
const EDNS_PAYLOAD = 1232;

const opt = (): OptAnswer => ({
  type: 'OPT',
  name: '.',
  udpPayloadSize: EDNS_PAYLOAD,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: dnsPacket.DNSSEC_OK,
  flag_do: true,
  options: [],
});

/** The names of dns-packet; newer types by number. */
function nameOf(type: RecordType): dnsPacket.RecordType {
  if (type !== 'HTTPS' && type !== 'SVCB') return type;
  return `UNKNOWN_${typeNumber(type)}` as dnsPacket.RecordType;
}

/**
 * A query with EDNS and DO, so that signatures are returned, unless the options say otherwise.
 * @throws AppError INPUT_INVALID
 */
export function encodeQuery(query: Query): Uint8Array {
  // dns-packet does not support escapes: it would ask for a name with a backslash in it.
  if (query.name.includes('\\')) {
    throw new AppError(
      'INPUT_INVALID',
      `${query.name} has octets that are not allowed in a host name`,
    );
  }
  const flags =
    (query.recursionDesired ? dnsPacket.RECURSION_DESIRED : 0) |
    (query.checkingDisabled === true ? dnsPacket.CHECKING_DISABLED : 0) |
    (query.authenticData === true ? dnsPacket.AUTHENTIC_DATA : 0);
  const packet = dnsPacket.encode({
    type: 'query',
    id: query.id,
    flags,
    questions: [
      { name: query.name, type: nameOf(query.type), class: query.isChaos === true ? 'CH' : 'IN' },
    ],
    additionals: query.edns === false ? [] : [opt()],
  });
  return new Uint8Array(packet);
}
