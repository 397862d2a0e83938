// Addresses that do not lead to a host from another machine. A machine that connects to one reaches
// itself or nothing, so the result would say nothing about the domain that names it.
import { BlockList, isIPv6 } from 'node:net';
import { addressText } from '../../dns/rdata.ts';
import type { Asked } from './lookups.ts';
import { foundIn } from './tlsa.ts';

const NOWHERE: readonly (readonly [net: string, prefix: number, meaning: string])[] = [
  ['0.0.0.0', 8, 'this network (RFC 1122 §3.2.1.3)'],
  ['127.0.0.0', 24, 'the machine itself (RFC 1122 §3.2.1.3)'],
  ['169.254.0.0', 16, 'a link (RFC 3927)'],
  ['224.0.0.0', 4, 'a group (RFC 5771)'],
  ['240.0.0.0', 4, 'a reserved address (RFC 1112 §4)'],
  ['::', 128, 'the unspecified address (RFC 4291 §2.5.2)'],
  ['::1', 128, 'the machine itself (RFC 4291 §2.5.3)'],
  ['::ffff:0.0.0.0', 96, 'an IPv4 address, which belongs in an A record (RFC 4291 §2.5.5.2)'],
  ['fe80::', 10, 'a link (RFC 4291 §2.5.6)'],
  ['ff00::', 8, 'a group (RFC 4291 §2.7)'],
];

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIPv6(address) ? 'ipv6' : 'ipv4');

const LISTS = NOWHERE.map(([net, prefix, meaning]) => {
  const list = new BlockList();
  list.addSubnet(net, prefix, familyOf(net));
  return { list, family: familyOf(net), meaning };
});

/** What the address means, if it cannot be a host; undefined: it can be one. */
export function nowhereBecause(address: string): string | undefined {
  const family = familyOf(address);
  // A list treats an IPv4 address and its mapped form as the same address.
  return LISTS.find((one) => one.family === family && one.list.check(address, family))?.meaning;
}

export function addressesIn(hosts: readonly Asked[]): readonly string[] {
  return hosts.flatMap((asked) => {
    const { type, rdata } = foundIn(asked)?.rrset ?? { type: 'A' as const, rdata: [] };
    return type === 'A' || type === 'AAAA' ? rdata.map((item) => addressText(type, item)) : [];
  });
}
