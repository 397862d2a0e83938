// Secrets are masked by value: no text of an error contains one.

/** Shorter strings are so common that masking them would make the text unreadable. */
const SHORTEST = 4;

/** Replaces every occurrence of every secret, also in its URL-encoded and base64 spellings. */
export function maskSecrets(text: string, secrets: readonly string[]): string {
  let masked = text;
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) {
    if (secret.length < SHORTEST) continue;
    const bytes = Buffer.from(secret);
    const spellings = [
      secret,
      encodeURIComponent(secret),
      bytes.toString('base64'),
      bytes.toString('base64url'),
    ];
    for (const spelling of spellings) masked = masked.replaceAll(spelling, '***');
  }
  return masked;
}

/**
 * The URL for messages: without user name and password, and without the query, which often contains
 * tokens.
 */
export function printableUrl(url: string): string {
  try {
    const { protocol, host, pathname } = new URL(url);
    return `${protocol}//${host}${pathname}`;
  } catch {
    return '(not a URL)';
  }
}
