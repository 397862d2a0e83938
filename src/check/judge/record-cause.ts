// Why a record matches nothing that a service presents, as far as the certificates show it: most
// causes are well-known mistakes.
import { createHash } from 'node:crypto';
import { fromHex } from '../../base/bytes.ts';
import { associationData } from '../../dane/association.ts';
import type { Chain, ChainCertificate } from '../../dane/chain.ts';
import { coveredName } from '../../dane/names.ts';
import type { TlsaRecord } from '../../dane/tlsa.ts';
import { childrenOf, contentOf, readElement } from '../../x509/der.ts';
import { pemOf } from '../../x509/pem.ts';

export type Cause =
  | { readonly kind: 'wrong-object'; readonly what: string }
  | { readonly kind: 'anchor-is-leaf' }
  | { readonly kind: 'anchor-name'; readonly borne: readonly string[] }
  | { readonly kind: 'anchor-path' }
  | { readonly kind: 'anchor-not-sent' }
  /** Of a key that is not served: the next one, or a former one. */
  | { readonly kind: 'other-key' };

const digest = (matchingType: number, data: Uint8Array | string): string =>
  createHash(matchingType === 2 ? 'sha512' : 'sha256')
    .update(data)
    .digest('hex');

/** PEM as openssl and others write it; and the same without the last newline. */
function pemTexts(label: string, hex: string): string[] {
  const text = pemOf(label, fromHex(hex));
  return [text, text.trimEnd(), text.replaceAll('\n', '\r\n')];
}

/**
 * The bits of the key without their algorithm: the content of the BIT STRING of
 * SubjectPublicKeyInfo (RFC 5280 §4.1.2.7).
 */
function keyBits(spki: string): Uint8Array | undefined {
  try {
    const der = fromHex(spki);
    const [, bits] = childrenOf(der, readElement(der, 0));
    // The first octet counts unused bits.
    return bits === undefined ? undefined : contentOf(der, bits).subarray(1);
  } catch {
    return undefined;
  }
}

interface Mistake {
  readonly what: string;
  readonly made: (certificate: ChainCertificate, matchingType: number) => readonly string[];
}

const MISTAKES: readonly Mistake[] = [
  {
    what: 'the PEM text of the certificate',
    made: ({ der }, type) => pemTexts('CERTIFICATE', der).map((text) => digest(type, text)),
  },
  {
    what: 'the PEM text of the public key',
    made: ({ spki }, type) => pemTexts('PUBLIC KEY', spki).map((text) => digest(type, text)),
  },
  {
    what: 'the bare bits of the key, without its algorithm',
    made: ({ spki }, type) => {
      const bits = keyBits(spki);
      return bits === undefined ? [] : [digest(type, bits)];
    },
  },
  {
    what: 'the certificate as hexadecimal text',
    made: ({ der }, type) => [digest(type, der), digest(type, der.toUpperCase())],
  },
];

const selectorNames = ['the whole certificate', 'the public key'];

function wrongObject(
  record: TlsaRecord,
  certificates: readonly ChainCertificate[],
): string | undefined {
  const { selector, matchingType, data } = record;
  if (matchingType === 0) return undefined;
  if (data === digest(matchingType, ''))
    return 'of empty data: the program that made it got no input';
  for (const certificate of certificates) {
    if (associationData(certificate, 1 - selector, matchingType) === data) {
      return (
        `of ${selectorNames[1 - selector] ?? ''}, but its selector says ` +
        `${selectorNames[selector] ?? ''}`
      );
    }
    for (const { what, made } of MISTAKES) {
      if (made(certificate, matchingType).includes(data)) return `of ${what}`;
    }
  }
  return undefined;
}

/** `chains`: all that the service presents; `names`: those that the leaf may contain. */
export function causeOf(
  record: TlsaRecord,
  chains: readonly Chain[],
  names: readonly string[],
): Cause {
  const { usage, selector, matchingType, data } = record;
  const isNamed = (certificate: ChainCertificate): boolean =>
    associationData(certificate, selector, matchingType) === data;
  const leaves = chains.flatMap(({ certificates }) => certificates[0] ?? []);
  const issuers = chains.flatMap(({ certificates }) => certificates.slice(1));
  if (usage === 2) {
    const [sent] = chains.filter(({ certificates }) => certificates.slice(1).some(isNamed));
    const leaf = sent?.certificates[0];
    if (leaf !== undefined) {
      const covered = coveredName(leaf.names, names) !== undefined;
      return covered ? { kind: 'anchor-path' } : { kind: 'anchor-name', borne: leaf.names };
    }
    if (leaves.some(isNamed)) return { kind: 'anchor-is-leaf' };
  } else if (issuers.some(isNamed)) {
    return { kind: 'wrong-object', what: 'of a CA certificate, but its usage says the leaf' };
  }
  const what = wrongObject(record, [...leaves, ...issuers]);
  if (what !== undefined) return { kind: 'wrong-object', what };
  return usage === 2 ? { kind: 'anchor-not-sent' } : { kind: 'other-key' };
}
