// The resolvers of this machine, as resolv.conf(5) names them.
import { isIP } from 'node:net';
import type { ServerAddress } from './transport.ts';

/** The libraries of the system ask no more than this (MAXNS in resolv.conf(5)). */
const MOST = 3;

/** If the file names no server, the name server of this machine is asked (resolv.conf(5)). */
const LOCAL: readonly ServerAddress[] = [
  { address: '127.0.0.1', port: 53 },
  { address: '::1', port: 53 },
];

/** Lines that cannot be read are left out, as the libraries of the system do. */
export function resolversIn(text: string): readonly ServerAddress[] {
  const named = text.split(/\r?\n/).flatMap((line) => {
    const [, address = ''] = /^nameserver[ \t]+([^\s;#]+)/.exec(line) ?? [];
    return isIP(address) === 0 ? [] : [{ address, port: 53 }];
  });
  return named.length === 0 ? LOCAL : named.slice(0, MOST);
}
