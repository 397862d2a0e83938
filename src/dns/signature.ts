// Whether an RRset is signed by the keys of its zone (RFC 4035 §5.3). One good signature is enough;
// errors of the others are still reported. The work is bounded: a message can be made to cost
// validators hours (CVE-2023-50387).
import { formatInstant, type Instant, type Seconds } from '../base/clock.ts';
import { defined } from '../base/defined.ts';
import {
  algorithmText,
  isSupportedAlgorithm,
  keyObjectOf,
  signatureFits,
} from './dnssec-algorithm.ts';
import { isWithin, type Fqdn } from './name.ts';
import { rrsigOf, rrsigParts, type Rrsig } from './rdata.ts';
import { typeName } from './record-type.ts';
import { instantOfSerial } from './serial.ts';
import { signedData, signedName, type SignedSet } from './signed-set.ts';
import type { Dnskey, ZoneKeys } from './dnskey.ts';
import type { RdataHex } from './rrset.ts';

/**
 * From the most informative failure to the least, for several signatures that fail in different
 * ways.
 */
const FAULTS = [
  'too-much-work',
  'expired',
  'not-yet-valid',
  'wrong-signature',
  'no-such-key',
  'wrong-signer',
  'unsupported-algorithm',
  'malformed',
] as const;

export type SignatureFault = (typeof FAULTS)[number];

export interface SignatureVerdict {
  readonly status: 'valid' | SignatureFault;
  readonly detail: string;
  readonly algorithm: number;
  readonly keyTag: number;
  readonly from: Instant;
  readonly until: Instant;
  readonly originalTtl: Seconds;
  /** The wildcard that the set was made from, according to the labels field. */
  readonly wildcard?: Fqdn;
}

export interface ValidSet {
  readonly status: 'valid';
  readonly detail: string;
  /** Of the good signature that is valid longest. */
  readonly from: Instant;
  readonly until: Instant;
  readonly algorithm: number;
  readonly keyTag: number;
  /** How long a validator may keep the set (RFC 4035 §5.3.3). */
  readonly ttl: Seconds;
  readonly originalTtl: Seconds;
  /** The server sends a longer TTL than was signed. */
  readonly ttlAboveOriginal: boolean;
  /**
   * If set, nothing may be concluded without the proof that no closer name exists
   * (`judgeExpansion`).
   */
  readonly wildcard?: Fqdn;
  readonly signatures: readonly SignatureVerdict[];
}

export interface FaultySet {
  readonly status: 'unsigned' | SignatureFault;
  readonly detail: string;
  readonly signatures: readonly SignatureVerdict[];
}

export type SetVerdict = ValidSet | FaultySet;

// Honest zones have one signature for each of a few algorithms, two during a key rollover, and no
// two keys with the same tag.
const MAX_SIGNATURES = 8;
const MAX_KEYS_OF_ONE_TAG = 4;

/**
 * Judges all signatures over the set (RFC 4035 §5.3, RFC 4034 §3.1.8.1; times by RFC 4034 §3.1.5).
 */
export function verifySet(set: SignedSet, by: ZoneKeys, now: Instant): SetVerdict {
  if (set.signatures.length === 0) {
    const detail = `${set.owner} ${typeName(set.type)} came without a signature`;
    return { status: 'unsigned', detail, signatures: [] };
  }
  const signatures = set.signatures.map((rdata, index) => {
    const judged = new Judgement(set, rdata, now);
    return index < MAX_SIGNATURES
      ? judged.by(by)
      : judged.says('too-much-work', `is one of ${set.signatures.length} and was not judged`);
  });
  const good = signatures.filter(({ status }) => status === 'valid');
  const [first, ...more] = good;
  if (first !== undefined) {
    const best = more.reduce((a, b) => (b.until > a.until ? b : a), first);
    return { ...validSet(set, best, now), signatures };
  }
  const telling = [...signatures].sort((a, b) => rank(a) - rank(b))[0];
  if (telling === undefined || telling.status === 'valid') throw new RangeError('nothing judged');
  return { status: telling.status, detail: telling.detail, signatures };
}

const rank = ({ status }: SignatureVerdict): number =>
  (FAULTS as readonly string[]).indexOf(status);

