// What a client without a domain name calls itself (RFC 5321 §4.1.3).
import { isIPv6 } from 'node:net';

/** `[192.0.2.1]`, `[IPv6:2001:db8::1]`. */
export function addressLiteral(address: string): string {
  // A socket for both families shows IPv4 within IPv6, and a link-local address with its interface.
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  return isIPv6(plain) ? `[IPv6:${plain}]` : `[${plain}]`;
}
