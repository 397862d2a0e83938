// Whether a certificate's DNS name covers a host name (RFC 9525 §6.3, RFC 7672 §3.2.3).

/**
 * Both in A-labels, lower case, without trailing dot. A wildcard stands for exactly one label, and
 * only as the whole leftmost one: `*.example.org` covers `mx.example.org`, not `a.mx.example.org`,
 * not `example.org`; `m*.example.org` covers nothing.
 */
export function nameCovers(pattern: string, host: string): boolean {
  if (!pattern.includes('*')) return pattern === host && pattern !== '';
  if (!pattern.startsWith('*.')) return false;
  const parent = pattern.slice(2);
  // "*.org" would cover every registered name; no CA may issue it, and OpenSSL does not match it
  // either.
  if (parent.includes('*') || !parent.includes('.')) return false;
  const dot = host.indexOf('.');
  return dot > 0 && host.slice(dot + 1) === parent;
}

/** Whether a certificate with these names is for this domain, which may be a wildcard itself. */
export function namesDomain(names: readonly string[], domain: string): boolean {
  return names.some((name) => name === domain || nameCovers(name, domain));
}

/** The first of the hosts that one of the patterns covers. */
export function coveredName(
  patterns: readonly string[],
  hosts: readonly string[],
): string | undefined {
  return hosts.find((host) => patterns.some((pattern) => nameCovers(pattern, host)));
}
