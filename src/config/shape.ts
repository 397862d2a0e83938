// The configuration as it is written: every key, its type, and what it says when the value is
// wrong. Keys are snake_case.
import * as z from 'zod';
import {
  ACME_DIRECTORY,
  DEPLOY_TIMEOUT,
  POLICY,
  PROBE_TIMEOUT,
  RESOLVER,
  STATE_DIRECTORY,
} from './defaults.ts';
import { AppError } from '../base/errors.ts';
import * as field from './fields.ts';
import { fqdn } from '../dns/name.ts';
import { monitor } from './monitor.ts';
import { provider } from './providers.ts';
import type { ServiceConfig } from './schema.ts';
import { serviceFrom } from './service.ts';

const { table, text, flag, duration, word, parsed } = field;

const DAY = 86_400;

/** @throws AppError INPUT_INVALID for one that exists in DNS and is not published here */
function combinationFrom(value: string): string | undefined {
  const [, usage = '', selector = '', matching = ''] =
    /^\s*(\d{1,3})\s+(\d{1,3})\s+(\d{1,3})\s*$/.exec(value) ?? [];
  if (usage === '') return undefined;
  if (/^[0-3]$/.test(usage) && /^[01]$/.test(selector)) {
    if (/^[12]$/.test(matching)) return `${usage} ${selector} ${matching}`;
    if (matching === '0') {
      throw new AppError(
        'INPUT_INVALID',
        `"${value}" has matching type 0, whole certificates or keys, which holger does not publish: write ${usage} ${selector} 1 (SHA-256) or 2 (SHA-512)`,
      );
    }
  }
  throw new AppError(
    'INPUT_INVALID',
    `expected usage, selector and matching type like "3 1 1", got "${value}": a usage is 0 to 3, a selector 0 or 1, a matching type 1 or 2 (RFC 6698 §2.1)`,
  );
}

/**
 * What [defaults] and each [[certificate]] may say; nothing here has a default, so that the two can
 * be laid over each other.
 */
const policy = {
  strategy: word(['staged', 'prepublished', 'reuse-key']).optional(),
  key_type: word(['ec-p256', 'ec-p384', 'rsa-2048', 'rsa-3072', 'rsa-4096']).optional(),
  records: z
    .array(parsed('usage, selector and matching type like "3 1 1"', combinationFrom), {
      error: () => 'expected a list like ["3 1 1", "2 1 1"]',
    })
    .min(1, { error: () => 'is empty; write dane = false for a certificate without TLSA records' })
    .refine((list) => new Set(list).size === list.length, {
      error: () => 'names a combination twice',
    })
    .optional(),
  trust_anchors: word(['chain', 'issuer', 'top', 'none']).optional(),
  ttl: duration
    .refine((ttl) => Number.isInteger(ttl) && ttl >= 1, {
      error: () => 'a TTL is a whole number of seconds, at least 1s',
    })
    .refine((ttl) => ttl <= 7 * DAY, {
      error: () => 'is more than 7d: every rollover would wait a multiple of it',
    })
    .optional(),
  ttl_factor: z
    .number({ error: () => 'expected a number' })
    .min(1, { error: () => 'is less than 1: the wait would end before a cached record does' })
    .max(100, { error: () => 'is more than 100' })
    .optional(),
  cache_floor: duration.optional(),
  assumed_ttl: duration.optional(),
  margin: duration.optional(),
  settle: duration.optional(),
  rollback: duration.optional(),
  rollback_after: duration.optional(),
  renew: duration.optional(),
  rotate_key_every: duration.optional(),
  profile: text.optional(),
  preferred_chain: text.optional(),
  dane: flag.optional(),
  follow_cnames: flag.optional(),
  hides_wildcard: flag.optional(),
};

const files = table({
  type: z.literal('files'),
  certificate: text.optional(),
  key: text.optional(),
  chain: text.optional(),
  combined: text.optional(),
  directory: text.optional(),
  existing_key: text.optional(),
  owner: text.optional(),
  group: text.optional(),
  mode: parsed('an octal mode in quotes like "0640"', (value) =>
    /^0?[0-7]{3}$/.test(value) ? parseInt(value, 8) : undefined,
  ).optional(),
  write: word(['rename', 'in-place']).optional(),
  reload: field.argv.optional(),
  timeout: duration.prefault(DEPLOY_TIMEOUT),
}).refine((it) => it.certificate ?? it.key ?? it.chain ?? it.combined ?? it.directory, {
  error: () => 'says no place: give certificate and key, combined, or directory',
});

