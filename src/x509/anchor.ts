// The trust anchor inside a record with full data: `2 0 0` holds a certificate, `2 1 0` a bare
// public key (RFC 7671 §5.2.3).
import { createPublicKey, X509Certificate } from 'node:crypto';
import { fromHex } from '../base/bytes.ts';
import type { RecordAnchor } from '../dane/match.ts';
import type { TlsaRecord } from '../dane/tlsa.ts';
import { certificateFacts, isSignedBy } from './chain.ts';
import { verifies } from './verify.ts';

/**
 * Undefined if the data is not a certificate or key that can be parsed; a client then cannot use
 * the record.
 */
export function anchorOf(record: TlsaRecord): RecordAnchor | undefined {
  try {
    const data = fromHex(record.data);
    return record.selector === 0 ? certificateAnchor(data) : keyAnchor(data);
  } catch {
    return undefined;
  }
}

function certificateAnchor(der: Uint8Array): RecordAnchor {
  const issuer = new X509Certificate(der);
  return {
    certificate: certificateFacts(der, true),
    signed: (subject) => {
      const certificate = parsed(subject);
      return certificate !== undefined && isSignedBy(certificate, issuer);
    },
  };
}

function keyAnchor(spki: Uint8Array): RecordAnchor {
  const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  return {
    signed: (subject) => {
      const certificate = parsed(subject);
      return certificate !== undefined && verifies(certificate, key);
    },
  };
}

function parsed(hex: string): X509Certificate | undefined {
  try {
    return new X509Certificate(fromHex(hex));
  } catch {
    return undefined;
  }
}
