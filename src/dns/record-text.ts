// Records in zone file form, to be copied.
import { fromHex } from '../base/bytes.ts';
import type { Fqdn } from './name.ts';
import { addressText, mxOf, targetName } from './rdata.ts';
import { genericText, tlsaRdataText } from './rdata-text.ts';
import type { RdataHex, RecordType } from './rrset.ts';

/** `mx1.example.org. A 192.0.2.1`; data of types without a form of their own as in RFC 3597 §5. */
export function recordText(owner: Fqdn, type: RecordType, rdata: RdataHex): string {
  return `${owner} ${type} ${dataText(type, rdata)}`;
}

function dataText(type: RecordType, rdata: RdataHex): string {
  switch (type) {
    case 'A':
    case 'AAAA':
      return addressText(type, rdata);
    case 'CNAME':
      return targetName(rdata);
    case 'MX': {
      const { preference, exchange } = mxOf(rdata);
      return `${preference} ${exchange}`;
    }
    case 'TLSA':
      return tlsaRdataText(rdata);
    case 'TXT':
      return stringsIn(fromHex(rdata)).map(quoted).join(' ');
    default:
      return genericText(rdata);
  }
}

/** RFC 1035 §3.3: each with its length in front. */
function stringsIn(bytes: Uint8Array): Uint8Array[] {
  const strings: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += 1 + (bytes[at] ?? 0)) {
    strings.push(bytes.subarray(at + 1, at + 1 + (bytes[at] ?? 0)));
  }
  return strings;
}

/** RFC 1035 §5.1. */
function quoted(bytes: Uint8Array): string {
  const text = [...bytes].map((byte) => {
    const char = String.fromCharCode(byte);
    if (byte < 0x20 || byte > 0x7e) return `\\${String(byte).padStart(3, '0')}`;
    return char === '"' || char === '\\' ? `\\${char}` : char;
  });
  return `"${text.join('')}"`;
}
