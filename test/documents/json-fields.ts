// What the fields of JSON output mean. The types of the program are the keys: a new field does not
// compile before it has a description here.
import type { LeftBehind } from '../../src/app/known/left-behind.ts';
import type * as renewal from '../../src/app/status/renewal.ts';
import type * as status from '../../src/app/status/certificate-status.ts';
import type { CaaAlias, CaaDomain, CaaRecord, CaaReport } from '../../src/app/use-cases/caa.ts';
import type { CertificateOutcome, RunSummary } from '../../src/app/use-cases/commands.ts';
import type { TlsaRecord } from '../../src/dane/tlsa.ts';
import type { Event, TargetAhead } from '../../src/engine/events.ts';
import type { Stage } from '../../src/rollover/forecast/forecast.ts';
import type { Reason } from '../../src/rollover/reasons.ts';

type KeyOf<T> = T extends unknown ? keyof T & string : never;
export type Fields<Key extends string = string> = Readonly<Record<Key, string>>;

type Common = 'event' | 'at' | 'certificate' | 'tryOut';

export const COMMON: Fields<Common> = {
  event: 'what happened; the events are listed below',
  at: 'when',
  certificate: 'the name of the certificate; empty where an event belongs to several',
  tryOut: '`true`: at the test environment of the CA; absent for a certificate that is used',
};

type Of<Name, Each = Event> = Each extends { readonly event: infer Names }
  ? Name extends Names
    ? Each
    : never
  : never;

interface EventFields<Name extends Event['event']> {
  readonly about: string;
  readonly fields: Fields<Exclude<KeyOf<Of<Name>>, Common>>;
}

const generation = 'the number of the generation';
const reasons = 'why: a list of reasons';
const hint = 'what to do; may be absent';
const change = {
  owner: 'the name of the record set',
  ttl: 'its TTL in seconds',
  add: 'records that are added, as in a zone file',
  remove: 'records that are removed, as in a zone file',
};

