// DNSSEC, server by server: the answers and denials of each, checked against the keys that the
// validating resolver confirms.
import type { Instant } from '../../base/clock.ts';
import { formatInstant } from '../../base/clock.ts';
import { defined } from '../../base/defined.ts';
import { AppError } from '../../base/errors.ts';
import type { DenialVerdict } from '../../dns/denial.ts';
import { judgeDenial, judgeExpansion } from '../../dns/denial.ts';
import { MAX_ITERATIONS } from '../../dns/nsec3-denial.ts';
import type { ZoneKeys } from '../../dns/dnskey.ts';
import { hostOf } from '../../dns/name.ts';
import type { Fqdn } from '../../dns/name.ts';
import { RCODE } from '../../dns/record-type.ts';
import type { SetVerdict, SignatureFault } from '../../dns/signature.ts';
import { verifySet } from '../../dns/signature.ts';
import { signedSetIn } from '../../dns/signed-set.ts';
import type { SignedSet } from '../../dns/signed-set.ts';
import type { Message } from '../../dns/wire-reader.ts';
import type { RuleName } from './catalogue.ts';
import type { Finding } from './finding.ts';
import { finding } from './finding.ts';
import type { Severity } from './severity.ts';
import { replyTo } from '../judge/server-answers.ts';
import type { Question, ServerLook, ZoneLook } from '../gather/zone.ts';
import { isVouchedFor, keySetAt, keysOf } from '../judge/zone-keys.ts';
import { aliasPath, isSignedBy, stepName } from './aliased.ts';
import type { AliasStep } from './aliased.ts';
import type { OfServer } from './together.ts';
import { together } from './together.ts';

/**
 * A signer that renews in time always leaves more than this share of a signature's lifetime, and
 * more than the TTL.
 */
const LAST_SHARE = 1 / 10;

interface Said {
  readonly rule: RuleName;
  readonly because: string;
  readonly severity?: Severity;
  /** The subject; several with the same reason are reported together. */
  readonly what: string;
}

const RULE: Readonly<Record<SignatureFault | 'unsigned', RuleName>> = {
  unsigned: 'unsigned-answer',
  expired: 'signature-ended',
  'not-yet-valid': 'signature-ended',
  'wrong-signature': 'signature-wrong',
  'no-such-key': 'signature-wrong',
  'wrong-signer': 'signature-wrong',
  malformed: 'signature-wrong',
  'too-much-work': 'signature-wrong',
  'unsupported-algorithm': 'signature-unknown',
};

const nameOf = ({ name, type }: Question): string => `${type} of ${hostOf(name)}`;

function ofSet(verdict: SetVerdict, what: string, now: Instant): readonly Said[] {
  if (verdict.status !== 'valid') {
    return [{ rule: RULE[verdict.status], because: verdict.detail, what }];
  }
  const { from, until, ttl } = verdict;
  const soon = until - now < Math.max((until - from) * LAST_SHARE, ttl);
  return soon
    ? [
        {
          rule: 'signature-ends',
          because: `its signature expires at ${formatInstant(until)}`,
          what,
        },
      ]
    : [];
}

const isFault = (status: string): status is keyof typeof RULE => Object.hasOwn(RULE, status);

const PROVEN: ReadonlySet<string> = new Set(['nxdomain', 'nodata', 'expansion', 'opt-out']);

function ofDenial(verdict: DenialVerdict, { purpose }: Question, what: string): readonly Said[] {
  const { status, detail } = verdict;
  if (PROVEN.has(status)) return [];
  if (status === 'no-proof') return [{ rule: 'unsigned-answer', because: detail, what }];
  if (isFault(status)) return [{ rule: RULE[status], because: detail, what }];
  // Other types and names are not asked for. What DANE clients ask for must be correct.
  const severity =
    purpose === 'tlsa' || purpose === 'above' || purpose === 'address' ? 'critical' : 'warning';
  return [{ rule: 'wrong-denial', because: detail, what, severity }];
}

/** A well-formed message may contain malformed data. */
function judgedIfReadable(...given: Parameters<typeof judged>): readonly Said[] {
  try {
    return judged(...given);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return [{ rule: 'signature-wrong', because: error.message, what: nameOf(given[0]) }];
  }
}

