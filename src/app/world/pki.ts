// Keys, requests and certificates with the real code, as the engine sees them.
import { fromHex } from '../../base/bytes.ts';
import type { Pki } from '../../engine/world.ts';
import { certId, keyMatches } from '../../x509/certificate.ts';
import { chainFromDer, chainFromPem } from '../../x509/chain.ts';
import { createCsr } from '../../x509/csr.ts';
import { generateKey, spkiOfKey } from '../../x509/keys.ts';
import { requestOrKey } from '../../x509/request.ts';

/** All but the store of trusted CAs, which the configuration names. */
export const pki: Omit<Pki, 'trusted'> = {
  createKey: generateKey,
  spkiOf: (either) => requestOrKey(either, { request: ({ spki }) => spki, key: spkiOfKey }),
  createCsr: async (either, domains) =>
    requestOrKey<Uint8Array | Promise<Uint8Array>>(either, {
      request: ({ der }) => der,
      key: (key) => createCsr(key, domains),
    }),
  readPem: chainFromPem,
  readDer: chainFromDer,
  keyFits: (either, chain) => {
    const leaf = chain.certificates[0];
    if (leaf === undefined) return false;
    return requestOrKey(either, {
      request: ({ spki }) => spki === leaf.spki,
      key: (key) => keyMatches(key, fromHex(leaf.der)),
    });
  },
  certId: (chain) => {
    const leaf = chain.certificates[0];
    return leaf === undefined ? undefined : certId(fromHex(leaf.der));
  },
};
