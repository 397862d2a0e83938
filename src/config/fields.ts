// Kinds of values for which TOML has no type: durations, names, addresses, secrets. The message of
// each says what it expects.
import { isIP } from 'node:net';
import * as z from 'zod';
import type { Seconds } from '../base/clock.ts';
import { parseDuration } from '../base/duration.ts';
import { AppError } from '../base/errors.ts';
import type { Fqdn } from '../dns/name.ts';
import { fqdn, hostOf, isHostName } from '../dns/name.ts';
import { type Settled, WrittenCommand, WrittenPath } from './settled.ts';
import { didYouMean } from './suggest.ts';

type WrittenSecret =
  | { readonly kind: 'file'; readonly file: WrittenPath }
  | { readonly kind: 'env'; readonly env: string }
  | { readonly kind: 'command'; readonly command: WrittenCommand }
  | { readonly kind: 'credential'; readonly credential: string };

/** Where a secret is. It is read as late as possible, by readSecret() in secrets.ts. */
export type SecretRef = Settled<WrittenSecret>;

/** `192.0.2.53`, `ns1.example.org:5353`, `[2001:db8::53]:5353`. */
export interface ServerAddress {
  /** An IP address without brackets, or a host name without trailing dot. */
  readonly host: string;
  readonly port: number;
}

/**
 * A table in which every key is known. Unknown keys become one line each, in the order of zod's
 * `keys`.
 */
export function table<T extends z.core.$ZodShape>(
  shape: T,
  expected = 'a table',
): z.ZodObject<T, z.core.$strict> {
  const known = Object.keys(shape);
  return z
    .strictObject(shape, {
      error: (issue) => {
        if (issue.code === 'unrecognized_keys') {
          const keys = issue['keys'] as readonly string[];
          return keys.map((key) => `unknown key "${key}"${didYouMean(key, known)}`).join('\n');
        }
        return issue.code === 'invalid_type' ? `expected ${expected}` : undefined;
      },
    })
    .meta({ title: expected });
}

/** A text that `read` accepts; what it throws, or undefined, becomes the problem. */
export function parsed<T>(expected: string, read: (text: string) => T | undefined): z.ZodType<T> {
  return z
    .string({ error: () => `expected ${expected}` })
    .transform((text, context): T => {
      let value: T | undefined;
      let reason = `expected ${expected}, got "${text}"`;
      try {
        value = read(text);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        reason = error.message;
      }
      if (value !== undefined) return value;
      context.addIssue({ code: 'custom', message: reason });
      return z.NEVER;
    })
    .meta({ title: expected });
}

/** One of a few words. */
export function word<const T extends readonly string[]>(words: T): z.ZodType<T[number]> {
  const expected = words.map((item) => `"${item}"`).join(' or ');
  return z
    .unknown()
    .transform((value, context): T[number] => {
      if (typeof value === 'string') {
        if (words.includes(value)) return value;
        const meant = didYouMean(value, words);
        context.addIssue({
          code: 'custom',
          message: `expected ${expected}, got "${value}"${meant}`,
        });
      } else {
        context.addIssue({ code: 'custom', message: `expected ${expected}` });
      }
      return z.NEVER;
    })
    .meta({ title: expected, enum: words });
}

export const text = z
  .string({ error: () => 'expected a text in quotes' })
  .min(1, { error: () => 'is empty' })
  .meta({ title: 'a text' });

/** Of a file or folder. */
export const file = text.transform((written) => new WrittenPath(written)).meta({ title: 'a path' });

/** The types of keys that holger makes. */
export const keyType = word(['ec-p256', 'ec-p384', 'rsa-2048', 'rsa-3072', 'rsa-4096']);

export const flag = z
  .boolean({ error: () => 'expected true or false' })
  .meta({ title: 'true or false' });

/**
 * Seconds of a text with units. Bare numbers are refused: a year later it is not clear whether they
 * are minutes or seconds.
 */
export const duration: z.ZodType<Seconds> = z
  .unknown()
  .transform((value, context): Seconds => {
    const seconds = typeof value === 'string' ? parseDuration(value) : undefined;
    if (seconds !== undefined) return seconds;
    const got =
      typeof value === 'string' || typeof value === 'number'
        ? `, got ${JSON.stringify(value)}`
        : '';
    context.addIssue({
      code: 'custom',
      message: `expected a duration with units like "36h"${got}`,
    });
    return z.NEVER;
  })
  .meta({ title: 'a duration with units like "36h"', type: 'string' });

/** Of a certificate, a provider or an issuer. */
export const label = parsed('a name of letters, digits, "-", "_" and "."', (value) =>
  // It becomes a folder below the state directory, and a key of the store.
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(value) ? value : undefined,
);

export const name: z.ZodType<Fqdn> = parsed('a domain name', (value) => fqdn(value));

