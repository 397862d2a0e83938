// A change batch in XML, and the errors of Route 53. Elements are in the order of the API
// reference.
import type { Fqdn } from '../../src/dns/name.ts';
import type { RecordType } from '../../src/dns/rrset.ts';
import { escaped, Xml } from './xml.ts';

const NAMESPACE = 'https://route53.amazonaws.com/doc/2013-04-01/';

interface Values {
  readonly ttl: number;
  readonly values: readonly string[];
}

/** The RRset before and after the change; either may be missing. */
export function batch(
  { owner, type }: { readonly owner: Fqdn; readonly type: RecordType },
  old: Values | undefined,
  next: Values | undefined,
): string {
  const change = (action: 'CREATE' | 'DELETE', { ttl, values }: Values): string => {
    const records = values.map((value) => in_('ResourceRecord', in_('Value', escaped(value))));
    const set = [in_('Name', escaped(owner)), in_('Type', type), in_('TTL', String(ttl))];
    const all = [...set, in_('ResourceRecords', records.join(''))].join('');
    return in_('Change', in_('Action', action) + in_('ResourceRecordSet', all));
  };
  const changes = [
    ...(old === undefined ? [] : [change('DELETE', old)]),
    ...(next === undefined ? [] : [change('CREATE', next)]),
  ];
  const body = in_('ChangeBatch', in_('Changes', changes.join('')));
  const root = 'ChangeResourceRecordSetsRequest';
  return `<?xml version="1.0" encoding="UTF-8"?><${root} xmlns="${NAMESPACE}">${body}</${root}>`;
}

const in_ = (name: string, content: string): string => `<${name}>${content}</${name}>`;

export interface Fault {
  readonly code: string;
  readonly message: string;
}

/** The text of an error; undefined: it is not an error of Route 53. */
export function faultIn(text: string): Fault | undefined {
  try {
    const root = Xml.parse(text, '');
    // A refused batch has a list of messages, in an element of its own.
    if (root.name === 'InvalidChangeBatch') {
      const messages = root.one('Messages').all('Message');
      return { code: root.name, message: messages.map((one) => one.text()).join('; ') };
    }
    const error = root.one('Error');
    return { code: error.one('Code').text(), message: error.one('Message').text() };
  } catch {
    return undefined;
  }
}

/** The batch was refused because the zone has other records than were read. */
export function isOutdated({ code, message }: Fault): boolean {
  const reasons =
    /but it was not found|but it already exists|values provided do not match the current values/;
  return code === 'InvalidChangeBatch' && reasons.test(message);
}