export const EVENTS: { readonly [Name in Event['event']]: EventFields<Name> } = {
  rebuilt: {
    about: 'The state documents were missing or damaged, and were made again from the files.',
    fields: { generations: 'how many generations were found' },
  },
  operator: {
    about: 'An operation was asked for.',
    fields: { what: 'the operation: `rollback`, `off`, `adopt`, …', detail: 'one sentence' },
  },
  'key-created': {
    about: 'A key was made, or is that of a certificate request of the operator.',
    fields: {
      generation,
      keyType: '`ec-p256`, `rsa-2048`, …',
      request: 'the file with that request (`csr`); absent where the key was made here',
    },
  },
  ordered: {
    about: 'An order was placed at the CA.',
    fields: {
      generation,
      orderUrl: 'the URL of the order',
      insteadOf:
        'the preferred issuer (`directory`), where orders fail (`since`); absent where it was asked',
    },
  },
  'challenge-published': {
    about: 'The TXT record of a challenge was written.',
    fields: { owner: 'the name of the record' },
  },
  'wildcard-silent': {
    about: 'A host that exists only through a wildcard has no addresses while the challenge lasts.',
    fields: { detail: 'one sentence' },
  },
  'challenge-answered': {
    about: 'The CA was asked to validate a challenge.',
    fields: { identifier: 'the domain name' },
  },
  issued: {
    about: 'The CA issued a certificate. It is kept aside.',
    fields: { generation, notAfter: 'the end of its validity' },
  },
  taken: {
    about:
      'Another program renewed the certificate, and its files were copied. They are kept aside.',
    fields: {
      generation,
      from: 'the file of the other program',
      notAfter: 'the end of its validity',
    },
  },
  published: { about: 'TLSA records were written.', fields: change },
  withdrawn: { about: 'TLSA records were withdrawn.', fields: change },
  'by-hand': {
    about: 'A person has to change a zone (provider `manual`).',
    fields: {
      ...change,
      zone: 'the zone',
      type: '`TLSA` or `TXT`',
      retime: 'records that stay and get the TTL',
      isWaitedFor: '`true`: holger goes on when the name servers have the change',
    },
  },
  'served-everywhere': {
    about: 'Every address of every name server has the records.',
    fields: { owner: 'the name of the record set', since: 'since when' },
  },
  sent: {
    about: 'A target on another machine has checked the files, and does not load them yet.',
    fields: { generation, target: 'the target' },
  },
  'not-sent': {
    about: 'A target on another machine did not take the files; the others got them.',
    fields: {
      generation,
      target: 'the target',
      code: 'the [error code](errors.md)',
      message: 'what failed',
      hint,
      exit: 'the exit status that follows',
    },
  },
  deploying: { about: 'A deployment begins.', fields: { generation } },
  deployed: { about: 'Every target took the files.', fields: { generation } },
  repaired: {
    about: 'A target that lacked the live generation has it again.',
    fields: { generation, target: 'the target', differences: 'what differed, one sentence each' },
  },
  'not-repaired': {
    about: 'A target lacks the live generation, and the attempt to repair it failed.',
    fields: {
      generation,
      target: 'the target',
      code: 'the [error code](errors.md)',
      message: 'what failed',
      hint,
      exit: 'the exit status that follows',
    },
  },
  broken: {
    about: 'A service that worked before the deployment fails after it.',
    fields: { generation, reasons },
  },
  'rolled-back': {
    about: 'All targets go back, because one has failed for `rollback_after`.',
    fields: {
      generation: 'the number under which the earlier generation comes back',
      from: 'the generation that is given up',
      to: 'the generation that comes back',
      because: 'one sentence',
    },
  },
  proven: {
    about: 'Every endpoint presents the generation.',
    fields: { generation, endpoints: 'how many endpoints were asked' },
  },
  'before-run': {
    about: 'The command `before` of `[run]` has ended; orders and deployments may begin.',
    fields: { command: 'the program' },
  },
  'after-run': {
    about: 'All orders and deployments have ended, and the command `after` of `[run]`, too.',
    fields: { command: 'the program' },
  },
  'after-failed': {
    about: 'The command `after` of `[run]` failed.',
    fields: {
      code: 'the [error code](errors.md)',
      message: 'what failed',
      hint,
      exit: 'the exit status that follows',
    },
  },
  'commands-planned': {
    about: 'A dry run: the commands of `[run]` that the next orders and deployments are between.',
    fields: {
      before: 'the program and its arguments; may be absent',
      after: 'the program and its arguments; may be absent',
    },
  },
  tried: {
    about: 'The test environment of the CA issued a certificate. Nothing of it is kept.',
    fields: { directory: 'the directory of the CA', notAfter: 'the end of its validity' },
  },
  planned: {
    about: 'A dry run: what would be done.',
    fields: {
      step: 'the next step in words',
      way: 'all steps as far as they can be foreseen: a list of stages',
      targets: 'where a deployment will write',
    },
  },
  waiting: {
    about: 'Nothing can be done before a time.',
    fields: {
      until: 'the time',
      known: '`false`: the end is not known; holger asks again at this time',
      reasons,
      then: 'the stage that comes after it; may be absent',
    },
  },
  blocked: {
    about: 'No step is allowed.',
    fields: { person: '`true`: a person has to change something', reasons },
  },
  done: { about: 'Nothing is due.', fields: { until: 'the next time at which something is due' } },
  deleted: {
    about: 'The certificate was deleted, and its records are withdrawn.',
    fields: { archive: 'the folder of its keys and chains; absent where it had none' },
  },
  renamed: {
    about: 'The certificate goes on under another name.',
    fields: {
      from: 'the name before',
      oldLive: 'the link that services may read, under its path before; may be absent',
      live: 'the same link under its path now; may be absent',
      replaced:
        'what a run had begun under the new name, and where that is put aside; may be absent',
    },
  },
  'left-behind': {
    about: 'Records, keys or state of a certificate that the configuration does not have.',
    fields: {
      owner: 'where its records are; absent where there are none',
      records: 'its records, as in a zone file',
      because: 'one sentence',
      hint: 'what to do',
    },
  },
  'managed-elsewhere': {
    about: 'Another ACME client manages the same certificate or files.',
    fields: { client: 'the client', because: 'one sentence', hint: 'what to do' },
  },
  failed: {
    about: 'An attempt failed.',
    fields: {
      code: 'the [error code](errors.md)',
      message: 'what failed',
      hint,
      exit: 'the exit status that follows',
    },
  },
};

export const REASON: Fields<KeyOf<Reason> | 'section'> = {
  rule: 'its name in [reasons.md](reasons.md) or [findings.md](findings.md)',
  section: 'where the rule is written',
  because: 'one sentence',
  hint,
  lines: 'records that it is about, to be copied; may be absent',
  until: 'the earliest time at which it may change; absent where that does not depend on time',
  needs: '`time` or `person`: it is a failure, and this is what ends it; may be absent',
};

export const STAGE: Fields<KeyOf<Stage>> = {
  stage:
    '`key`, `order`, `publish`, `withdraw`, `wait`, `send`, `deploy`, `reload`, `roll-back`, `prove`, `rest`, `forget`, `rename` or `open` (how it goes on depends on others)',
  at: 'when it begins',
  generation,
  sameKeyAs: 'of `key`: the generation whose key is used again; absent for a new key',
  ahead: 'of `key`: `true`, for the renewal after the next',
  request: 'of `key`: the file with the certificate request that has the key (`csr`)',
  directory: 'of `order`: the directory of the CA',
  domains: 'of `order`: the names',
  ...change,
  until: 'of `wait` and `rest`: the end',
  reasons,
  from: 'of `rename`: the name before',
  labels: 'of `send`: the targets',
  person: 'of `open`: `true`, a person has to do something',
};

