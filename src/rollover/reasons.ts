// Every reason for which a step waits or is refused: its source, its meaning, and what an operator
// can do. docs/reasons.md and `holger explain` are made from this table.
import type { Instant } from '../base/clock.ts';

interface ReasonEntry {
  /** RFC section, rule of docs/laws.md, or option. */
  readonly section: string;
  readonly means: string;
  readonly todo: string;
}

const law = (rule: number): string => `docs/laws.md, rule ${rule}`;
const NOTHING = 'nothing; holger continues by itself';

export const REASONS = {
  'addresses-stay': {
    section: law(26),
    means:
      'After the first TLSA record was written, a host of the certificate has no address ' +
      'any more: its address came from a wildcard that the new name hides.',
    todo: 'add the address records of the host explicitly',
  },
  'all-go-back': {
    section: 'option rollback_after',
    means:
      'A deployment failed at a target for longer than rollback_after, so all targets ' +
      'return to the previous generation.',
    todo: 'fix what the failing target reports; holger rollback or holger deploy decides earlier',
  },
  'anchors-are-known': {
    section: 'option trust_anchor_file',
    means:
      'The file with the CA certificates of another issuer cannot be used, so it is not known ' +
      'which records of CAs are superseded. All of them stay; nothing else waits.',
    todo: 'make the file readable, or remove trust_anchor_file from the table of the issuer',
  },
  'base-domain': {
    section: 'RFC 7671 §7',
    means:
      'The host is an alias, and clients look for TLSA records at its target first. What is there matches no chain of holger.',
    todo: 'name the target of the alias as a service of the certificate, or change the records there',
  },
  'caa-permits': {
    section: 'RFC 8659 §3',
    means:
      'The CAA records of a name do not let the issuer issue for this account. The CA would refuse the order.',
    todo: 'publish what holger caa NAME prints, or use another issuer',
  },
  'ca-limit': {
    section: 'RFC 8555 §6.6',
    means:
      'A limit of the CA is used up: one that it publishes and holger counts, or one that it has named in an answer. No order that it would refuse is sent.',
    todo: 'nothing; holger orders when the limit allows it. If the CA gave a URL, open it',
  },
  'cached-nowhere': {
    section: 'RFC 7671 §8.1',
    means:
      'A cache may still hold an RRset version that the staged chain does not satisfy. Its clients would refuse the service.',
    todo: NOTHING,
  },
  'chain-is-not-empty': {
    section: law(25),
    means: 'The CA delivered no certificate, so nothing can be deployed.',
    todo: 'order again: holger run NAME --force',
  },
  'challenge-is-served': {
    section: 'RFC 8555 §8.4',
    means:
      'The TXT record of the challenge is not served by every name server yet, or a cache may hold its absence. The CA would not find it.',
    todo:
      'if it lasts: check the transfers between the name servers; holger forget SERVER for ' +
      'one that is gone',
  },
  'challenge-is-valid': {
    section: 'RFC 8555 §8.2',
    means: 'The CA has not validated the challenge yet, and will be asked again.',
    todo: 'read the error of the CA, if there is one',
  },
  'challenge-is-withdrawn': {
    section: 'RFC 8555 §8.4',
    means:
      'A TXT record of a challenge is still in DNS. It is removed before a certificate is ' +
      'deleted.',
    todo: NOTHING,
  },
  'clients-are-refused': {
    section: 'RFC 7671 §8',
    means:
      'A service presents a certificate that the published or cached TLSA records do not match. DANE clients refuse it now.',
    todo: 'let the service present the certificate of live/, or holger emergency NAME if its key is lost',
  },
  'endpoint-is-known': {
    section: law(16),
    means:
      'An endpoint was never seen, so its certificate is not known and nothing is deployed to it.',
    todo: 'start the service, or set running = false for it',
  },
  'every-server-signs': {
    section: 'RFC 4035 §3.1',
    means:
      'A name server serves the zone without valid signatures. Validating resolvers reject it.',
    todo: 'sign the zone at every name server',
  },
  'files-are-not-in-use': {
    section: law(15),
    means: 'A service still presents the certificate whose files are to be archived.',
    todo: 'let the service load another certificate, or stop it',
  },
  'first-at-alias': {
    section: law(18),
    means:
      'The owner is an alias and its target has no records yet. Other services may use it, ' +
      'and a first record would apply to them too.',
    todo: 'confirm that the list of services is complete, or publish a first record by hand',
  },
  'foreign-records-stay': {
    section: law(20),
    means:
      'The RRset has records that holger did not write. holger publishes the records of ' +
      'its chains beside them.',
    todo: 'remove those records when no service needs them',
  },
  'last-match-stays': {
    section: law(22),
    means: 'The step would remove the last record that a live chain matches.',
    todo: NOTHING,
  },
  'live-chains-satisfy-it': {
    section: 'RFC 7671 §8.4',
    means:
      'A chain that an endpoint presents would not satisfy the new RRset. Its clients ' +
      'would refuse it.',
    todo: 'let every endpoint present the live chain, with its CA certificates if usage 2 is configured',
  },
  'names-cover-services': {
    section: law(25),
    means: 'The chain lacks the name of a service.',
    todo: 'add the name to domains of the certificate',
  },
  'next-request': {
    section: 'option csr',
    means:
      'The file with your certificate request has another key than the newest generation. It is used at the next renewal, and then rolled over like every key.',
    todo: 'nothing; or holger run NAME --force to use it now',
  },
  'not-expired': {
    section: law(25),
    means: 'The staged chain is expired, or expires before it could be deployed.',
    todo: 'order again: holger run NAME --force',
  },
  'not-recalled': {
    section: 'RFC 9773 §4.2',
    means:
      'The CA asks for an early renewal of the staged certificate: it may be revoked. Another one is ordered with the same key, and deployed instead of it.',
    todo: 'nothing; holger orders as soon as it may. holger run NAME --force orders now',
  },
  'not-revoked': {
    section: law(29),
    means:
      'The chain is revoked, or the CA announces that. It is never deployed, and a live one ' +
      'is placed at no further target.',
    todo: 'order again: holger run NAME --force',
  },
  'old-records-stay': {
    section: law(24),
    means:
      'Old records stay for the time of rollback after the proof, for a server that ' +
      'returns to an old copy.',
    todo: NOTHING,
  },
  'one-at-a-time': {
    section: law(28),
    means: 'A generation is deployed and not proven yet. No other one is ordered until it is.',
    todo: 'wait for the proof, or fix what keeps the service from presenting it',
  },
  'only-the-new-chain': {
    section: 'RFC 7671 §8.1',
    means: 'After the deployment an endpoint still presents another certificate.',
    todo: 'reload the service, and check that it loads the files of the target',
  },
  'order-floor': {
    section: law(28),
    means: 'A certificate for the same names was issued shortly before.',
    todo: 'check renew, the lifetime and the clock; holger run NAME --force orders now',
  },
  'order-is-valid': {
    section: 'RFC 8555 §7.1.6',
    means: 'The CA is still processing the order.',
    todo: NOTHING,
  },
  'own-files': {
    section: 'option issuer',
    means:
      'Another program renews the certificate, and a service reads the files of that program. It presents a renewal before DNS has the record of its key.',
    todo: 'let the service load the files of a deploy target; remove its reload from the hooks of the other program',
  },
  'pair-is-usable': {
    section: law(25),
    means:
      'Another program renews the certificate, and its key and certificate cannot be taken: they are missing, do not fit, or are not what the configuration says.',
    todo: 'do what the message says; the next run looks again',
  },
  'providers-answer': {
    section: 'RFC 8901 §2',
    means: 'A zone has several providers, and it is not known which records one of them has.',
    todo: 'check why the provider does not answer: holger providers test',
  },
  'renew-fits-lifetime': {
    section: 'option renew',
    means: 'The value of renew is longer than half of the lifetime and counts as half of it.',
    todo: 'set a shorter renew, or a share of the lifetime',
  },
  'renewed-elsewhere': {
    section: 'option issuer',
    means:
      'Another program renews the certificate, and has not done so although little of the lifetime is left, or the certificate cannot be used any longer.',
    todo: 'check the timer and the log of the other program',
  },
  'request-is-usable': {
    section: 'option csr',
    means:
      'The certificate is ordered with a request of yours, and no order can be placed with it: it is missing, its names are not those of the certificate, or its key is compromised.',
    todo: 'do what the message says; the next run reads the file again',
  },
  'seen-at-every-endpoint': {
    section: 'RFC 7671 §8.1',
    means: 'An endpoint was not seen with the new chain yet, so the deployment is not proven.',
    todo: 'start the service if it is down; holger forget ENDPOINT for one that is gone',
  },
  'servers-answer': {
    section: law(1),
    means: 'No authoritative server that is up to date answers, so the present RRset is not known.',
    todo: 'check that the name servers run and that this machine reaches them on port 53 (UDP and TCP)',
  },
  'service-works': {
    section: law(27),
    means: 'A service worked before the deployment and fails since then.',
    todo:
      'read the log of the service; holger rollback NAME deploys the previous generation ' +
      'again',
  },
  'sent-everywhere': {
    section: 'option quorum',
    means:
      'A target on another machine does not have the next generation yet. It is deployed when ' +
      'every target has it and has checked it, when as many have it as quorum says, or when the ' +
      'live certificate has less than a sixth of its lifetime left.',
    todo: 'repair what the message names on that machine; holger status NAME shows the targets',
  },
  'signatures-last': {
    section: 'RFC 4035 §5.3.1',
    means: 'The signatures of the zone expire before the wait ends, and the records with them.',
    todo: 'check that the zone is signed again in time',
  },
  'strangers-may-need-it': {
    section: law(18),
    means:
      'The owner has records that holger did not write. They match no known service, or they name a CA and the owner is a CNAME. Services that holger does not know may need them.',
    todo: 'add those services to the certificate, or remove the records',
  },
  'targets-hold-it': {
    section: law(27),
    means: 'The files at a target are not those of the live generation.',
    todo: 'find out which program writes there; holger deploy NAME places them again at once',
  },
  'every-combination': {
    section: 'RFC 7671 §8.4',
    means:
      'Clients use a combination of usage, selector and matching type for which the staged chain has no record.',
    todo: 'remove the records that are named, or supply the combination',
  },
  'valid-already': {
    section: law(25),
    means: 'The staged chain is not valid yet.',
    todo: 'check the clock of this machine',
  },
  'wildcard-goes-on': {
    section: 'RFC 4592 §2.2.2',
    means:
      'A first record at this name would hide a wildcard that answers there now. Hosts ' +
      'would lose their addresses or other records.',
    todo:
      'write the records of the wildcard explicitly at the name; for a challenge, ' +
      'hides_wildcard = true accepts the outage',
  },
  'write-is-seen': {
    section: 'RFC 7671 §8.1',
    means: 'A write is in progress: not every name server serves it yet.',
    todo: 'if it lasts: check the transfers between the name servers, or the provider',
  },
  'zone-is-secure': {
    section: 'RFC 6698 §4.1',
    means: 'The zone is not signed, or its chain of trust is broken. TLSA records need DNSSEC.',
    todo: 'sign the zone and publish its DS record, or set dane = false',
  },
} as const satisfies Record<string, ReasonEntry>;

export type ReasonName = keyof typeof REASONS;

/** One refusal or one wait: its subject, and when that may change. */
export interface Reason {
  readonly rule: ReasonName;
  readonly because: string;
  /** What a person can do about it, if that is not obvious. */
  readonly hint?: string;
  /** The records concerned, one each, to be copied. */
  readonly lines?: readonly string[];
  /** Earliest time at which it may change; absent if it depends on something other than time. */
  readonly until?: Instant;
  /** It is a failure, and not part of the plan: what can end it. */
  readonly needs?: 'time' | 'person';
}
