// The certificate request of the operator. It decides whose key gets a certificate, so no other
// user may have written it.
import { readTrusted } from '../files/trusted.ts';
import type { RequestSource } from '../ports/source.ts';
import { requestFrom } from '../x509/request.ts';

/** One with an RSA key and a hundred names has some 10 KiB. */
const MOST_BYTES = 256 * 1024;

export function createRequestFile(file: string): RequestSource {
  return {
    label: file,
    watches: [file],
    read: async () => {
      const rules = { most: MOST_BYTES, code: 'INPUT_INVALID', encoding: 'latin1' } as const;
      const text = await readTrusted(file, rules);
      return text === undefined ? undefined : requestFrom(text, file);
    },
  };
}
