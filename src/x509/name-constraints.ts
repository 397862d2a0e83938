// The extension nameConstraints with permitted DNS names (RFC 5280 §4.2.1.10), for which the X.509
// library has no class.

const SEQUENCE = 0x30;
/** permittedSubtrees, [0]. */
const PERMITTED = 0xa0;
/** dNSName of GeneralName, [2] IA5String. */
const DNS_NAME = 0x82;

/** The value of the extension in DER. `domains`: A-labels; each allows all names below it, too. */
export function permittedNames(domains: readonly string[]): Uint8Array<ArrayBuffer> {
  const subtrees = domains.map((domain) => der(SEQUENCE, der(DNS_NAME, Buffer.from(domain))));
  return new Uint8Array(der(SEQUENCE, der(PERMITTED, Buffer.concat(subtrees))));
}

/** X.690 §8.1: tag, length, content. */
function der(tag: number, content: Uint8Array): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const octets = length < 0x100 ? [length] : [length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, 0x80 | octets.length, ...octets]), content]);
}
