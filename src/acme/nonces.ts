// Anti-replay nonces (RFC 8555 §6.5): every reply contains one, and each is used once. Using them
// saves a HEAD request before every POST; newNonce has the tightest limit at Let's Encrypt (20/s
// per address).

/** More nonces would only expire: there are never more requests at once than this. */
const MOST = 16;

/** RFC 8555 §6.5.1: anything but base64url must not be used. */
export function isNonce(value: string | undefined): value is string {
  return value !== undefined && /^[A-Za-z0-9_-]+$/.test(value);
}

export interface NoncePool {
  /** Takes the newest nonce out of the pool. */
  take(): string | undefined;
  put(nonce: string | undefined): void;
  /** After badNonce: nonces of the same age are probably refused, too. */
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
