// A minimal walker over DER (X.690): finds where elements begin and end, and copies nothing. It
// exists because what TLSA selector SPKI(1) and ARI need are the certificate's own octets, and
// every exporter of a parsed key or number re-encodes them.

/** One element: `start` is its tag, `body` its first content octet, `end` the octet after it. */
export interface Element {
  readonly tag: number;
  readonly start: number;
  readonly body: number;
  readonly end: number;
}

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
} as const;

/**
 * The element at `offset`, which must end at or before `limit`.
 * @throws RangeError for anything that is not DER: indefinite or non-minimal lengths, tags of
 * several octets, overruns
 */
export function readElement(der: Uint8Array, offset: number, limit = der.length): Element {
  const tag = der[offset];
  const first = der[offset + 1];
  if (tag === undefined || first === undefined || offset + 2 > limit) {
    throw new RangeError(`DER ends inside an element at octet ${offset}`);
  }
  if ((tag & 0x1f) === 0x1f) throw new RangeError(`tag of several octets at octet ${offset}`);
  let length = first;
  let body = offset + 2;
  if (first >= 0x80) {
    const count = first & 0x7f;
    // 0x80 is the indefinite length of BER; more than four octets of length is more than any
    // certificate.
    if (count === 0 || count > 4) throw new RangeError(`length is not DER at octet ${offset}`);
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + (der[body + i] ?? NaN);
    body += count;
    const shortest = length < 0x80 ? 0 : Math.ceil(length.toString(16).length / 2);
    if (shortest !== count) throw new RangeError(`length is not minimal at octet ${offset}`);
  }
  const end = body + length;
  if (!(end <= limit)) throw new RangeError(`element at octet ${offset} overruns its container`);
  return { tag, start: offset, body, end };
}

/** The element at `offset` when it has this tag. @throws RangeError */
export function expectElement(
  der: Uint8Array,
  offset: number,
  tag: number,
  limit?: number,
): Element {
  const element = readElement(der, offset, limit);
  if (element.tag !== tag) {
    throw new RangeError(`tag ${element.tag} where ${tag} was expected at octet ${offset}`);
  }
  return element;
}

/** The elements inside a constructed element, in order; they must fill it. @throws RangeError */
export function childrenOf(der: Uint8Array, parent: Element): readonly Element[] {
  const children: Element[] = [];
  for (let offset = parent.body; offset < parent.end;) {
    const child = readElement(der, offset, parent.end);
    children.push(child);
    offset = child.end;
  }
  return children;
}

/** The element with its tag and length. */
export function wholeOf(der: Uint8Array, element: Element): Uint8Array {
  return der.subarray(element.start, element.end);
}

export function contentOf(der: Uint8Array, element: Element): Uint8Array {
  return der.subarray(element.body, element.end);
}