export const TARGET_AHEAD: Fields<KeyOf<TargetAhead>> = {
  label: 'the target',
  writes: 'files that are written',
  runs: 'commands that are run, each a list of its program and arguments',
};

export const OUTCOME: Fields<KeyOf<CertificateOutcome>> = {
  certificate: 'the name of the certificate',
  state:
    '`done`, `deleted`, `renamed`, `planned`, `tried`, `waiting`, `blocked`, `failed`, `locked` or `interrupted`',
  exit: 'its exit status',
  until: 'when a further run may change something; may be absent',
  why: 'one sentence each',
};

export const SUMMARY: Fields<KeyOf<RunSummary>> = {
  exit: 'the exit status of the command',
  certificates: 'one outcome for each certificate',
};

export const STATUS: Fields<KeyOf<status.CertificateStatus>> = {
  certificate: 'the name of the certificate',
  phase:
    '`idle`, `publishing`, `waiting`, `ready to deploy`, `proving`, `blocked`, `needs a person`, …',
  names: 'the DNS names',
  ca: 'the CA of the next order',
  keyType: 'the type of the next key',
  tlsa: 'whether TLSA records are published',
  live: 'the generation that is deployed',
  staged: 'the generation that is kept aside',
  generation: 'the number of the live generation',
  notAfter: 'the end of the live certificate',
  renewal: 'when the live certificate is due, and why',
  waitingFor: 'what it waits for, in words',
  until: 'until when it waits',
  next: 'what comes next, in words',
  why: 'why it waits or is blocked, one sentence each',
  reasons: 'the same with their rules: a list of reasons',
  way: 'the next steps, as a dry run prints them; empty before the first run',
  hints: 'what a person can do, one sentence each',
  owners: 'the names of the TLSA records',
  pending: 'changes that a person has to make (provider `manual`)',
  services: 'the services',
  targets: 'the deployment targets',
  trouble: 'the last failure, while it lasts; may be absent',
};

export const GENERATION: Fields<KeyOf<status.GenerationStatus>> = {
  number: 'its number',
  keyType: '`ec-p256`, `rsa-2048`, …',
  notBefore: 'the start of its validity',
  notAfter: 'the end of its validity',
  issuer: 'the distinguished name of the issuer',
  directory: 'the directory of the CA; of what was adopted, where it will be renewed',
  staging: '`true`: of a test environment; no client trusts it',
  origin: '`ordered`, `taken` (from another program), `adopted` or `brought back`',
  revokedAt: 'when it was revoked',
  compromised: '`true`: another person may have its key',
  deployedAt: 'when every target had taken it',
  provenAt: 'when every endpoint presented it',
};

export const RENEWAL: Fields<KeyOf<renewal.RenewalStatus>> = {
  candidates: 'each time at which it would be due; the earliest comes first, and counts',
  wait: 'by how many seconds each is earlier: the wait of the last rollover for caches',
  spread: 'by how many seconds times that the CA does not name are earlier, too',
  window: 'over how many seconds certificates of one day are spread in this way',
};

export const CANDIDATE: Fields<KeyOf<renewal.RenewalCandidateStatus>> = {
  cause: '`ari`, `renew`, `lifetime`, `recalled` (by the CA), `rollback` or `rotate-key`',
  dueAt: 'when; `null`: at once',
  at: 'the same without `wait` and `spread`',
  because: 'one sentence',
};

export const OWNER: Fields<KeyOf<status.OwnerStatus>> = {
  owner: 'the name that clients ask for',
  target: 'the name of the record set, after CNAME records',
  zone: 'its zone',
  security: 'what DNSSEC says of the zone',
  seenAt: 'when the name servers were asked last',
  ttl: 'the TTL that they sent, in seconds',
  records: 'the records that are wanted or served',
  silent: 'name servers that did not answer',
};

export const RECORD: Fields<KeyOf<status.RecordStatus>> = {
  record: 'as in a zone file',
  wanted: '`true`: it belongs there',
  served: '`everywhere`, `somewhere` or `nowhere`',
  ours: '`true`: written by holger',
};

export const PENDING: Fields<KeyOf<status.PendingChange>> = {
  certificate: 'the name of the certificate',
  zone: 'the zone',
  type: '`TLSA` or `TXT`',
  ...change,
  since: 'since when it is asked for',
};

export const SERVICE: Fields<KeyOf<status.ServiceStatus>> = {
  url: 'the service',
  tlsaOwner: 'the name of its TLSA records',
  endpoints: 'how many addresses were seen',
  current: 'how many of them present the live chain',
  seen: 'one for each address',
  finding: 'what was seen last that is not as it should be; may be absent',
};

