// The options of [defaults] and of every [[certificate]].
import * as z from 'zod';
import { chainChoice } from '../../acme/chain-choice.ts';
import { AppError } from '../../base/errors.ts';
import type { CombinationText } from '../../dane/tlsa.ts';
import { duration, flag, keyType, label, oneOrMore, parsed, text, word } from '../fields.ts';
import { camel, type Settled, settled } from '../settled.ts';
import { optional, preset } from './option.ts';

const DAY = 86_400;

/**
 * @throws AppError INPUT_INVALID for a combination that exists in DNS but that holger does not
 * publish
 */
function combinationFrom(value: string): CombinationText | undefined {
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

const combinations = z
  .array(parsed('usage, selector and matching type like "3 1 1"', combinationFrom), {
    error: () => 'expected a list like ["3 1 1", "2 1 1"]',
  })
  .min(1, { error: () => 'is empty; use dane = false for a certificate without TLSA records' })
  .refine((it) => new Set(it).size === it.length, { error: () => 'contains a combination twice' })
  .meta({ title: 'a list like ["3 1 1", "2 1 1"]' });

const ttl = duration
  .refine((seconds) => Number.isInteger(seconds) && seconds >= 1, {
    error: () => 'a TTL is a whole number of seconds, at least 1s',
  })
  .refine((seconds) => seconds <= 7 * DAY, {
    error: () => 'is more than 7d: every rollover would wait a multiple of it',
  });

const lifetime = duration
  .refine((seconds) => seconds >= 3600, { error: () => 'is less than 1h' })
  .refine((seconds) => seconds <= 398 * DAY, {
    error: () => 'is more than 398d, which no public CA issues',
  });

const factor = z
  .number({ error: () => 'expected a number' })
  .min(1, { error: () => 'is less than 1: the wait would end before a cached record does' })
  .max(100, { error: () => 'is more than 100' })
  .meta({ title: 'a number from 1 to 100' });

/** What the planner goes by: which records, and how long is waited. */
const ROLLOVER = {
  records: preset(
    combinations,
    ['3 1 1', '2 1 1'],
    'Usage, selector and matching type of the TLSA records. With DANE-EE for the key and DANE-TA for the CA, a record matches for every client (RFC 7671 §8). Usages 0 and 1 are published for services other than SMTP, once the chains that are live there lead to a CA of [pkix].',
  ),
  trust_anchors: preset(
    word(['chain', 'issuer', 'top', 'none']),
    'chain',
    'Which CA certificates of the chain get a record of usage 2 or 0. With all of them, a renewal under another intermediate of the same root needs no extra wait.',
  ),
  ttl: preset(
    ttl,
    '1h',
    'The TTL of records that are created: short enough for a rollover within hours, long enough for caches to be of use.',
  ),
  ttl_factor: preset(
    factor,
    2,
    'A record counts as cached for ttl_factor times the TTL that servers sent, and margin more. RFC 7671 §8.1 waits for two TTLs, because the caches of secondaries and forwarders add up.',
  ),
  cache_floor: preset(
    duration,
    '1h',
    'A record counts as cached for at least this time after its TTL. Some resolvers raise short TTLs, or serve stale answers.',
  ),
  assumed_ttl: preset(
    duration,
    '1d',
    'The TTL of what caches may hold from before the first sweep. A day is the usual largest TTL.',
  ),
  margin: preset(
    duration,
    '60s',
    'Added to every wait for caches: for clocks, for rounding, and for the time that an answer travels.',
  ),
  settle: preset(
    duration,
    '30s',
    'The time over which the handshakes that prove a deployment are spread. Several processes or machines behind one address may still start with the old key.',
  ),
  rollback: optional(
    duration,
    'How long old records stay after the proof. Without it, one further wait of the same length.',
    '1d',
  ),
  rollback_after: optional(
    duration,
    'How long a deployment may fail at one target before all targets go back to the generation before. They go back once, if the laws allow it and that generation is valid for long enough. The next attempt is the renewal, after half of the remaining lifetime, or holger run --force. Without it, the targets that took the new generation keep it.',
    '6h',
  ),
};

/** How orders are placed: of a certificate, or of every certificate of an issuer. */
export const ORDER = {
  profile: optional(
    text,
    'The certificate profile. An order is placed only if the CA offers it; holger account show lists what it offers. It takes the place of the profile and preferred_profile of the issuer.',
    'tlsserver',
  ),
  lifetime: optional(
    lifetime,
    'The lifetime that is asked for with the order (notAfter, RFC 8555 §7.4). Some CAs take it; one that does not refuses the order or ignores it. Without it, the CA decides.',
    '7d',
  ),
  preferred_profile: optional(
    text,
    "The certificate profile where the CA offers it, and else the CA's default.",
    'tlsserver',
  ),
  deactivate_authorizations: optional(
    flag,
    'true: after the download the CA forgets that the names were proven, and each order proves them anew. Without it, the CA may accept the proof for further orders of the account, for hours or weeks.',
    true,
  ),
  preferred_chain: optional(
    parsed('the name of an issuer, or a trust anchor like "2 1 1 <SHA-256>"', (value) =>
      chainChoice(value) === undefined ? undefined : value.trim(),
    ),
    'The chain to ask for if the CA offers several: by the name of its issuer, or by a CA certificate in it as a TLSA record names it (`2 1 1 …`; the SHA-256 of a key alone means the same). If no chain is like that, the log names those that are offered. Without ' +
      "it, or then, the CA's default.",
    'ISRG Root X1',
  ),
};

const POLICY = {
  strategy: preset(
    word(['staged', 'prepublished', 'reuse-key']),
    'staged',
    'How keys are renewed. staged: each renewal has a new key, whose record is published first and which is deployed when no cache can lack it. prepublished: the record of the next key is always in DNS, so that a renewal is deployed at once. reuse-key: renewals keep the key, and no 3 1 1 record changes; see rotate_key_every.',
  ),
  key_type: preset(
    keyType,
    'ec-p256',
    'The type of new keys. P-256 is small, fast, and supported by every TLS 1.2 client that is still in use for mail.',
  ),
  ...ROLLOVER,
  renew: optional(
    duration,
    "Renew when this much lifetime is left; it counts for at most half of the lifetime. The earliest of this, of the CA's advice (RFC 9773), and of a third of the lifetime (half below 10 days) counts, earlier by the wait of the last rollover. Where the CA advises no time before, certificates of one day are spread over a tenth of the lifetime. Without it, the other two.",
    '30d',
  ),
  rotate_key_every: optional(
    duration,
    'A key older than this is replaced, with a renewal if necessary. Without it, whenever the strategy makes a new one.',
    '365d',
  ),
  issuer: preset(
    oneOrMore(label),
    ['acme'],
    'Who issues the certificate: "acme" is the CA of [acme], any other name is that of an [issuer.NAME]. With a list, the next one is asked when the one before has failed for issuer_patience.',
  ),
  issuer_patience: optional(
    duration,
    'How long orders at one issuer fail before the next one is asked. Without it, a third of the lifetime that was left at the first failure, and an hour for a first certificate.',
    '3d',
  ),
  ...ORDER,
  dane: preset(
    flag,
    true,
    'false: an ordinary certificate without TLSA records. If another certificate has ' +
      'records at the same host and port, this one gets records there, too, because ' +
      'clients check every certificate against them.',
  ),
  follow_cnames: preset(
    flag,
    true,
    'Whether CNAME records are followed to the name where a record is written: a challenge is often delegated to a zone that takes updates. A CNAME record that a wildcard makes for hosts is not followed. false: records are written at the names themselves, and a CNAME record there is an error. A DNAME record is always followed.',
  ),
  hides_wildcard: preset(
    flag,
    false,
    'A host that exists only through a wildcard loses its addresses while a record ' +
      'exists below its name (RFC 4592), so holger writes none there. true: the TXT record ' +
      'of a challenge is still written. The host is then out of service until the ' +
      'challenge is over and caches have dropped the negative answer. TLSA records, which ' +
      'stay, are refused in any case.',
  ),
};

type Values<T extends z.ZodRawShape> = { readonly [K in keyof T]: z.output<T[K]> };
type Layer = { readonly [K in keyof typeof POLICY]?: z.output<(typeof POLICY)[K]> | undefined };

/** What may be absent is absent, and never undefined: it can be compared and stored as it is. */
type Given<T> = { readonly [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  readonly [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};
/** Of a certificate, defaults filled in. Absent: what the option says of its absence. */
export type Policy = Given<Settled<Values<typeof POLICY>>>;
type RolloverPolicy = Given<Settled<Values<typeof ROLLOVER>>>;

/** Without defaults, so that one table can be merged over another. */
export const policyLayer = Object.fromEntries(
  Object.entries(POLICY).map(([key, type]) => [key, layered(type)]),
) as {
  readonly [K in keyof typeof POLICY]: z.ZodOptional<
    z.ZodType<Exclude<z.output<(typeof POLICY)[K]>, undefined>>
  >;
};

function layered(type: z.ZodPrefault<z.ZodType> | z.ZodOptional): z.ZodType {
  if (type instanceof z.ZodOptional) return type;
  return type
    .unwrap()
    .optional()
    .meta(type.meta() ?? {});
}

const policy = z.object(POLICY);
const builtIn: Layer = policy.parse({});

/** Most certificates say nothing that [defaults] could. */
export function hasOwnPolicy(certificate: Layer): boolean {
  return KEYS.some((key) => certificate[key] !== undefined);
}

/** What a certificate says that [defaults] cannot. */
export function withoutPolicy<T extends Layer>(certificate: T): Omit<T, keyof Layer> {
  const own = Object.entries(certificate).filter(([key]) => !Object.hasOwn(POLICY, key));
  return Object.fromEntries(own) as Omit<T, keyof Layer>;
}

const KEYS = policy.keyof().options;

/** One of them ends what further layers say of the others. */
const ALTERNATIVES: readonly (keyof Layer)[] = ['profile', 'preferred_profile'];

/** Each value from the first layer that has it. */
export function policyOf(...layers: readonly Layer[]): Policy {
  const found = KEYS.flatMap((key) => {
    const group = ALTERNATIVES.includes(key) ? ALTERNATIVES : [key];
    const decides = (layer: Layer): boolean => group.some((one) => layer[one] !== undefined);
    const value = [...layers, builtIn].find(decides)?.[key];
    return value === undefined ? [] : [[key, value] as const];
  });
  return settled(Object.fromEntries(found), '/') as Policy;
}

const rolloverKeys = new Set(Object.keys(ROLLOVER).map(camel));

/** The part of it that the planner goes by. */
export function rolloverPolicy(of: Policy): RolloverPolicy {
  const kept = Object.entries(of).filter(([key]) => rolloverKeys.has(key));
  return Object.fromEntries(kept) as unknown as RolloverPolicy;
}
