// What docs/providers/own.md promises to authors of a command or a receiver: requests that break
// the promise are refused.
import { heldIn } from '../../../providers/_kit/document.ts';
import { Json } from '../../../providers/_kit/json.ts';
import { rdataText } from '../../../providers/_kit/rdata.ts';
import { fqdn } from '../../../src/dns/name.ts';
import { rdataSet, sameRdata } from '../../../src/dns/rrset.ts';
import type { RdataHex, RecordType } from '../../../src/dns/rrset.ts';
import type { FakeAnswer, FakeRequest } from '../fake.ts';
import type { FarSide } from '../far-side.ts';

const FIELDS: Readonly<Record<string, string>> = {
  apply: 'add,now,operation,owner,remove,schema,then,ttl,type,zone',
  read: 'operation,owner,schema,type,zone',
  'find-zone': 'name,operation,schema',
};

const refusal = (error: string): FakeAnswer => ({ status: 422, body: { error } });

export const isChange = ({ json }: FakeRequest): boolean =>
  (json as { operation?: unknown } | undefined)?.operation === 'apply';

export function answerDocument(json: unknown, far: FarSide): FakeAnswer {
  const document = new Json(json, 'holger');
  const operation = document.at('operation').text();
  const fields = Object.keys(json as object)
    .sort()
    .join(',');
  if (document.at('schema').raw !== 1) return refusal('an unknown schema');
  if (FIELDS[operation] !== fields) return refusal(`${operation} has not these fields: ${fields}`);
  if (operation === 'find-zone') {
    const zone = far.zoneAbove(fqdn(document.at('name').text()));
    return { body: { zone: zone?.name ?? null } };
  }
  const zone = far.zone(document.at('zone').text());
  if (zone === undefined) return refusal(`there is no zone ${document.at('zone').text()}`);
  const owner = fqdn(document.at('owner').text());
  const type = document.at('type').text() as RecordType;
  const here = far.records(zone, owner, type);
  if (operation === 'read') {
    const ttl = here[0]?.ttl ?? 0;
    const told = (rdata: RdataHex): string => {
      const text = rdataText(type, rdata);
      if (type !== 'TLSA') return text;
      const [data = '', ...numbers] = text.split(' ').reverse();
      return [...numbers.reverse(), far.hex(data)].join(' ');
    };
    return { body: { ttl, records: here.map(({ rdata }) => told(rdata)) } };
  }
  const set = (key: string): readonly RdataHex[] =>
    heldIn(new Json({ ttl: 0, records: document.at(key).raw }, 'holger'), type)?.rdata ?? [];
  const now = rdataSet(here.map(({ rdata }) => rdata));
  if (!sameRdata(set('now'), now)) return { status: 409, body: { error: 'it has changed' } };
  const kept = now.filter((rdata) => !set('remove').includes(rdata));
  const then = rdataSet([...kept, ...set('add')]);
  if (!sameRdata(set('then'), then)) return refusal('then is not now with this change');
  far.replace(zone, owner, type, then, document.at('ttl').number());
  return { body: { status: 'done' } };
}
