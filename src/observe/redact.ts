// What must never be printed: registered secrets by value, key material and bearer tokens by form.

const MASK = '[redacted]';

/** Shorter values would mask ordinary words, and are too short to be secrets. */
const SHORTEST = 4;

const FORMS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, MASK],
  [/\b(Bearer|Basic|Token)\s+[A-Za-z0-9._~+/-]{8,}=*/g, `$1 ${MASK}`],
  // User names too: many APIs take a token in their place. A password may contain "@" and ":".
  [/:\/\/[^\s/?#"'<>]*@/g, `://${MASK}@`],
];

/** Field names whose values are always treated as secrets. */
const FIELDS =
  /^(authorization|cookie|hmac|pass(word|phrase)?|private_?key|privkey(_?pem)?|secret|token|api_?key)$/i;

const values = new Set<string>();

/**
 * From now on this value is masked wherever it would be printed, also in its other usual encodings.
 */
export function registerSecret(secret: string): void {
  const bytes = Buffer.from(secret, 'utf8');
  const spellings = [
    secret,
    bytes.toString('base64'),
    bytes.toString('base64url'),
    encodeURIComponent(secret),
  ];
  // JSON text has quotes and line ends escaped.
  spellings.push(JSON.stringify(secret).slice(1, -1));
  // A secret that is itself base64, such as a TSIG key, may be printed as the bytes that it
  // encodes.
  if (/^[A-Za-z0-9+/_-]{16,}={0,2}$/.test(secret)) {
    spellings.push(secret.replace(/=+$/, ''), Buffer.from(secret, 'base64').toString('hex'));
  }
  for (const spelling of spellings) if (spelling.length >= SHORTEST) values.add(spelling);
}

export function redactText(text: string): string {
  let result = text;
  // Long ones first: a secret may contain another.
  for (const value of [...values].sort((a, b) => b.length - a.length)) {
    result = result.replaceAll(value, MASK);
  }
  for (const [form, mask] of FORMS) result = result.replaceAll(form, mask);
  return result;
}

/**
 * A copy of a value without secrets, ready for JSON: errors become tables with their causes, bytes
 * their length.
 */
export function redact(value: unknown, seen: readonly unknown[] = []): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null)
    return typeof value === 'function' ? undefined : value;
  if (seen.includes(value)) return '[circular]';
  const within = [...seen, value];
  // Bytes in a log are not useful, and may be a key.
  if (value instanceof Uint8Array) return `[${value.length} bytes]`;
  if (Array.isArray(value)) return value.map((item) => redact(item, within));
  if (value instanceof Set) return [...value].map((item) => redact(item, within));
  const fields =
    value instanceof Map
      ? [...value].map(([key, item]): [string, unknown] => [String(key), item])
      : Object.entries(value);
  if (value instanceof Error) {
    fields.unshift(['message', value.message]);
    if (value.cause !== undefined) fields.push(['cause', value.cause]);
  }
  return Object.fromEntries(
    fields.map(([key, item]) => [redactText(key), FIELDS.test(key) ? MASK : redact(item, within)]),
  );
}
