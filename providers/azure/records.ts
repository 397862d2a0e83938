// Records in the form of the definitions TlsaRecord and TxtRecord of the API.
import type { RdataHex, RecordType } from '../../src/dns/rrset.ts';
import type { Json } from '../_kit/json.ts';
import { tlsaFields, tlsaFromFields, txtFromStrings, txtStrings } from '../_kit/rdata.ts';

export function rdataIn(type: RecordType, record: Json): RdataHex {
  if (type !== 'TLSA')
    return txtFromStrings(
      record
        .at('value')
        .list()
        .map((one) => one.text()),
    );
  return tlsaFromFields({
    usage: record.at('usage').numeric(),
    selector: record.at('selector').numeric(),
    matchingType: record.at('matchingType').numeric(),
    data: record.at('certAssociationData').text(),
  });
}

export function recordOf(type: RecordType, rdata: RdataHex): object {
  if (type !== 'TLSA') return { value: txtStrings(rdata) };
  const { data, ...numbers } = tlsaFields(rdata);
  return { ...numbers, certAssociationData: data.toUpperCase() };
}
