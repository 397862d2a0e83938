// A row of the matrix: a host, what it presents, what is in DNS, and what has to be found.
import type { RuleName } from '../../../src/check/rules/catalogue.ts';
import type { Severity } from '../../../src/check/rules/severity.ts';
import type { Outcome } from '../../../src/check/judge/verdict.ts';
import type { Judgement } from '../../lab/dane-judges.ts';
import type { Manner } from '../../lab/smtp-host.ts';
import type { Party } from '../../support/ca.ts';

export type Judge = 'posttls-finger' | 'openssl' | 'danetool' | 'ldns-dane';

/** Why a judge differs from holger and holger is right; `silent`: why it cannot be run at all. */
export interface Difference {
  readonly says: Judgement | 'silent';
  readonly because: string;
}

export type Differences = Readonly<Partial<Record<Judge, Difference>>>;

/** A leaf with its key, and what is sent after it. */
export interface Chain {
  readonly leaf: Party;
  readonly above: readonly Party[];
}

/** `finds`: rules that must be there, and no other rules of the matrix. */
interface Expected {
  readonly severity: Severity;
  readonly finds: readonly RuleName[];
}

export interface ServiceCase extends Expected {
  readonly name: string;
  /**
   * First label of the host; every host has an address of its own, or as many as it has entries in
   * `presents`.
   */
  readonly host: string;
  /** `dane.test` by default. */
  readonly zone?: string;
  /** One entry for each address: the chains of the server there, none where no server listens. */
  readonly presents: readonly (readonly Chain[])[];
  /** A Postfix of the lab, at the lab's own addresses. */
  readonly by?: 'mail' | 'relay';
  readonly manner?: Manner;
  /** Rdata at _25._tcp.HOST (_443 with TLS from the first octet). */
  readonly tlsa: readonly string[];
  /** More lines; relative to the zone. */
  readonly more?: readonly string[];
  /** Lines that are written after one secondary has stopped transferring. */
  readonly later?: readonly string[];
  /**
   * Of each address and kind of signature, in order, without kinds for which the server has no
   * certificate; one for all.
   */
  readonly outcome: Outcome | readonly Outcome[];
  readonly differs?: Differences;
}

export interface MailCase extends Expected {
  readonly name: string;
  /** First label or labels of the domain. */
  readonly domain: string;
  readonly zone?: string;
  /** Rdata of its MX records. */
  readonly mx: readonly string[];
  /** More lines; relative to the zone. */
  readonly more?: readonly string[];
  readonly kind: 'listed' | 'implicit' | 'null' | 'none' | 'failed';
  /** Of all its hosts, as above. */
  readonly outcome: readonly Outcome[];
  readonly differs?: Differences;
}

/** Those that use OpenSSL's own DANE verdict. */
export const BY_OPENSSL: readonly Judge[] = ['posttls-finger', 'openssl', 'ldns-dane'];

/** The same difference of several judges. */
export const differ = (
  judges: readonly Judge[],
  says: Difference['says'],
  because: string,
): Differences => Object.fromEntries(judges.map((judge) => [judge, { says, because }] as const));