function judged(
  question: Question,
  message: Message,
  keys: ZoneKeys,
  now: Instant,
): readonly Said[] {
  const { name, type } = question;
  const direct = signedSetIn(message.answers, name, type);
  if (direct !== undefined) return ofRRset(direct, question, message, keys, now);
  const { steps, end } = aliasPath(message, name, keys, now);
  const said = steps.flatMap((step) => ofStep(step, question, now));
  if (end === undefined || message.rcode === RCODE.YXDOMAIN) return said;
  const at = { ...question, name: end };
  if (steps.length === 0) return ofAbsence(at, message, keys, now);
  const led = signedSetIn(message.answers, end, type);
  if (led !== undefined) {
    return isSignedBy(led, keys) ? [...said, ...ofRRset(led, at, message, keys, now)] : said;
  }
  // After aliases, a denial is about this zone only if the server says so with the SOA record.
  const speaks = signedSetIn(message.authorities, keys.zone, 'SOA') !== undefined;
  return speaks ? [...said, ...ofAbsence(at, message, keys, now)] : said;
}

function ofRRset(
  set: SignedSet,
  question: Question,
  { authorities }: Message,
  keys: ZoneKeys,
  now: Instant,
): readonly Said[] {
  const what = nameOf(question);
  const verdict = verifySet(set, keys, now);
  const own = ofSet(verdict, what, now);
  if (verdict.status !== 'valid' || verdict.wildcard === undefined) return own;
  const { name } = question;
  const expansion = judgeExpansion(authorities, { name, wildcard: verdict.wildcard }, keys, now);
  return [...own, ...ofDenial(expansion, question, what)];
}

function ofStep(step: AliasStep, question: Question, now: Instant): readonly Said[] {
  const what = stepName(step);
  const { verdict, expansion, unlike } = step;
  return [
    ...ofSet(verdict, what, now),
    ...(expansion === undefined ? [] : ofDenial(expansion, question, what)),
    ...(unlike === undefined ? [] : [{ rule: 'signature-wrong' as const, because: unlike, what }]),
  ];
}

function ofAbsence(
  question: Question,
  { authorities, rcode }: Message,
  keys: ZoneKeys,
  now: Instant,
): readonly Said[] {
  const { name, type } = question;
  const claim = rcode === RCODE.NXDOMAIN ? 'nxdomain' : 'nodata';
  const verdict = judgeDenial(authorities, { name, type, claim }, keys, now);
  return ofDenial(verdict, question, nameOf(question));
}

/** Records below a name prove that it exists, even if it has no records itself (RFC 8020 §2). */
function hiddenBelow(server: ServerLook): readonly Said[] {
  const messageFor = (purpose: Question['purpose']) =>
    server.replies.flatMap(({ question, reply }) =>
      question.purpose === purpose && reply.status === 'answered'
        ? [{ question, message: reply.message }]
        : [],
    )[0];
  const above = messageFor('above');
  const records = messageFor('tlsa');
  if (above?.message.rcode !== RCODE.NXDOMAIN || records === undefined) return [];
  if (signedSetIn(records.message.answers, records.question.name, 'TLSA') === undefined) return [];
  const because =
    `it says that ${hostOf(above.question.name)} does not exist, but has TLSA records ` +
    'below it';
  return [{ rule: 'wrong-denial', because, what: '', severity: 'critical' }];
}

/** YXDOMAIN comes with a DNAME that leads to a name that is too long (RFC 6672 §2.2). */
const ANSWERS: readonly number[] = [RCODE.NOERROR, RCODE.NXDOMAIN, RCODE.YXDOMAIN];

const isAnswer = ({ rcode, authoritative }: Message): boolean =>
  authoritative && ANSWERS.includes(rcode);

function ofServer(server: ServerLook, keys: ZoneKeys, now: Instant): readonly Said[] {
  const said = server.replies.flatMap(({ question, reply }) =>
    reply.status === 'answered' && question.purpose !== 'soa-tcp' && isAnswer(reply.message)
      ? judgedIfReadable(question, reply.message, keys, now)
      : [],
  );
  return [...said, ...hiddenBelow(server)];
}

