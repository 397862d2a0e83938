// The lab's own arithmetic for TLSA records: tests must not take the program's word for it.

import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** `3 1 1 …` of the first certificate in a PEM file. */
export function keyRecord(certificateFile: string): string {
  const certificate = new X509Certificate(readFileSync(certificateFile));
  const spki = certificate.publicKey.export({ type: 'spki', format: 'der' });
  return `3 1 1 ${createHash('sha256').update(spki).digest('hex')}`;
}