const command = table({
  type: z.literal('command'),
  command: field.argv,
  timeout: duration.prefault(DEPLOY_TIMEOUT),
});

/** A service is its URL, or a table for what the URL cannot say. */
const service = z.preprocess(
  (value) => (typeof value === 'string' ? { url: value } : value),
  table(
    {
      url: parsed('a URL like "smtp://mx1.example.org:25"', serviceFrom),
      connect: text.optional(),
      tlsa_owner: parsed('a name like "_25._tcp.mx1.example.org"', (value) =>
        fqdn(value),
      ).optional(),
      reachable: flag.default(true),
      running: flag.default(true),
      owner_is_ours: flag.default(false),
      xmpp_domain: field.name.optional(),
    },
    'a URL like "smtp://mx1.example.org:25", or a table with url',
  ).transform((value, context): ServiceConfig => {
    const { url, connect: written, tlsa_owner: tlsaOwner, reachable, running } = value;
    const { owner_is_ours: ownerIsOurs, xmpp_domain: xmppDomain } = value;
    const connect = written === undefined ? undefined : field.parseAddress(written, url.port);
    if (written !== undefined && connect === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['connect'],
        message: `expected an address like "192.0.2.7:${url.port}", got "${written}"`,
      });
    }
    if (xmppDomain !== undefined && !/^xmpps?-/.test(url.scheme)) {
      context.addIssue({
        code: 'custom',
        path: ['xmpp_domain'],
        message: `has no meaning for ${url.scheme}`,
      });
    }
    return { ...url, connect, tlsaOwner, reachable, running, ownerIsOurs, xmppDomain };
  }),
);

const label = parsed('a name of letters, digits, "-", "_" and "."', (value) =>
  // It becomes a folder below the state directory, and a key of the store.
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(value) ? value : undefined,
);

const list = <T>(item: z.ZodType<T>, expected: string) =>
  z.array(item, { error: () => `expected ${expected}` });

const certificate = table({
  name: label,
  domains: list(field.domain, 'a list of domain names').min(1, { error: () => 'is empty' }),
  services: list(service, 'a list of services').default([]),
  deploy: list(
    z.discriminatedUnion('type', [files, command], {
      error: (issue) =>
        issue.code === 'invalid_union' ? 'expected type = "files" or "command"' : undefined,
    }),
    'a list of tables like { type = "files", … }',
  ).default([]),
  ...policy,
});

const zone = table({
  name: field.name,
  provider: field.oneOrMore(text).optional(),
  acme_provider: field.oneOrMore(text).optional(),
  nameservers: list(field.server(53), 'a list of servers')
    .min(1, { error: () => 'is empty' })
    .optional(),
  extra_nameservers: list(field.server(53), 'a list of servers').default([]),
});

const externalAccount = table({ kid: text, hmac: field.secret });

export const document = table({
  acme: table({
    directory: field.directory.default(ACME_DIRECTORY),
    email: text.optional(),
    ca_file: text.optional(),
    eab: externalAccount.optional(),
    staging_directory: field.directory.optional(),
    staging_eab: externalAccount.optional(),
  }).prefault({}),
  dns: table({ resolver: field.oneOrMore(field.address(53)).prefault([RESOLVER]) }).prefault({}),
  provider: z
    .record(label, provider, {
      error: () => 'expected tables like [provider.main]',
    })
    .default({}),
  zone: list(zone, 'tables like [[zone]]').default([]),
  pkix: table({ ca_file: text.optional() }).prefault({}),
  probe: table({
    timeout: duration
      .refine((seconds) => seconds >= 1 && seconds <= 300, {
        error: () => 'is not between 1s and 5m',
      })
      .default(PROBE_TIMEOUT),
    ehlo: field.ehlo.optional(),
  }).prefault({}),
  state: table({ directory: text.default(STATE_DIRECTORY) }).prefault({}),
  defaults: table(policy).prefault({}),
  certificate: list(certificate, 'tables like [[certificate]]').default([]),
  monitor: monitor.prefault({}),
});

export const builtIn = table(policy)
  .required()
  .partial({
    rollback: true,
    rollback_after: true,
    renew: true,
    rotate_key_every: true,
    profile: true,
    preferred_chain: true,
  })
  .parse(POLICY);

export type Document = z.output<typeof document>;