/** One sentence for all subjects with the same reason. */
function joined(said: readonly Said[]): readonly Said[] {
  const groups = new Map<string, Said & { readonly whats: Set<string> }>();
  for (const one of said) {
    const key = [one.rule, one.severity, one.because].join('\n');
    const group = groups.get(key) ?? { ...one, whats: new Set() };
    if (one.what !== '') group.whats.add(one.what);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ whats, because, ...rest }) => ({
    ...rest,
    because: whats.size === 0 ? because : `${[...whats].join(', ')}: ${because}`,
  }));
}

function iterationsIn(...given: Parameters<typeof judgeDenial>): readonly number[] {
  try {
    const { iterations: count } = judgeDenial(...given).facts;
    return count === undefined ? [] : [count];
  } catch (error) {
    if (error instanceof AppError) return [];
    throw error;
  }
}

/** RFC 9276 §3.1: any iteration is useless work; §3.2: validators stop at some number. */
function iterations(look: ZoneLook, keys: ZoneKeys, now: Instant): readonly Finding[] {
  const counts = look.servers.flatMap(({ replies }) =>
    replies.flatMap(({ question, reply }) => {
      if (question.purpose !== 'random' || reply.status !== 'answered') return [];
      const { authorities, rcode } = reply.message;
      const claim = rcode === RCODE.NXDOMAIN ? 'nxdomain' : 'nodata';
      return iterationsIn(authorities, { ...question, claim }, keys, now);
    }),
  );
  const most = Math.max(0, ...counts);
  if (most === 0) return [];
  // Above fifty iterations resolvers treat the zone as unsigned, above some hundreds they fail (RFC
  // 9276 appendix A).
  const severity = most > 500 ? 'critical' : most > MAX_ITERATIONS ? 'warning' : 'ok';
  return [
    finding(
      'nsec3-iterations',
      hostOf(look.cut.zone),
      `its NSEC3 records have ${most} additional iterations`,
      severity,
    ),
  ];
}

/**
 * DS records name keys that must exist; if validators can use none of them, the zone is unsigned
 * (RFC 4035 §5.2).
 */
function unfounded(look: ZoneLook, now: Instant): readonly OfServer[] {
  if (!isVouchedFor(look)) return [];
  const rule = 'ds-without-dnskey' as const;
  return look.servers.flatMap((server) => {
    const reply = replyTo(server, 'dnskey');
    if (reply?.status !== 'answered' || !isAnswer(reply.message)) return [];
    if (signedSetIn(reply.message.answers, look.cut.zone, 'DNSKEY') === undefined) {
      return [
        {
          server,
          rule,
          because:
            `the parent has DS records for ${hostOf(look.cut.zone)}, but the zone has no DNSKEY ` +
            'record',
        },
      ];
    }
    const verdict = keySetAt(server, look, now);
    return verdict?.status === 'no-key-of-ds' ? [{ server, rule, because: verdict.detail }] : [];
  });
}

/** Signed, but its keys are not known: the answers of the servers are not checked. */
function unjudged({ cut, keys }: ZoneLook): readonly Finding[] {
  if (cut.security !== 'secure') return [];
  const { lookup } = keys;
  const why = 'detail' in lookup ? lookup.detail : 'they are not signed';
  const because = `the resolver confirms the zone, but not its keys: ${why}`;
  return [finding('signatures-unjudged', hostOf(cut.zone), because)];
}

/** `now`: signatures are checked as of now, also if certificates are judged as of a later time. */
export function signatureFindings(looks: readonly ZoneLook[], now: Instant): readonly Finding[] {
  // Only the sweep of the zone itself has the keys of its servers.
  const known = new Map<Fqdn, ZoneKeys>();
  for (const look of looks) {
    const keys = known.get(look.cut.zone) ?? keysOf(look, now);
    if (keys !== undefined) known.set(look.cut.zone, keys);
  }
  return looks.flatMap((look) => {
    const keys = known.get(look.cut.zone);
    if (keys === undefined) return [...together(look, unfounded(look, now)), ...unjudged(look)];
    const found = look.servers.flatMap((server) =>
      joined(ofServer(server, keys, now)).map(({ rule, because, severity }) => ({
        server,
        rule,
        because,
        ...defined({ severity }),
      })),
    );
    return [...together(look, [...unfounded(look, now), ...found]), ...iterations(look, keys, now)];
  });
}
