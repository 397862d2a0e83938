// Every rule that a check knows: how bad it is, who says so, and what to do. docs/findings.md is
// this list for people.
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
  'resolver-unproven': {
    severity: 'unknown',
    source: 'RFC 7672 §2.1.1, RFC 4035 §3.2.3, §4.3',
    means:
      'The resolver has not shown that it validates. To such a resolver a signed zone looks like an unsigned one, and a mismatch like records that no client uses. Nothing else was asked.',
    todo: 'name a resolver that validates, best one on this machine (unbound, knot-resolver, BIND; systemd-resolved with DNSSEC=yes), with --resolver or as dns.resolver',
  },
  'resolver-contradicts': {
    severity: 'unknown',
    source: 'RFC 4035 §4.3, §5.2',
    means:
      'The zone is signed, and the resolver says that it is not: it is told not to validate this zone, or something between it and the servers drops what is signed. Other clients see the zone as signed.',
    todo: 'look for domain-insecure (unbound), validate-except (BIND) or a negative trust anchor in the resolver, and for a forwarder behind it; or ask another one with --resolver',
  },
  'resolver-fails': {
    severity: 'unknown',
    source: 'RFC 7672 §2.1.1',
    means: 'No resolver answers, so nothing could be found out. Nothing else was asked.',
    todo: 'see that the resolver runs and that this machine may ask it, or name another one with --resolver or as dns.resolver',
  },
  mismatch: {
    severity: 'critical',
    source: 'RFC 7671 §5, RFC 7672 §2.2, §3.2',
    means:
      'No usable record matches the certificates that this address presents. Clients that do DANE turn away; mail waits and then bounces.',
    todo: 'if the key that is served is yours, publish its record (holger tlsa create), wait until every name server has it, and only then look for the cause',
  },
  'algorithm-neglected': {
    severity: 'critical',
    source: 'RFC 7672 §8.1; danecheck, Internet.nl DANE how-to',
    means:
      'The service has an RSA and an ECDSA certificate, and the records match only one of them. Which one a client gets depends on what it offers.',
    todo: 'publish records for both certificates, or serve only one of them',
  },
  unusable: {
    severity: 'warning',
    source: 'RFC 7672 §2.2, RFC 7671 §10.3, RFC 6698 §4.1',
    means:
      'There are records, and a client can use none of them: mail is encrypted to whoever answers. Other clients do the same, believe any public CA, or turn away.',
    todo: 'publish a "3 1 1" record of the served key',
  },
  inert: {
    severity: 'warning',
    source: 'RFC 6698 §4.1, RFC 7672 §2.2, §2.2.2, RFC 7673 §3',
    means:
      'There are records, and nothing vouches for them or for the way to them: no client looks at them.',
    todo: 'sign the zone of the records, of the addresses and of the SRV records that lead there, and have its DS put into the parent zone; if all is done, ask a resolver that validates',
  },
  'tlsa-bogus': {
    severity: 'critical',
    source: 'RFC 7672 §2.1.2, §2.2, RFC 4035 §5.5',
    means: 'The answer about TLSA fails DNSSEC validation. Mail waits until it is mended.',
    todo: 'look at the signatures of the zone and at the DS in its parent (delv, dnsviz.net)',
  },
  'tlsa-fails': {
    severity: 'critical',
    source: 'RFC 7672 §2.1.2, §2.2',
    means: 'Nobody can find out whether there are records. Mail waits rather than go unprotected.',
    todo: 'see that the resolver of this machine answers at all; then ask each name server for the TLSA records: some old servers and firewalls drop types that they do not know',
  },
  'no-tlsa': {
    severity: 'warning',
    source: 'RFC 7672 §2.2',
    means:
      'There are no records, so nobody does DANE here. Mail goes to whoever answers; other clients believe any public CA.',
    todo: 'publish "3 1 1" of the served key and "2 1 1" of its issuer; holger run does and keeps them right',
  },
  'at-mail-domain': {
    severity: 'warning',
    source: 'RFC 7672 §2.2.3; dane-users',
    means: 'Records stand at the mail domain. Clients look below the MX host, so nobody sees them.',
    todo: 'move the records to _25._tcp of each MX host',
  },
  'at-xmpp-domain': {
    severity: 'warning',
    source: 'RFC 7673 §3.3',
    means:
      'Records stand at the XMPP domain. Clients look below the host that the SRV record names, so nobody sees them.',
    todo: 'move the records below the host, with the port of the SRV record: _5222._tcp, say',
  },
  'doubled-owner': {
    severity: 'warning',
    source: 'RFC 1035 §5.1; dane-users',
    means:
      'Records stand where a dot at the end of a name was forgotten: the name of the zone comes twice. Nobody looks there.',
    todo: 'end absolute names in the zone file with a dot, or write them relative to the zone',
  },
  'address-insecure': {
    severity: 'warning',
    source: 'RFC 7672 §2.2.2, RFC 7673 §3.2',
    means:
      'The addresses of the host are not signed. MTAs, and clients that go by SRV records, then do not ask for TLSA records.',
    todo: 'sign the zone of the addresses, or let the MX or SRV records name a host in a signed zone',
  },
  'address-fails': {
    severity: 'unknown',
    source: 'RFC 7672 §2.1.2, §2.2.2',
    means: 'The addresses of the host could not be found out.',
    todo: 'see that the resolver of this machine answers at all; then look at the name servers of the zone of the host',
  },
  'no-address': {
    severity: 'warning',
    source: 'RFC 5321 §5.1, RFC 7672 §2.2.2',
    means: 'The host has no address, so nobody can connect.',
    todo: 'publish its addresses, or take it out of the MX or SRV records',
  },
  'address-nowhere': {
    severity: 'warning',
    source: 'RFC 5321 §5.1, RFC 6890 §2.2',
    means:
      'An address of the host does not lead to it from elsewhere: a client that connects there reaches its own machine, or nothing. It was not looked at.',
    todo: 'publish an address at which the host can be reached, or take the host out of the MX or SRV records',
  },
  'no-starttls': {
    severity: 'critical',
    source: 'RFC 7672 §2.2, §9.2, RFC 3207 §6',
    means: 'The service does not offer STARTTLS, and the TLSA records make TLS mandatory.',
    todo: 'turn STARTTLS on for everybody, also for hosts with a bad reputation; look for a firewall that rewrites the dialogue',
  },
  'starttls-sometimes': {
    severity: 'critical',
    source: 'RFC 7672 §9.2; danecheck',
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
  'chain-too-long': {
    severity: 'warning',
    source: 'RFC 8446 §4.4.2; RFC 7671 §5.2.2',
    means:
      'The service sends more certificates than any path needs. What is behind the first 16 is not looked at.',
    todo: 'let the service send its certificate and the CA certificates above it, and nothing else',
  },
  'turned-away': {
    severity: 'unknown',
    source: 'RFC 5321 §3.1, §4.1.1.1',
    means:
      'The service does not talk to this machine, now or at all: it is busy, or it refuses the name or the address. Nothing is known of its TLS.',
    todo: 'read what the service says: the name that SMTP servers are told is set by ehlo in [probe]; a service that is busy is looked at again later',
  },
  'no-resources': {
    severity: 'unknown',
    source: 'RFC 5321 §5.1',
    means: 'This machine could not open a connection. That says nothing about the service.',
    todo: 'raise the limit of open files (ulimit -n, LimitNOFILE), or check fewer targets at the same time',
  },
  'not-asked': {
    severity: 'ok',
    source: 'RFC 5321 §5.1; Internet.nl DANE how-to',
    means:
      'No handshake was made from here (no IPv6, say, or so configured). That is no fault of the service.',
    todo: 'run the check on a machine that can',
  },
  'not-checked': {
    severity: 'unknown',
    source: 'RFC 5321 §5.1; Internet.nl DANE how-to',
    means: 'Not one address of the service could be looked at.',
    todo: 'run the check on a machine that can reach the service',
  },
  'not-all-checked': {
    severity: 'unknown',
    source: 'RFC 5321 §4.5.4.1, RFC 7671 §10.1.1',
    means:
      'There are more hosts, addresses, records or name servers than one target may make this machine ask. Nothing is known of the others.',
    todo: 'name the others as targets of their own, or publish fewer; --silence not-all-checked where it is meant to be so',
  },
  'out-of-time': {
    severity: 'unknown',
    source: 'RFC 5321 §4.5.3.2',
    means:
      'The time for this target was over before all of it had been looked at. What was not reached in time is not known.',
    todo: 'look at what is slow or silent in the report, or give it more time with --timeout',
  },
  'one-leg': {
    severity: 'warning',
    source: 'RFC 7671 §8, §8.4; dane-users',
    means:
      'Two schemes are published (leaf and issuer, say), and one of them does not match. Clients that support only that one turn away, and a mistake with the other one is an outage.',
    todo: 'publish the records that are missing, or withdraw the scheme whole',
  },
  'no-reserve': {
    severity: 'ok',
    source: 'RFC 7671 §8.1; Internet.nl DANE how-to, dane-users',
    means: 'One record matches, and there is none for the next key or for the issuer.',
    todo: 'publish "2 1 1" of the issuer or "3 1 1" of the next key beside it, so that one mistake is no outage',
  },
  'left-over': {
    severity: 'warning',
    source: 'RFC 7671 §8.1, §8.4; danetool, dane-users',
    means:
      'Several records match nothing that is served. Each lets in whoever still has that key, and they hide what matters.',
    todo: 'withdraw records of keys that are neither served nor next',
  },
  'too-many': {
    severity: 'warning',
    source: 'RFC 7671 §10.1.1',
    means: 'There are more records than any rollover needs.',
    todo: 'withdraw what matches neither the served chain nor the next one',
  },
  'pkix-usage': {
    severity: 'warning',
    source: 'RFC 7672 §3.1.3',
    means: 'Usages 0 and 1 are not for mail between servers: no client has to heed such a record.',
    todo: 'replace them: 1 by 3, and 0 by 2, with the CA certificate in the chain that is sent',
  },
  'wrong-length': {
    severity: 'warning',
    source: 'RFC 6698 §2.1.4, §4.1, RFC 7671 §9',
    means: 'The digest is longer or shorter than its matching type makes it, or data is missing.',
    todo: 'make the record anew (holger tlsa create)',
  },
  unassigned: {
    severity: 'warning',
    source: 'RFC 6698 §4.1, §7.2 to §7.4',
    means: 'Usage, selector or matching type is a number that nobody knows.',
    todo: 'make the record anew (holger tlsa create)',
  },
  'wrong-object': {
    severity: 'warning',
    source: 'RFC 6698 §2.1.2, §2.1.4; dane-users',
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
    source: 'RFC 6698 §2.1.1',
    means:
      'A record of usage 2 names the certificate of the service itself, which is no trust anchor.',
    todo: 'publish it with usage 3',
  },
  'anchor-name': {
    severity: 'warning',
    source: 'RFC 7671 §5.2, §10.2, RFC 7672 §3.2.2',
    means: 'With usage 2 the certificate has to be for a name of the service, and it is not.',
    todo: 'let the certificate carry the name of the MX host, or use "3 1 1", where names do not count',
  },
  'anchor-path': {
    severity: 'warning',
    source: 'RFC 6698 §2.1.1, RFC 7671 §5.1, RFC 5280 §6.1',
    means:
      'With usage 2 dates and signatures up to the CA certificate count, and one of them does not hold.',
    todo: 'renew what is expired, and send the CA certificates that belong to the certificate',
  },
  'certificate-digest': {
    severity: 'warning',
    source: 'RFC 7671 §5.1; Let’s Encrypt community',
    means:
      'The digest of a whole certificate changes with every renewal, and this one is renewed often.',
    todo: 'use "3 1 1", which stays as long as the key stays',
  },
  'issuer-certificate-digest': {
    severity: 'ok',
    source:
      'dane-users 2021-09; Internet.nl DANE how-to; otherwise RFC 7671 §5.2.1, RFC 7672 §3.1.2',
    means:
      'CA certificates are issued anew and cross-signed with the same key; records with selector 0 then match nothing. RFC 7671 recommends selector 0 for the sake of limits in the CA certificate; that fits a CA of your own.',
    todo: 'use "2 1 1", unless the CA is your own and you know when its certificate changes',
  },
  'stronger-digest': {
    severity: 'critical',
    source: 'RFC 7671 §9, §8.3, RFC 7672 §5',
    means:
      'Clients with digest algorithm agility look only at the strongest digest of a usage and selector, and none of those matches.',
    todo: 'publish SHA2-512 records for everything that has SHA2-256 ones, or withdraw them all',
  },
  'sha512-alone': {
    severity: 'warning',
    source: 'RFC 6698 §6, RFC 7671 §2',
    means: 'Only SHA2-256 has to be supported by every client.',
    todo: 'publish the same with matching type 1',
  },
  'full-data': {
    severity: 'warning',
    source: 'RFC 7671 §10.1.2',
    means:
      'Records that hold whole certificates or keys can make answers larger than networks carry safely.',
    todo: 'use matching type 1',
  },
  'ttl-too-long': {
    severity: 'warning',
    source: 'RFC 7671 §8.1, §13; Internet.nl DANE how-to, dane-users',
    means:
      'Two TTLs have to pass in every rollover, and that is much of the life of the certificate.',
    todo: 'lower the TTL to an hour or less; the old one has to pass before that counts',
  },
  'certificate-ends': {
    severity: 'warning',
    source: 'RFC 5280 §4.1.2.5, RFC 7671 §5.1',
    means:
      'Clients without DANE may look at the dates. Those that match a record of usage 3 do not.',
    todo: 'renew the certificate; if something should have done so, look at its log',
  },
  'path-ends': {
    severity: 'warning',
    source: 'RFC 7671 §5.1, RFC 5280 §6.1.3',
    means:
      'With usages 0 to 2 the dates of all certificates up to the CA count. When the first of them ends, the records match no longer.',
    todo: 'renew the certificate, or send another chain, before then; publish "3 1 1" of the key beside it, where dates do not count',
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
    source: 'RFC 7672 §2.1.2',
    means: 'The MX records fail DNSSEC validation. Mail waits until that is mended.',
    todo: 'look at the signatures of the zone and at the DS in its parent (delv, dnsviz.net)',
  },
  'mx-fails': {
    severity: 'unknown',
    source: 'RFC 5321 §5.1, RFC 7672 §2.1.2',
    means: 'The MX records could not be found out.',
    todo: 'look at the name servers of the domain and at the resolver of this machine',
  },
  'no-mail': {
    severity: 'critical',
    source: 'RFC 5321 §5.1',
    means: 'The domain has neither MX records nor an address: mail to it comes back.',
    todo: 'publish MX records; or, if it shall take no mail, a null MX (RFC 7505)',
  },
  'mx-no-host': {
    severity: 'warning',
    source: 'RFC 5321 §5.1, RFC 1035 §3.3.9, RFC 1123 §2.1',
    means:
      'An MX record names an address, or a name that no host can have. No mail goes there, and no TLSA record can stand below it.',
    todo: 'let the MX record name a host that has address records, or take it out',
  },
  'no-mail-host': {
    severity: 'critical',
    source: 'RFC 5321 §5.1',
    means:
      'The domain has MX records, and none of them leads to an address that others can reach: mail to it waits and then comes back.',
    todo: 'publish A or AAAA records of the MX hosts; or, if the domain takes no mail, a null MX alone (RFC 7505)',
  },
  'null-mx': {
    severity: 'ok',
    source: 'RFC 7505 §3',
    means: 'The domain says that it takes no mail.',
    todo: 'nothing',
  },
  'null-mx-beside': {
    severity: 'warning',
    source: 'RFC 7505 §3',
    means: 'A null MX says that the domain takes no mail, and other MX records say that it does.',
    todo: 'withdraw the MX record "0 ."',
  },
  'implicit-mx': {
    severity: 'ok',
    source: 'RFC 5321 §5.1, RFC 7672 §2.2.2',
    means: 'The domain has no MX records; mail goes to its own address.',
    todo: 'publish an MX record that names the host',
  },
  'mx-is-alias': {
    severity: 'warning',
    source: 'RFC 5321 §5.1, RFC 2181 §10.3, RFC 7671 §7, RFC 7672 §2.2.2',
    means:
      'An MX record names an alias. MTAs need not follow it, and at which of the two names TLSA records are looked for depends on the client.',
    todo: 'name the host itself in the MX record',
  },
  'partial-mx': {
    severity: 'warning',
    source: 'RFC 7672 §2.2.1; dane-users',
    means: 'Some MX hosts have TLSA records and others have none: an attacker sends mail to those.',
    todo: 'publish records for every MX host',
  },
  'same-key': {
    severity: 'ok',
    source: 'Internet.nl DANE how-to',
    means:
      'All MX hosts present the same key, so one mistake with it concerns all at the same moment.',
    todo: 'give each MX host a key of its own, and renew them on different days',
  },
  'srv-insecure': {
    severity: 'warning',
    source: 'RFC 7673 §3.1',
    means:
      'The SRV records are not signed: somebody on the way can name another host. Clients and servers then do without DANE, whatever records the hosts have.',
    todo: 'sign the zone of the domain, and have its DS put into the parent zone',
  },
  'srv-bogus': {
    severity: 'critical',
    source: 'RFC 7673 §3.1',
    means:
      'The SRV records fail DNSSEC validation. Nobody who validates connects until that is mended.',
    todo: 'look at the signatures of the zone and at the DS in its parent (delv, dnsviz.net)',
  },
  'srv-fails': {
    severity: 'unknown',
    source: 'RFC 7673 §3.1, RFC 6120 §3.2.1',
    means: 'The SRV records could not be found out.',
    todo: 'look at the name servers of the domain and at the resolver of this machine',
  },
  'no-xmpp': {
    severity: 'warning',
    source: 'RFC 6120 §3.2',
    means: 'The domain has neither SRV records for XMPP nor an address: nobody finds a server.',
    todo: 'publish SRV records; or, if it shall have no XMPP, some with the target "."',
  },
  'srv-no-host': {
    severity: 'warning',
    source: 'RFC 1123 §2.1, RFC 2782',
    means:
      'An SRV record names an address, or a name that no host can have. Nobody connects there, and no TLSA record can stand below it.',
    todo: 'let the SRV record name a host that has address records, or take it out',
  },
  'no-xmpp-host': {
    severity: 'critical',
    source: 'RFC 6120 §3.2.1, RFC 2782',
    means: 'There are SRV records, and none of them leads to an address: nobody can connect.',
    todo: 'publish A or AAAA records of the hosts; or, where there is no such service, one SRV record with the target "."',
  },
  'null-srv': {
    severity: 'ok',
    source: 'RFC 6120 §3.2.1, RFC 2782',
    means: 'The domain says that it does not offer this service.',
    todo: 'nothing',
  },
  'null-srv-beside': {
    severity: 'warning',
    source: 'RFC 6120 §3.2.1, RFC 2782',
    means: 'An SRV record says that there is no such service, and others say where it is.',
    todo: 'withdraw the SRV record with the target "."',
  },
  'implicit-srv': {
    severity: 'ok',
    source: 'RFC 6120 §3.2.2',
    means:
      'The domain has no SRV records for clients or for servers; they go to its own address and the usual port.',
    todo: 'publish SRV records that name the host, or, where there is no such service, one with the target "."',
  },
  'srv-is-alias': {
    severity: 'warning',
    source: 'RFC 7671 §7, RFC 2782',
    means:
      'An SRV record names an alias. Which of the two names TLSA records are looked for at depends on the client.',
    todo: 'name the host itself in the SRV record',
  },
  'host-too-long': {
    severity: 'warning',
    source: 'RFC 1035 §2.3.4, RFC 6698 §3',
    means:
      'An MX or SRV record names a host whose name leaves no room for TLSA records below it. It was not looked at.',
    todo: 'name the host by a shorter name',
  },
  'partial-srv': {
    severity: 'warning',
    source: 'RFC 7673 §3.1',
    means:
      'Some of the places that clients, or other servers, may choose have TLSA records and others have none: an attacker leads them to those.',
    todo: 'publish records for every host and port that the SRV records name',
  },
  'server-silent': {
    severity: 'warning',
    source: 'RFC 2182 §3.3; dns-monitoring-scripts',
    means:
      'A name server of the zone does not answer. Resolvers lose time with it, and one day it is the last one.',
    todo: 'look whether it runs and whether a firewall drops DNS, or take it out of the NS records',
  },
  'server-not-asked': {
    severity: 'ok',
    source: 'RFC 2182 §3; Internet.nl DANE how-to',
    means:
      'This machine cannot send to the address (no IPv6, say). That is no fault of the server.',
    todo: 'run the check on a machine that can',
  },
  'server-lame': {
    severity: 'warning',
    source: 'RFC 1912 §2.8',
    means: 'A server that the NS records name does not serve the zone.',
    todo: 'let it load the zone, or take it out of the NS records on both sides of the delegation',
  },
  'server-without-tcp': {
    severity: 'warning',
    source: 'RFC 7766 §5',
    means: 'The server answers over UDP only. Answers that are too large for it are lost.',
    todo: 'open TCP port 53 in front of the server',
  },
  'server-fails-tlsa': {
    severity: 'critical',
    source: 'RFC 7672 §2.1.2, §2.2.2; danecheck',
    means:
      'The server is there, and fails when it is asked for TLSA. A resolver loses time with it; where no other server helps, mail waits.',
    todo: 'update the server, and look for a firewall that filters DNS by type or size',
  },
  'servers-unknown': {
    severity: 'unknown',
    source: 'RFC 1034 §4.2.1',
    means:
      'Who serves the zone could not be found out, so no name server of it was asked by itself.',
    todo: 'look at the resolver of this machine and at the delegation; a firewall may let only the resolver ask name servers (--no-servers leaves them out)',
  },
  'signatures-unjudged': {
    severity: 'unknown',
    source: 'RFC 4035 §5.3.1',
    means:
      'The zone is signed, and its keys could not be found out: what its servers answer was not held against them.',
    todo: 'ask the resolver for the DNSKEY records of the zone; it may drop large answers',
  },
  'servers-disagree': {
    severity: 'warning',
    source: 'RFC 1034 §4.3.5, RFC 7671 §8.1; danefail list',
    means:
      'Name servers have different TLSA, MX or SRV records. Which ones a client sees is chance, and a new key may meet old records.',
    todo: 'let the secondaries fetch the zone (NOTIFY, serial, TSIG of the transfer), and deploy no new key before they all have it',
  },
  'server-lags': {
    severity: 'ok',
    source: 'RFC 1034 §4.3.5, RFC 1996 §3.11, RFC 1982 §3.2',
    means:
      'The server has an older version of the zone than others. For a few seconds after a change that is as it should be.',
    todo: 'look again in a minute; then look at NOTIFY and at the transfers',
  },
  'server-unfound': {
    severity: 'warning',
    source: 'RFC 2181 §10.3, RFC 1912 §2.8',
    means: 'The NS records name a server whose address cannot be found out.',
    todo: 'publish its address, or take it out of the NS records',
  },
  'ns-mismatch': {
    severity: 'warning',
    source: 'RFC 1034 §4.2.2, RFC 1912 §2.8; dns-monitoring-scripts',
    means:
      'Parent and zone do not name the same servers. Resolvers ask either, so all of them have to have the same records.',
    todo: 'write the same NS records into the zone and at the registry',
  },
  'ds-without-dnskey': {
    severity: 'critical',
    source: 'RFC 4035 §2.4, §5.2, RFC 6781 §4.3.3',
    means:
      'The parent vouches for keys that are not there: the whole zone is bogus to everybody who validates.',
    todo: 'take the DS out of the parent, or bring back the keys that it names',
  },
  'unsigned-answer': {
    severity: 'critical',
    source: 'RFC 4035 §3.1, §5, RFC 7672 §2.1.2',
    means:
      'The zone is signed, and this server answers without signatures or proofs: whoever validates takes it for an attack.',
    todo: 'let the server load the signed zone, and update it if it does not know DNSSEC',
  },
  'signature-ended': {
    severity: 'critical',
    source: 'RFC 4035 §5.3.1',
    means: 'Signatures are outside of their time. Whoever validates gets nothing.',
    todo: 'sign the zone anew; look whether the signer runs, whether its clock is right, and whether the secondaries fetch the zone',
  },
  'signature-ends': {
    severity: 'warning',
    source: 'RFC 6781 §4.4.2.2, RFC 7671 §11',
    means: 'Signatures end soon, and a signer that works would have renewed them by now.',
    todo: 'look whether the signer runs, and whether the secondaries fetch the zone',
  },
  'signature-wrong': {
    severity: 'critical',
    source: 'RFC 4035 §5.3',
    means: 'A signature does not fit what it is said to sign, or the keys of the zone.',
    todo: 'sign the zone anew; where only some servers say so, let them fetch the zone whole',
  },
  'signature-unknown': {
    severity: 'warning',
    source: 'RFC 4035 §5.2, RFC 9904 §3, RFC 9905 §2',
    means:
      'The signatures are of an algorithm that validators do not have, or do not trust any more: to them the zone is unsigned.',
    todo: 'move the zone to ECDSA P-256 (13)',
  },
  'wrong-denial': {
    severity: 'critical',
    source: 'RFC 4035 §5.4, RFC 5155 §8, RFC 8020 §2, RFC 9156 §3; Internet.nl DANE how-to',
    means:
      'The server denies something in a way that proves nothing, or that denies the TLSA records as well. Some resolvers then take the records for absent or bogus.',
    todo: 'sign the zone anew, update the server, and let secondaries fetch the zone whole',
  },
  'nsec3-iterations': {
    severity: 'ok',
    source: 'RFC 9276 §3.1, §3.2',
    means:
      'Additional iterations of NSEC3 cost everybody work and protect nothing; validators take zones with many of them for unsigned, or answer with an error.',
    todo: 'use none, and no salt',
  },
  'answer-too-large': {
    severity: 'warning',
    source: 'RFC 7671 §10.1.1; DNS flag day 2020',
    means: 'The answer does not fit into what UDP carries safely. Where TCP is blocked it is lost.',
    todo: 'publish fewer records, digests instead of full data, and sign with ECDSA',
  },
  'unwanted-records': {
    severity: 'warning',
    source: 'RFC 7671 §8, §10.3',
    means:
      'The configuration wants no TLSA records for this service, or does not name it any more, and there are some: clients hold whatever is served to them.',
    todo: 'withdraw them (holger delete, where no certificate names them any more), or say dane = true (holger off --undo, after holger off), so that they are kept right',
  },
  'foreign-chain': {
    severity: 'warning',
    source: 'RFC 7671 §8.1',
    means:
      'This address presents a certificate that holger did not deploy there. Even where a record matches it now (that of the issuer, say), the next change of CA or key ends that.',
    todo: 'see which other client renews it (certbot, acme.sh, a job of the service itself) and switch that off; then let the service load again what holger has deployed (holger status says where it lies)',
  },
  'caa-forbids': {
    severity: 'warning',
    source: 'RFC 8659 §3, §4.1 to §4.3, RFC 8657 §3, §4',
    means: 'The CA of the configuration may not issue for this name: the next renewal fails.',
    todo: 'let CAA name this CA, this account and dns-01, or take the records out',
  },
  'caa-fails': {
    severity: 'warning',
    source: 'RFC 8659 §6; CA/Browser Forum Baseline Requirements §3.2.2.8',
    means:
      'A CA that cannot look up the CAA records of a name in a signed zone must not issue: the next renewal fails.',
    todo: 'look at the name servers of the zone; some old servers and firewalls drop types that they do not know',
  },
  'caa-open': {
    severity: 'ok',
    source: 'RFC 8657 §5.6; dane-users',
    means:
      'Records of usage 2 let in whoever gets a certificate of this CA for the name, and CAA does not bind the CA to one account or method.',
    todo: 'publish CAA with accounturi or with validationmethods=dns-01; against attackers on the way both need a signed zone',
  },
} as const satisfies Record<string, Rule>;

export type RuleName = keyof typeof RULES;