export const ENDPOINT: Fields<KeyOf<status.EndpointStatus>> = {
  address: 'the address',
  presents: '`generation 2`, `another certificate`, `no TLS`, …',
  seenAt: 'when it was seen last',
  failure: 'why it did not answer the last time',
};

export const TARGET: Fields<KeyOf<status.TargetStatus>> = {
  label: 'the target',
  writes: 'the files',
  holds:
    '`generation 2`, `another certificate`, `nothing`, …; of another machine, at the last look',
};

export const TLSA: Fields<KeyOf<status.TlsaStatus>> = {
  state: '`on`, `off`, or `none` (no services, or `dane = false`)',
  since: 'since when; may be absent',
};

export const FAILURE: Fields<KeyOf<status.FailureStatus> | 'exit'> = {
  code: 'the [error code](errors.md)',
  message: 'what failed',
  hint,
  at: 'when; may be absent',
  attempts: 'how many attempts in a row failed; may be absent',
  notBefore: 'no attempt before; may be absent',
  exit: 'the exit status that followed; may be absent',
};

export const LEFT_BEHIND: Fields<KeyOf<LeftBehind>> = {
  name: 'what `holger delete` takes',
  owner: 'where records of it are; absent where there are none',
  records: 'these records, as in a zone file',
  because: 'one sentence',
  hint: 'what to do',
};

export const HISTORY_DOCUMENT: Fields = {
  certificate: 'its name',
  events:
    'the events of `run` and the operations, oldest first; a result that was the same as before is there once',
};

export const STATUS_DOCUMENT: Fields = {
  certificates: 'one for each certificate',
  leftBehind:
    'what is left of certificates that the configuration does not have; empty where names are given',
};

export const CA: Fields<KeyOf<status.CertificateStatus['ca']>> = {
  directory: 'the directory URL',
  staging: '`true`: a test environment; no client trusts its certificates',
  alternatives: 'the other issuers of the certificate, in the order of preference',
  insteadOf: 'the preferred issuer and since when orders there fail, while another one is asked',
  limited: 'until when the CA takes no new order of the account, and why; absent: it takes them',
};

export const TLSA_CREATE: Fields<'owner' | 'ttl' | 'type' | 'records'> = {
  owner: 'the name of the record set; `null` without `--owner`',
  ttl: 'its TTL in seconds; `null` without `--owner`',
  type: '`TLSA`',
  records: 'the records',
};

export const TLSA_RECORD: Fields<KeyOf<TlsaRecord>> = {
  usage: '0 to 3',
  selector: '0 or 1',
  matchingType: '1 or 2',
  data: 'the association data in hex',
};

export const TLSA_VERIFY: Fields = {
  accepted: '`true`: a record matches',
  verdict: '`matched`, `mismatch`, `all-unusable`, …',
  matched: 'the record that matches, or `null`',
  acceptedWithAgility: '`true`: also for a client that supports only one of the matching types',
  records: 'one for each record',
};

export const TLSA_VERDICT: Fields = {
  record: 'as in a zone file',
  usable: '`true`: a client can use it',
  matched: '`true`: it matches the chain',
  depth: 'the depth of the certificate that it matches, 0 for the first',
  certificate: 'the place of that certificate in the chain',
  subject: 'its subject',
  why: 'why it is not usable or does not match',
};

export const CAA: Fields<Exclude<KeyOf<CaaReport>, 'party'> | 'issuers' | 'account' | 'method'> = {
  certificate: 'the name of the certificate',
  issuer: 'the issuer that it prefers, as the configuration names it',
  issuers: 'the names of the CA in CAA records; empty if they are not known',
  unanswered: 'why they are not known: `message` and `hint`; the records then lack this CA',
  account: 'the URL of the account',
  method: 'the method of validation, `dns-01`',
  records: 'the records that let only these accounts issue',
  further:
    'its other issuers, each with `issuer`, `issuers`, `unanswered`, `account`, `method` and `domains`',
  aliases: 'names that are CNAME records and cannot have CAA records',
  domains: 'what is in DNS now, one for each name of the certificate',
};

export const CAA_RECORD: Fields<KeyOf<CaaRecord> | 'text'> = {
  owner: 'where it belongs',
  tag: '`issue` or `issuewild`',
  value: 'its value',
  optional: '`true`: not needed for this certificate',
  text: 'the line of a zone file',
};

export const CAA_ALIAS: Fields<KeyOf<CaaAlias>> = {
  name: 'the name',
  target: 'where the CA reads instead',
};

export const CAA_DOMAIN: Fields<
  Exclude<KeyOf<CaaDomain>, 'now'> | 'allowed' | 'because' | 'others'
> = {
  domain: 'the name',
  at: 'where the records in force are',
  allowed: '`true`: this account may issue; `null`: not found out',
  because: 'why not',
  others: 'other CAs that may issue',
};
