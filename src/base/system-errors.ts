// Errors of the operating system, OpenSSL and Node in words. The code follows in brackets, because
// an operator can search for it.

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the other side reset the connection',
  ECONNABORTED: 'the connection was aborted',
  EPIPE: 'the other side closed the connection',
  ETIMEDOUT: 'no answer in time',
  EHOSTUNREACH: 'the host cannot be reached',
  EHOSTDOWN: 'the host is down',
  ENETUNREACH: 'the network cannot be reached',
  ENETDOWN: 'the network is down',
  EADDRNOTAVAIL: 'this machine has no address of that kind to use',
  EADDRINUSE: 'the address is in use already',
  EAFNOSUPPORT: 'this machine does not have this kind of address',
  ENOTFOUND: 'the host name does not exist',
  EAI_AGAIN: 'the host name could not be looked up',
  EMFILE: 'holger may open no more files (ulimit -n)',
  ENFILE: 'this machine can open no more files',
  ENOBUFS: 'this machine has no memory left for sockets',
  ENOMEM: 'this machine has no memory left',
  ENOENT: 'no such file or directory',
  ENOTDIR: 'a part of the path is not a folder',
  EISDIR: 'it is a folder',
  EEXIST: 'it exists already',
  EACCES: 'permission denied',
  EPERM: 'this user may not do that',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left on the file system',
  EDQUOT: 'the disk quota is used up',
  EBUSY: 'it is in use',
  EXDEV: 'it is on another file system',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long',
  ENOTEMPTY: 'the folder is not empty',
  EFBIG: 'the file is too large',
  EIO: 'the disk reported an error',
  ETXTBSY: 'the program is being written',
  ENOEXEC: 'it is not a program',
  E2BIG: 'the command line is too long',
  DEPTH_ZERO_SELF_SIGNED_CERT: "the server's certificate is self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: "the server's certificate is not trusted",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "the server's certificate is not trusted",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the server's certificate is not trusted",
  CERT_HAS_EXPIRED: "the server's certificate has expired",
  ERR_TLS_CERT_ALTNAME_INVALID: "the server's certificate is for another name",
  UND_ERR_CONNECT_TIMEOUT: 'connecting timed out',
  UND_ERR_HEADERS_TIMEOUT: 'no complete answer in time',
  UND_ERR_BODY_TIMEOUT: 'no complete answer in time',
  UND_ERR_SOCKET: 'the server closed the connection',
};

/**
 * Each error has a code, or wraps others that have one: several addresses, "fetch failed" with its
 * cause.
 */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const several: readonly unknown[] = error instanceof AggregateError ? error.errors : [];
  const own = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  if (own !== undefined && own in WORDS) return own;
  return codeOf(error.cause) ?? several.map(codeOf).find((code) => code !== undefined);
}

/** "connection refused (ECONNREFUSED)"; undefined for an unknown code. */
export function systemWords(code: string): string | undefined {
  const words = Object.hasOwn(WORDS, code) ? WORDS[code] : undefined;
  return words === undefined ? undefined : `${words} (${code})`;
}

/** Undefined: the error is not from the system, and its message is from holger. */
export function systemReason(error: unknown): string | undefined {
  const code = codeOf(error);
  return code === undefined ? undefined : systemWords(code);
}