/** RFC 5321 §4.1.1.1: a fully qualified name, or an address literal (§4.1.3). */
export const ehlo: z.ZodType<string> = parsed(
  'a name with a dot like "mx1.example.org", or an address like "[192.0.2.1]"',
  (value) => {
    const literal = /^\[(?:IPv6:)?([0-9a-f.:]+)\]$/i.exec(value)?.[1];
    if (literal !== undefined) return isIP(literal) === 0 ? undefined : value;
    const host = hostOf(fqdn(value));
    return /^[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z][a-z0-9-]*$/.test(host) ? host : undefined;
  },
);

/**
 * A name for a certificate: an A-label name without trailing dot, optionally with "*." before it.
 */
export const domain: z.ZodType<string> = parsed('a domain name', (value) => {
  const host = hostOf(fqdn(value));
  const plain = host.startsWith('*.') ? host.slice(2) : host;
  if (plain.includes('*')) {
    throw new AppError(
      'INPUT_INVALID',
      `"${value}": a wildcard is a whole first label, like "*.example.org"`,
    );
  }
  if (isIP(plain) !== 0) {
    throw new AppError('INPUT_INVALID', `"${value}" is an address: DNS-01 can only validate names`);
  }
  if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(plain)) {
    throw new AppError(
      'INPUT_INVALID',
      `"${value}" is not a host name that a certificate can contain`,
    );
  }
  return host;
});

function nameFrom(text: string): Fqdn | undefined {
  try {
    return fqdn(text);
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

/** Splits `host`, `host:port`, `[v6]:port` and a bare IPv6 address. Undefined for anything else. */
export function parseAddress(value: string, defaultPort: number): ServerAddress | undefined {
  if (isIP(value) !== 0) return { host: value, port: defaultPort };
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(value);
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? defaultPort : Number(match[3]);
  if (host === undefined || port < 1 || port > 65_535) return undefined;
  if (match?.[1] !== undefined) return isIP(host) === 6 ? { host, port } : undefined;
  if (isIP(host) !== 0) return { host, port };
  const name = nameFrom(host);
  return name !== undefined && isHostName(name) ? { host: hostOf(name), port } : undefined;
}

/** An address or a host name. */
export const server = (port: number): z.ZodType<ServerAddress> =>
  parsed('a server like "192.0.2.53", "ns1.example.org:5353" or "[2001:db8::53]:5353"', (value) =>
    parseAddress(value, port),
  );

/** An address only: a resolver cannot be found by name. */
export const address = (port: number): z.ZodType<ServerAddress> =>
  parsed('an address like "127.0.0.1" or "[::1]:5353"', (value) => {
    const found = parseAddress(value, port);
    return found !== undefined && isIP(found.host) !== 0 ? found : undefined;
  });

export const isAddress = (host: string): boolean => isIP(host) !== 0;

export const https: z.ZodType<string> = parsed('an https:// URL', (value) => {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? url.href : undefined;
});

/**
 * The directory of a CA: HTTPS (RFC 8555 §6.1), except on this machine, where a test CA may do
 * without.
 */
export const directory: z.ZodType<string> = parsed('an https:// URL', (value) => {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol === 'https:') return url.href;
  if (url?.protocol !== 'http:') return undefined;
  if (isLoopback(url.hostname.replace(/^\[|\]$/g, ''))) return url.href;
  throw new AppError(
    'INPUT_INVALID',
    `"${value}" is not https://, which ACME requires (RFC 8555 §6.1)`,
  );
});

/** On this machine, where no one can listen on the path. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** One value, or a list of at least one. */
export const oneOrMore = <T>(item: z.ZodType<T>): z.ZodType<readonly T[]> =>
  z
    .preprocess(
      (value) => (typeof value === 'string' ? [value] : value),
      z
        .array(item, { error: () => 'expected a text or a list of texts' })
        .min(1, { error: () => 'is empty' }),
    )
    .meta({ title: 'one value, or a list' });

/** A command as a list: no shell reads it, so nothing needs quoting. */
export const argv = z
  .array(text, { error: () => 'expected a list like ["systemctl", "reload", "postfix"]' })
  .min(1, { error: () => 'is empty' })
  .transform((words) => new WrittenCommand(words))
  .meta({ title: 'a program and its arguments, as a list' });

const SECRET_FORMS = '{ file = "…" }, { env = "…" }, { credential = "…" } or { command = […] }';

/**
 * A reference to a secret. A text in its place may be the secret itself, so no message repeats it.
 */
export const secret: z.ZodType<WrittenSecret> = table(
  {
    file: file.optional(),
    env: text.optional(),
    credential: text.optional(),
    command: argv.optional(),
  },
  `a reference, because the configuration never contains secrets: ${SECRET_FORMS}`,
)
  .transform((value, context): WrittenSecret => {
    const { file, env, credential, command } = value;
    const given = Object.values(value).filter((item) => item !== undefined);
    if (given.length === 1) {
      if (file !== undefined) return { kind: 'file', file };
      if (env !== undefined) return { kind: 'env', env };
      if (credential !== undefined) return { kind: 'credential', credential };
      if (command !== undefined) return { kind: 'command', command };
    }
    context.addIssue({ code: 'custom', message: `expected exactly one of ${SECRET_FORMS}` });
    return z.NEVER;
  })
  .meta({ title: `a reference: ${SECRET_FORMS}` });
