// Names and TXT in the spelling of Route 53: special characters in octal (Developer Guide, "DNS
// domain name format", "TXT record type"), where a zone file has decimal numbers.
import type { Fqdn } from '../../src/dns/name.ts';
import type { RdataHex, RecordType } from '../../src/dns/rrset.ts';
import { rdataFromText, rdataText } from '../_kit/rdata.ts';

const octal = (code: number): string => `\\${code.toString(8).padStart(3, '0')}`;

/** Names in answers: `\052.example.org.` for a wildcard. */
export function spelled(name: Fqdn): string {
  return name.replace(/[^a-z0-9_.-]/g, (char) => octal(char.charCodeAt(0)));
}

export function valueOf(type: RecordType, rdata: RdataHex): string {
  const text = rdataText(type, rdata);
  if (type !== 'TXT') return text;
  return text.replace(/\\(?:(\d{3})|.)/g, (whole, decimal?: string) =>
    decimal === undefined ? whole : octal(Number(decimal)),
  );
}

export function rdataIn(type: RecordType, value: string): RdataHex {
  if (type !== 'TXT') return rdataFromText(type, value);
  const text = value.replace(/\\(?:([0-3][0-7]{2})|.)/gs, (whole, code?: string) =>
    code === undefined ? whole : `\\${String(parseInt(code, 8)).padStart(3, '0')}`,
  );
  return rdataFromText(type, text);
}
