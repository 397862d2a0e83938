// Anti-replay nonces (RFC 8555 §6.5): every reply brings one, and each is used once. Reusing them
// saves the HEAD request that would otherwise go before every POST, and newNonce is the tightest
// limit of Let's Encrypt (20/s per address).

/** More would only grow old: no more requests than this are under way at once. */
const MOST = 16;

/** RFC 8555 §6.5.1: anything but base64url must not be used. */
export function isNonce(value: string | undefined): value is string {
  return value !== undefined && /^[A-Za-z0-9_-]+$/.test(value);
}

export interface NoncePool {
  /** Takes the youngest nonce out of the pool. */
  take(): string | undefined;
  put(nonce: string | undefined): void;
  /** After badNonce: those of the same age are likely refused too. */
  clear(): void;
}

export function createNoncePool(): NoncePool {
  let nonces: string[] = [];
  return {
    take: () => nonces.pop(),
    put: (nonce) => {
      if (isNonce(nonce)) nonces = [...nonces, nonce].slice(-MOST);
    },
    clear: () => {
      nonces = [];
    },
  };
}
