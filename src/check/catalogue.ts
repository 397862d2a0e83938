// Every rule that a check knows: how bad it is, who says so, and what to do. FINDINGS.md is this list for people.
import type { Severity } from './severity.ts';

export interface Rule {
  /** As a rule; a finding that hurts less or more says so. */
  readonly severity: Severity;
  /** RFC section, or where else it is written. */
  readonly source: string;
  /** What it means for mail or for clients. */
  readonly means: string;
  readonly todo: string;
}

export const RULES = {
  mismatch: {
    severity: 'critical',
    source: 'RFC 7671 §5, RFC 7672 §2.2',
    means:
      'No usable record matches the certificates that this address presents. Clients that do DANE turn away; mail waits and then bounces.',
    todo: 'publish a record of the key that is served now (holger tlsa create), wait until it is served everywhere, and only then look for the cause',
  },
  'algorithm-neglected': {
    severity: 'critical',
    source: 'RFC 7671 §8.4; danecheck',
    means:
      'The service has an RSA and an ECDSA certificate, and the records match only one of them. Which one a client gets is its own choice.',
    todo: 'publish records for both certificates, or serve only one of them',
  },
  unusable: {
    severity: 'warning',
    source: 'RFC 7671 §4.1, RFC 7672 §3.1.3',
    means:
      'There are records, and a client can use none of them: mail is encrypted to whoever answers, and other clients behave as if there were no records.',
    todo: 'publish a "3 1 1" record of the served key',
  },
  inert: {
    severity: 'warning',
    source: 'RFC 7671 §2.1, RFC 7672 §2.2.2',
    means: 'There are records, and nothing vouches for them: no client looks at them.',
    todo: 'sign the zone of the records and of the addresses, and have its DS put into the parent zone; if both is done, ask a resolver that validates',
  },
  'tlsa-bogus': {
    severity: 'critical',
    source: 'RFC 7672 §2.1.1, RFC 4035 §5',
    means: 'The answer about TLSA fails DNSSEC validation. Mail waits until it is mended.',
    todo: 'look at the signatures of the zone and at the DS in its parent (delv, dnsviz.net)',
  },
  'tlsa-fails': {
    severity: 'critical',
    source: 'RFC 7672 §2.1.1',
    means: 'Nobody can find out whether there are records. Mail waits rather than go unprotected.',
    todo: 'ask each name server for the TLSA records; some old servers and firewalls drop or refuse types that they do not know',
  },
  'no-tlsa': {
    severity: 'warning',
    source: 'RFC 7672 §2.2',
    means: 'There are no records: whoever answers on the way gets the mail.',
    todo: 'publish "3 1 1" of the served key and "2 1 1" of its issuer; holger run does and keeps them right',
  },
  'at-mail-domain': {
    severity: 'warning',
    source: 'RFC 7672 §2.2.3; dane-users',
    means: 'Records stand at the mail domain. Clients look below the MX host, so nobody sees them.',
    todo: 'move the records to _25._tcp of each MX host',
  },
  'doubled-owner': {
    severity: 'warning',
    source: 'RFC 1035 §5.1; dane-users',
    means: 'The owner has the name of the zone twice, because a dot at its end was forgotten.',
    todo: 'end absolute names in the zone file with a dot, or write them relative to the zone',
  },
  'address-insecure': {
    severity: 'warning',
    source: 'RFC 7672 §2.2.2',
    means: 'The addresses of the host are not signed. MTAs then do not ask for TLSA records.',
    todo: 'sign the zone of the addresses, or point the MX to a name in a signed zone',
  },
  'address-fails': {
    severity: 'unknown',
    source: 'RFC 7672 §2.1.1',
    means: 'The addresses of the host could not be found out.',
    todo: 'look at the name servers of the zone of the host',
  },
  'no-address': {
    severity: 'warning',
    source: 'RFC 5321 §5.1',
    means: 'The host has no address, so nobody can connect.',
    todo: 'publish its addresses, or take it out of the MX records',
  },
  'no-starttls': {
    severity: 'critical',
    source: 'RFC 7672 §2.2, RFC 3207',
    means: 'The service does not offer STARTTLS, and the TLSA records make TLS mandatory.',
    todo: 'turn STARTTLS on for everybody, also for hosts with a bad reputation; look for a firewall that rewrites the dialogue',
  },
  'starttls-sometimes': {
    severity: 'critical',
    source: 'RFC 7672 §2.2; danecheck',
    means: 'STARTTLS was offered in some of the looks and not in others.',
    todo: 'look for several machines behind the address, a limit on connections, or a greeting that depends on the load',
  },
  'tls-fails': {
    severity: 'critical',
    source: 'RFC 7672 §2.2',
    means: 'The service begins TLS and does not get through it.',
    todo: 'look at the log of the service; openssl s_client shows the alert',
  },
  'no-connection': {
    severity: 'unknown',
    source: 'RFC 5321 §5.1',
    means: 'There was no conversation with this address, so nothing is known of what it presents.',
    todo: 'look whether the service runs there and whether a firewall lets this machine through; many networks block port 25',
  },
  'not-asked': {
    severity: 'ok',
    source: 'RFC 7671 §5',
    means:
      'This machine cannot send to the address (no IPv6, say). That is no fault of the service.',
    todo: 'run the check on a machine that can',
  },
  'not-checked': {
    severity: 'unknown',
    source: 'RFC 7671 §5',
    means: 'Not one address of the service could be looked at.',
    todo: 'run the check on a machine that can reach the service',
  },
  'one-leg': {
    severity: 'warning',
    source: 'RFC 7671 §8.4; dane-users',
    means:
      'Two schemes are published (leaf and issuer, or two digests), and one of them matches nothing. Clients that support only that one turn away, and a mistake with the other one is an outage.',
    todo: 'publish the records that are missing, or withdraw the scheme whole',
  },
  'no-reserve': {
    severity: 'ok',
    source: 'RFC 7671 §8.1; dane-users',
    means: 'One record matches, and there is none for the next key or for the issuer.',
    todo: 'publish "2 1 1" of the issuer or "3 1 1" of the next key beside it, so that one mistake is no outage',
  },
  'left-over': {
    severity: 'warning',
    source: 'RFC 7671 §8.1; danetool, dane-users',
    means:
      'Several records match nothing that is served. Each lets in whoever still has that key, and they hide what matters.',
    todo: 'withdraw records of keys that are neither served nor next',
  },
  'too-many': {
    severity: 'warning',
    source: 'RFC 7671 §10.1',
    means: 'There are more records than any rollover needs.',
    todo: 'withdraw what matches neither the served chain nor the next one',
  },
  'pkix-usage': {
    severity: 'warning',
    source: 'RFC 7672 §3.1.3',
    means: 'Usages 0 and 1 count for nothing with mail between servers.',
    todo: 'replace them: 1 by 3, and 0 by 2, with the CA certificate in the chain that is sent',
  },
  'wrong-length': {
    severity: 'warning',
    source: 'RFC 6698 §2.1.3',
    means: 'The digest is longer or shorter than its matching type makes it, or data is missing.',
    todo: 'make the record anew (holger tlsa create)',
  },
  unassigned: {
    severity: 'warning',
    source: 'RFC 6698 §2.1',
    means: 'Usage, selector or matching type is a number that nobody knows.',
    todo: 'make the record anew (holger tlsa create)',
  },
  'wrong-object': {
    severity: 'warning',
    source: 'RFC 6698 §2.1.2; dane-users',
    means: 'The record holds the digest of something else than it says.',
    todo: 'make the record anew (holger tlsa create)',
  },
  'anchor-not-sent': {
    severity: 'warning',
    source: 'RFC 7672 §3.1.2, RFC 7671 §5.2.2',
    means:
      'A record of usage 2 names a CA certificate that the service does not send, so it matches nothing.',
    todo: 'let the service send the full chain, up to the CA certificate that the record names, or publish a record of one that is sent',
  },
  'anchor-is-leaf': {
    severity: 'warning',
    source: 'RFC 7671 §5.2',
    means:
      'A record of usage 2 names the certificate of the service itself, which is no trust anchor.',
    todo: 'publish it with usage 3',
  },
  'anchor-name': {
    severity: 'warning',
    source: 'RFC 7671 §5.2, RFC 7672 §3.2.2',
    means: 'With usage 2 the certificate has to be for a name of the service, and it is not.',
    todo: 'let the certificate carry the name of the MX host, or use "3 1 1", where names do not count',
  },
  'anchor-path': {
    severity: 'warning',
    source: 'RFC 7671 §5.2, RFC 5280 §6',
    means:
      'With usage 2 dates and signatures up to the CA certificate count, and one of them does not hold.',
    todo: 'renew what is expired, and send the CA certificates that belong to the certificate',
  },
  'certificate-digest': {
    severity: 'warning',
    source: 'RFC 7671 §5.1; Let’s Encrypt community',
    means:
      'Records with selector 0 change with every renewal, and this certificate is renewed soon.',
    todo: 'use "3 1 1", which stays as long as the key stays',
  },
  'issuer-certificate-digest': {
    severity: 'warning',
    source: 'dane-users 2021-09; RFC 7671 §5.2.1',
    means:
      'CA certificates are issued anew and cross-signed with the same key; records with selector 0 then match nothing.',
    todo: 'use "2 1 1"',
  },
  'stronger-digest': {
    severity: 'critical',
    source: 'RFC 7671 §9',
    means:
      'Clients with digest algorithm agility look only at the strongest digest of a usage and selector, and none of those matches.',
    todo: 'publish SHA2-512 records for everything that has SHA2-256 ones, or withdraw them all',
  },
  'sha512-alone': {
    severity: 'warning',
    source: 'RFC 6698 §6, RFC 7671 §9',
    means: 'Only SHA2-256 has to be supported by every client.',
    todo: 'publish the same with matching type 1',
  },
  'full-data': {
    severity: 'warning',
    source: 'RFC 7671 §10.1.2',
    means:
      'Records that hold whole certificates or keys make answers larger than networks carry safely.',
    todo: 'use matching type 1',
  },
  'ttl-too-long': {
    severity: 'warning',
    source: 'RFC 7671 §8.1; dane-users',
    means:
      'Two TTLs have to pass in every rollover, and that is much of the life of the certificate.',
    todo: 'lower the TTL to an hour or less; the old one has to pass before that counts',
  },
  'certificate-ends': {
    severity: 'warning',
    source: 'RFC 5280 §4.1.2.5',
    means: 'Clients without DANE, and those with usage 2, look at the dates.',
    todo: 'renew the certificate',
  },
  'mx-insecure': {
    severity: 'warning',
    source: 'RFC 7672 §2.2.1',
    means:
      'The MX records are not signed: somebody on the way can name another host. Some MTAs then do without DANE; others hold the hosts that they were given to their records.',
    todo: 'sign the zone of the domain, and have its DS put into the parent zone',
  },
  'mx-bogus': {
    severity: 'critical',
    source: 'RFC 7672 §2.1.1',
    means: 'The MX records fail DNSSEC validation. Mail waits until that is mended.',
    todo: 'look at the signatures of the zone and at the DS in its parent (delv, dnsviz.net)',
  },
  'mx-fails': {
    severity: 'unknown',
    source: 'RFC 5321 §5.1',
    means: 'The MX records could not be found out.',
    todo: 'look at the name servers of the domain and at the resolver of this machine',
  },
  'no-mail': {
    severity: 'warning',
    source: 'RFC 5321 §5.1',
    means: 'The domain has neither MX records nor an address: mail to it comes back.',
    todo: 'publish MX records; or, if it shall take no mail, a null MX (RFC 7505)',
  },
  'null-mx': {
    severity: 'ok',
    source: 'RFC 7505',
    means: 'The domain says that it takes no mail.',
    todo: 'nothing',
  },
  'implicit-mx': {
    severity: 'ok',
    source: 'RFC 5321 §5.1, RFC 7672 §2.2.1',
    means: 'The domain has no MX records; mail goes to its own address.',
    todo: 'publish an MX record that names the host',
  },
  'mx-is-alias': {
    severity: 'warning',
    source: 'RFC 5321 §5.1, RFC 2181 §10.3, RFC 7671 §7',
    means:
      'An MX record names an alias. Which of the two names TLSA records are looked for at depends on the client.',
    todo: 'name the host itself in the MX record',
  },
  'partial-mx': {
    severity: 'warning',
    source: 'RFC 7672 §2.2; dane-users',
    means: 'Some MX hosts have TLSA records and others have none: an attacker sends mail to those.',
    todo: 'publish records for every MX host',
  },
  'same-key': {
    severity: 'ok',
    source: 'dane-users toolbox',
    means:
      'All MX hosts present the same key, so one mistake with it concerns all at the same moment.',
    todo: 'give each MX host a key of its own, and renew them on different days',
  },
} as const satisfies Record<string, Rule>;

export type RuleName = keyof typeof RULES;