function validSet(
  set: SignedSet,
  { detail, from, until, algorithm, keyTag, originalTtl, wildcard }: SignatureVerdict,
  now: Instant,
): Omit<ValidSet, 'signatures'> {
  return {
    status: 'valid',
    detail,
    from,
    until,
    algorithm,
    keyTag,
    ttl: Math.max(0, Math.min(set.ttl, originalTtl, until - Math.floor(now))),
    originalTtl,
    ttlAboveOriginal: set.ttl > originalTtl,
    ...defined({ wildcard }),
  };
}

/** One signature over one set. */
class Judgement {
  readonly #set: SignedSet;
  readonly #rdata: RdataHex;
  readonly #rrsig: Rrsig;
  readonly #name: Fqdn | undefined;
  readonly #now: Instant;

  constructor(set: SignedSet, rdata: RdataHex, now: Instant) {
    this.#set = set;
    this.#rdata = rdata;
    this.#rrsig = rrsigOf(rdata);
    this.#name = signedName(set.owner, this.#rrsig.labels);
    this.#now = Math.floor(now);
  }

  by({ zone, keys }: ZoneKeys): SignatureVerdict {
    const { signer, algorithm, keyTag, expiration, inception, labels } = this.#rrsig;
    if (signer !== zone || !isWithin(this.#set.owner, zone)) {
      return this.says(
        'wrong-signer',
        `names ${signer} as its signer, but only ${zone} may sign here`,
      );
    }
    if (this.#name === undefined || !isWithin(this.#name, zone)) {
      return this.says('malformed', `counts ${labels} labels, which this name cannot have`);
    }
    const until = instantOfSerial(expiration, this.#now);
    const from = instantOfSerial(inception, this.#now);
    if (until < from) return this.says('malformed', 'expires before it begins');
    if (until < this.#now) return this.says('expired', `expired at ${formatInstant(until)}`);
    if (from > this.#now) return this.says('not-yet-valid', `begins at ${formatInstant(from)}`);
    if (!isSupportedAlgorithm(algorithm)) {
      return this.says('unsupported-algorithm', 'is of an algorithm that is not judged here');
    }
    const named = keys.filter((key) => key.keyTag === keyTag && key.algorithm === algorithm);
    const allowed = named.filter((key) => key.isZoneKey && !key.isRevoked);
    if (allowed.length === 0) return this.says('no-such-key', whyNoKey(named, zone));
    return this.#fits(this.#name, allowed);
  }

  #fits(name: Fqdn, keys: readonly Dnskey[]): SignatureVerdict {
    const { algorithm, originalTtl } = this.#rrsig;
    const { covered, signature } = rrsigParts(this.#rdata);
    const data = signedData(this.#set, name, originalTtl, covered);
    const tried = keys.slice(0, MAX_KEYS_OF_ONE_TAG).map(keyObjectOf);
    const readable = tried.filter((key) => key !== undefined);
    if (readable.some((key) => signatureFits(algorithm, key, data, signature))) {
      return this.says('valid', `is valid until ${formatInstant(this.#times().until)}`);
    }
    if (keys.length > tried.length) {
      return this.says(
        'too-much-work',
        `matches none of ${tried.length} of ${keys.length} such keys`,
      );
    }
    return readable.length === 0
      ? this.says('no-such-key', 'is by a key that cannot be read')
      : this.says('wrong-signature', 'does not match: records, signature or key were changed');
  }

  #times(): { readonly from: Instant; readonly until: Instant } {
    const { inception, expiration } = this.#rrsig;
    const instant = (serial: number): Instant => instantOfSerial(serial, this.#now);
    return { from: instant(inception), until: instant(expiration) };
  }

  says(status: SignatureVerdict['status'], reason: string): SignatureVerdict {
    const { algorithm, keyTag, originalTtl } = this.#rrsig;
    const what = `${this.#set.owner} ${typeName(this.#set.type)}`;
    const key = `key ${keyTag}, ${algorithmText(algorithm)}`;
    return {
      status,
      detail: `the signature over ${what} (${key}) ${reason}`,
      algorithm,
      keyTag,
      ...this.#times(),
      originalTtl,
      ...(this.#name === undefined || this.#name === this.#set.owner
        ? {}
        : { wildcard: this.#name }),
    };
  }
}

function whyNoKey(named: readonly Dnskey[], zone: Fqdn): string {
  if (named.some((key) => key.isRevoked)) return `is by a key that ${zone} has revoked`;
  if (named.length > 0) return `is by a key of ${zone} that may not sign records`;
  return `is by a key that is not among the DNSKEY records of ${zone}`;
}
