// Every rule that a check knows: its severity, its source, and what to do. docs/findings.md is made
// of this table.
import type { Severity } from './severity.ts';

export interface Rule {
  /** The usual severity; a finding with another one says so. */
  readonly severity: Severity;
  /** RFC section, or another source. */
  readonly source: string;
  /** The effect on mail or on clients. */
  readonly means: string;
  readonly todo: string;
}

export const RULES = {
  'resolver-unproven': {
    severity: 'unknown',
    source: 'RFC 7672 §2.1.1, RFC 4035 §3.2.3, §4.3',
    means:
      'The resolver has not shown that it validates. A resolver that does not validate ' +
      'cannot tell a signed zone from an unsigned one. A record that does not match then ' +
      'looks like a record that no client uses. Nothing else was asked.',
    todo:
      'name a resolver that validates, best on this machine (unbound, knot-resolver, BIND; ' +
      'systemd-resolved with DNSSEC=yes), with --resolver or as dns.resolver',
  },
  'resolver-contradicts': {
    severity: 'unknown',
    source: 'RFC 4035 §4.3, §5.2',
    means:
      'The zone is signed, but the resolver reports it as unsigned. Either the resolver is ' +
      'configured not to validate this zone, or something between the resolver and the ' +
      'name servers drops the signatures. Other clients see the zone as signed.',
    todo:
      'search the configuration of the resolver for domain-insecure (unbound), ' +
      'validate-except (BIND) or a negative trust anchor, and check the forwarder that it ' +
      'uses; or ask another resolver with --resolver',
  },
  'resolver-fails': {
    severity: 'unknown',
    source: 'RFC 7672 §2.1.1',
    means: 'No resolver answers, so nothing could be checked. Nothing else was asked.',
    todo:
      'check that the resolver runs and accepts queries from this machine, or name another ' +
      'one with --resolver or as dns.resolver',
  },
  mismatch: {
    severity: 'critical',
    source: 'RFC 7671 §5, RFC 7672 §2.2, §3.2',
    means:
      'No usable record matches the certificates that this address presents. DANE clients ' +
      'refuse the service; mail waits in the queue and then bounces.',
    todo:
      'if the key that is served is yours, publish its record (holger tlsa create), wait ' +
      'until every name server has it, and only then search for the cause',
  },
  'algorithm-neglected': {
    severity: 'critical',
    source: 'RFC 7672 §8.1; danecheck, Internet.nl DANE how-to',
    means:
      'The service has an RSA and an ECDSA certificate, and the records match only one of ' +
      'them. Which certificate a client gets depends on the algorithms that it offers.',
    todo: 'publish records for both certificates, or serve only one of them',
  },
  unusable: {
    severity: 'warning',
    source: 'RFC 7672 §2.2, RFC 7671 §10.3, RFC 6698 §4.1',
    means:
      'There are records, but a client can use none of them: mail is encrypted, but any ' +
      'server is accepted. Other clients do the same, trust any public CA, or refuse.',
    todo: 'publish a "3 1 1" record of the served key',
  },
  inert: {
    severity: 'warning',
    source: 'RFC 6698 §4.1, RFC 7672 §2.2, §2.2.2, RFC 7673 §3',
    means:
      'There are records, but DNSSEC does not protect them or the names that lead to them. ' +
      'No client uses them.',
    todo:
      'sign the zone of the records, of the addresses and of the SRV records, and publish ' +
      'its DS record in the parent zone; if all this is done, ask a resolver that validates',
  },
  'tlsa-bogus': {
    severity: 'critical',
    source: 'RFC 7672 §2.1.2, §2.2, RFC 4035 §5.5',
    means: 'The answer for TLSA fails DNSSEC validation. Mail waits until this is fixed.',
    todo: 'check the signatures of the zone and the DS record in its parent (delv, dnsviz.net)',
  },
  'tlsa-fails': {
    severity: 'critical',
    source: 'RFC 7672 §2.1.2, §2.2',
    means:
      'It could not be found out whether TLSA records exist. Mail servers then wait and do ' +
      'not send without protection.',
    todo:
      'check that the resolver of this machine answers; then ask each name server for the ' +
      'TLSA records: some old servers and firewalls drop record types that they do not know',
  },
  'no-tlsa': {
    severity: 'warning',
    source: 'RFC 7672 §2.2',
    means:
      'There are no TLSA records, so clients do not use DANE here. Mail goes to any server ' +
      'that answers; other clients trust any public CA.',
    todo:
      'publish "3 1 1" of the served key and "2 1 1" of its issuer; holger run publishes ' +
      'them and keeps them correct',
  },
  'at-mail-domain': {
    severity: 'warning',
    source: 'RFC 7672 §2.2.3; dane-users',
    means:
      'TLSA records are published at the mail domain. Clients look for them below the MX ' +
      'host, so no client finds them.',
    todo: 'move the records to _25._tcp of each MX host',
  },
  'at-xmpp-domain': {
    severity: 'warning',
    source: 'RFC 7673 §3.3',
    means:
      'TLSA records are published at the XMPP domain. Clients look for them below the host ' +
      'that the SRV record names, so no client finds them.',
    todo:
      'move the records below the host, with the port of the SRV record, for example ' +
      '_5222._tcp',
  },
  'doubled-owner': {
    severity: 'warning',
    source: 'RFC 1035 §5.1; dane-users',
    means:
      'TLSA records are published at a name that contains the zone twice, because a final ' +
      'dot is missing. No client looks there.',
    todo: 'end absolute names in the zone file with a dot, or write them relative to the zone',
  },
  'address-insecure': {
    severity: 'warning',
    source: 'RFC 7672 §2.2.2, RFC 7673 §3.2',
    means:
      'The addresses of the host are not signed. MTAs, and clients that use SRV records, ' +
      'then do not ask for TLSA records.',
    todo:
      'sign the zone of the addresses, or name a host in a signed zone in the MX or SRV ' +
      'records',
  },
  'address-fails': {
    severity: 'unknown',
    source: 'RFC 7672 §2.1.2, §2.2.2',
    means: 'The addresses of the host could not be found out.',
    todo:
      'check that the resolver of this machine answers; then check the name servers of the ' +
      'zone of the host',
  },
  'no-address': {
    severity: 'warning',
    source: 'RFC 5321 §5.1, RFC 7672 §2.2.2',
    means: 'The host has no address, so no client can connect.',
    todo: 'publish its addresses, or remove the host from the MX or SRV records',
  },
  'address-nowhere': {
    severity: 'warning',
    source: 'RFC 5321 §5.1, RFC 6890 §2.2',
    means:
      'An address of the host is not reachable from other machines: a client that connects ' +
      'there reaches itself, or nothing. This address was not checked.',
    todo:
      'publish an address at which the host can be reached, or remove the host from the MX ' +
      'or SRV records',
  },
  'no-starttls': {
    severity: 'critical',
    source: 'RFC 7672 §2.2, §9.2, RFC 3207 §6',
    means: 'The service does not offer STARTTLS, and the TLSA records make TLS mandatory.',
    todo:
      'offer STARTTLS to every client, also to those with a bad reputation; check for a ' +
      'firewall that rewrites the dialogue',
  },
  'starttls-sometimes': {
    severity: 'critical',
    source: 'RFC 7672 §9.2; danecheck',
    means: 'STARTTLS was offered in some handshakes and not in others.',
    todo:
      'check for several machines behind the address, a limit on connections, or a ' +
      'greeting that depends on the load',
  },
  'tls-fails': {
    severity: 'critical',
    source: 'RFC 7672 §2.2',
    means: 'The service begins TLS but does not complete the handshake.',
    todo: 'read the log of the service; openssl s_client shows the alert',
  },
  'no-connection': {
    severity: 'unknown',
    source: 'RFC 5321 §5.1',
    means:
      'No dialogue with this address was possible, so it is not known which certificate it ' +
      'presents.',
    todo:
      'check that the service runs there and that a firewall lets this machine through; ' +
      'many networks block port 25',
  },
  'chain-too-long': {
    severity: 'warning',
    source: 'RFC 8446 §4.4.2; RFC 7671 §5.2.2',
    means:
      'The service sends more certificates than a path can need. Those after the first 16 ' +
      'are not checked.',
    todo:
      'configure the service to send its certificate and the CA certificates above it, and ' +
      'nothing else',
  },
  'turned-away': {
    severity: 'unknown',
    source: 'RFC 5321 §3.1, §4.1.1.1',
    means:
      'The service refuses to talk to this machine: it is busy, or it rejects the name or ' +
      'the address of this machine. Its TLS was not checked.',
    todo:
      'read the answer of the service; ehlo in [probe] sets the name that SMTP servers are ' +
      'given; check a busy service again later',
  },
  'no-resources': {
    severity: 'unknown',
    source: 'RFC 5321 §5.1',
    means: 'This machine could not open a connection. This is not a result about the service.',
    todo: 'raise the limit of open files (ulimit -n, LimitNOFILE), or check fewer targets at the same time',
  },
  'not-asked': {
    severity: 'ok',
    source: 'RFC 5321 §5.1; Internet.nl DANE how-to',
    means:
      'No handshake was made from this machine (it has no IPv6, for example, or is ' +
      'configured so). This is not a fault of the service.',
    todo: 'run the check on a machine that can reach the address',
  },
  'not-checked': {
    severity: 'unknown',
    source: 'RFC 5321 §5.1; Internet.nl DANE how-to',
    means: 'No address of the service could be checked.',
    todo: 'run the check on a machine that can reach the service',
  },
  'not-all-checked': {
    severity: 'unknown',
    source: 'RFC 5321 §4.5.4.1, RFC 7671 §10.1.1',
    means:
      'There are more hosts, addresses, records or name servers than one target may cause ' +
      'queries for. The rest was not checked.',
    todo:
      'check the others as targets of their own, or publish fewer; use --silence ' +
      'not-all-checked if this is intended',
  },
  'out-of-time': {
    severity: 'unknown',
    source: 'RFC 5321 §4.5.3.2',
    means:
      'The time for this target ended before everything was checked. What is missing is ' +
      'not known.',
    todo: 'check which part is slow or silent in the report, or allow more time with --timeout',
  },
  'one-leg': {
    severity: 'warning',
    source: 'RFC 7671 §8, §8.4; dane-users',
    means:
      'Two kinds of records are published (for example leaf and issuer), and one of them ' +
      'does not match. Clients that support only this kind refuse the service, and a ' +
      'mistake with the other kind is an outage.',
    todo: 'publish the missing records, or withdraw all records of this kind',
  },
  'no-reserve': {
    severity: 'ok',
    source: 'RFC 7671 §8.1; Internet.nl DANE how-to, dane-users',
    means: 'One record matches, and there is no record for the next key or for the issuer.',
    todo:
      'also publish "2 1 1" of the issuer or "3 1 1" of the next key, so that one mistake ' +
      'does not cause an outage',
  },
  'left-over': {
    severity: 'warning',
    source: 'RFC 7671 §8.1, §8.4; danetool, dane-users',
    means:
      'Several records match nothing that is served. Each of them accepts a server that ' +
      'still has the old key, and they make mistakes harder to see.',
    todo: 'withdraw records of keys that are neither served nor next',
  },
  'too-many': {
    severity: 'warning',
    source: 'RFC 7671 §10.1.1',
    means: 'There are more records than a rollover needs.',
    todo: 'withdraw the records that match neither the served chain nor the next one',
  },
  'pkix-usage': {
    severity: 'warning',
    source: 'RFC 7672 §3.1.3',
    means: 'Usages 0 and 1 are not for mail between servers: clients may ignore such a record.',
    todo:
      'replace usage 1 by 3, and usage 0 by 2 with the CA certificate in the chain that is ' +
      'sent',
  },
  'wrong-length': {
    severity: 'warning',
    source: 'RFC 6698 §2.1.4, §4.1, RFC 7671 §9',
    means: 'The digest does not have the length of its matching type, or data is missing.',
    todo: 'create the record again (holger tlsa create)',
  },
  unassigned: {
    severity: 'warning',
    source: 'RFC 6698 §4.1, §7.2 to §7.4',
    means: 'Usage, selector or matching type is a number that is not assigned.',
    todo: 'create the record again (holger tlsa create)',
  },
  'wrong-object': {
    severity: 'warning',
    source: 'RFC 6698 §2.1.2, §2.1.4; dane-users',
    means: 'The digest in the record is of other data than its selector and matching type say.',
    todo: 'create the record again (holger tlsa create)',
  },
  'anchor-not-sent': {
    severity: 'warning',
    source: 'RFC 7672 §3.1.2, RFC 7671 §5.2.2',
    means:
      'A record of usage 2 names a CA certificate that the service does not send, so it matches nothing.',
    todo:
      'configure the service to send the full chain, up to the CA certificate that the ' +
      'record names, or publish a record of a CA certificate that is sent',
  },
  'anchor-is-leaf': {
    severity: 'warning',
    source: 'RFC 6698 §2.1.1',
    means:
      'A record of usage 2 names the certificate of the service itself, which is not a ' +
      'trust anchor.',
    todo: 'publish it with usage 3',
  },
  'anchor-name': {
    severity: 'warning',
    source: 'RFC 7671 §5.2, §10.2, RFC 7672 §3.2.2',
    means: 'With usage 2 the certificate must contain a name of the service, and it does not.',
    todo:
      'issue a certificate that contains the name of the MX host, or use "3 1 1", where ' +
      'names are not checked',
  },
  'anchor-path': {
    severity: 'warning',
    source: 'RFC 6698 §2.1.1, RFC 7671 §5.1, RFC 5280 §6.1',
    means:
      'With usage 2 clients check the dates and signatures up to the CA certificate, and ' +
      'one of them is not valid.',
    todo: 'renew the expired certificate, and send the CA certificates that belong to it',
  },
  'next-issuer': {
    severity: 'warning',
    source: 'RFC 7671 §5.2.2, §8.1, §8.4, RFC 7672 §3.1.2; dane-users 2021-09',
    means:
      'The CA signs with several intermediates, or with others than before, and no record of ' +
      'usage 2 is of the key of some of them. After a renewal with one of these, clients ' +
      'refuse the service, unless another record matches.',
    todo:
      'publish the missing records beside those that exist, before the next renewal; or hold ' +
      'each new chain back until its records have been published for two TTLs (holger run ' +
      'does this)',
  },
  'anchor-leaves': {
    severity: 'warning',
    source: 'RFC 7671 §5.2.2, RFC 7672 §3.1.2; dane-users',
    means:
      'Records of usage 2 match only because the service sends a CA certificate that will ' +
      'leave its chain, or that the CA does not send any more. Clients take trust anchors from the chain alone, so they then refuse ' +
      'the service, unless another record matches.',
    todo:
      'before that, publish records of the intermediates that the CA signs with, beside ' +
      'those that exist; or hold each new chain back until its records have been published ' +
      'for two TTLs (holger run does this)',
  },
  'certificate-digest': {
    severity: 'warning',
    source: 'RFC 7671 §5.1; Let’s Encrypt community',
    means:
      'The digest of a whole certificate changes with every renewal, and this certificate ' +
      'is renewed often.',
    todo: 'use "3 1 1", which stays valid as long as the key is the same',
  },
  'issuer-certificate-digest': {
    severity: 'ok',
    source:
      'dane-users 2021-09; Internet.nl DANE how-to; otherwise RFC 7671 §5.2.1, RFC 7672 §3.1.2',
    means:
      'CAs issue their certificates again and cross-sign them with the same key; records ' +
      'with selector 0 then no longer match. RFC 7671 recommends selector 0 to keep the ' +
      'constraints in the CA certificate; this is useful for a CA of your own.',
    todo: 'use "2 1 1", unless the CA is your own and you know when its certificate changes',
  },
  'stronger-digest': {
    severity: 'critical',
    source: 'RFC 7671 §9, §8.3, RFC 7672 §5',
    means:
      'Clients with digest algorithm agility use only the strongest digest of a usage and ' +
      'selector, and none of these matches.',
    todo:
      'publish SHA2-512 records for everything that has SHA2-256 records, or withdraw all ' +
      'SHA2-512 records',
  },
  'sha512-alone': {
    severity: 'warning',
    source: 'RFC 6698 §6, RFC 7671 §2',
    means: 'SHA2-256 is the only digest that every client must support.',
    todo: 'publish the same record with matching type 1',
  },
  'full-data': {
    severity: 'warning',
    source: 'RFC 7671 §10.1.2',
    means:
      'Records that contain whole certificates or keys can make answers larger than ' +
      'networks carry reliably.',
    todo: 'use matching type 1',
  },
  'ttl-too-long': {
    severity: 'warning',
    source: 'RFC 7671 §8.1, §13; Internet.nl DANE how-to, dane-users',
    means:
      'Every rollover waits for two TTLs, and this is a large part of the lifetime of the ' +
      'certificate.',
    todo: 'lower the TTL to an hour or less; the change is effective after the old TTL',
  },
  'certificate-ends': {
    severity: 'warning',
    source: 'RFC 5280 §4.1.2.5, RFC 7671 §5.1',
    means:
      'Clients without DANE may check the dates. Clients that match a record of usage 3 do ' +
      'not.',
    todo: 'renew the certificate; if a program renews it, read its log',
  },
  'path-ends': {
    severity: 'warning',
    source: 'RFC 7671 §5.1, RFC 5280 §6.1.3',
    means:
      'With usages 0 to 2 clients check the dates of all certificates up to the CA. When ' +
      'the first of them expires, the records no longer match.',
    todo:
      'renew the certificate, or send another chain, before that time; also publish "3 1 ' +
      '1" of the key, where dates are not checked',
  },
  'mx-insecure': {
    severity: 'warning',
    source: 'RFC 7672 §2.2.1',
    means:
      'The MX records are not signed: an attacker on the path can name another host. Some ' +
      'MTAs then do not use DANE; others check the hosts that they were given against ' +
      'their records.',
    todo: 'sign the zone of the domain, and publish its DS record in the parent zone',
  },
  'mx-bogus': {
    severity: 'critical',
    source: 'RFC 7672 §2.1.2',
    means: 'The MX records fail DNSSEC validation. Mail waits until this is fixed.',
    todo: 'check the signatures of the zone and the DS record in its parent (delv, dnsviz.net)',
  },
  'mx-fails': {
    severity: 'unknown',
    source: 'RFC 5321 §5.1, RFC 7672 §2.1.2',
    means: 'The MX records could not be found out.',
    todo: 'check the name servers of the domain and the resolver of this machine',
  },
  'no-mail': {
    severity: 'critical',
    source: 'RFC 5321 §5.1',
    means: 'The domain has neither MX records nor an address: mail to it bounces.',
    todo: 'publish MX records; or, if the domain takes no mail, a null MX (RFC 7505)',
  },
  'mx-no-host': {
    severity: 'warning',
    source: 'RFC 5321 §5.1, RFC 1035 §3.3.9, RFC 1123 §2.1',
    means:
      'An MX record contains an address, or a name that cannot be a host name. No mail ' +
      'goes there, and no TLSA record can exist below it.',
    todo: 'name a host with address records in the MX record, or remove it',
  },
  'no-mail-host': {
    severity: 'critical',
    source: 'RFC 5321 §5.1',
    means:
      'The domain has MX records, but none leads to an address that other machines can ' +
      'reach: mail to it waits and then bounces.',
    todo:
      'publish A or AAAA records of the MX hosts; or, if the domain takes no mail, a null ' +
      'MX as the only MX record (RFC 7505)',
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
      'An MX record names an alias. Some MTAs do not follow it, and it depends on the ' +
      'client which of the two names is used for TLSA records.',
    todo: 'name the host itself in the MX record',
  },
  'partial-mx': {
    severity: 'warning',
    source: 'RFC 7672 §2.2.1; dane-users',
    means:
      'Some MX hosts have TLSA records and others do not: an attacker can lead mail to ' +
      'those without.',
    todo: 'publish records for every MX host',
  },
  'same-key': {
    severity: 'ok',
    source: 'Internet.nl DANE how-to',
    means:
      'All MX hosts present the same key, so one mistake with it affects all of them at ' +
      'the same time.',
    todo: 'give each MX host a key of its own, and renew them on different days',
  },
  'srv-insecure': {
    severity: 'warning',
    source: 'RFC 7673 §3.1',
    means:
      'The SRV records are not signed: an attacker on the path can name another host. ' +
      'Clients and servers then do not use DANE, even if the hosts have TLSA records.',
    todo: 'sign the zone of the domain, and publish its DS record in the parent zone',
  },
  'srv-bogus': {
    severity: 'critical',
    source: 'RFC 7673 §3.1',
    means:
      'The SRV records fail DNSSEC validation. Validating clients do not connect until ' +
      'this is fixed.',
    todo: 'check the signatures of the zone and the DS record in its parent (delv, dnsviz.net)',
  },
  'srv-fails': {
    severity: 'unknown',
    source: 'RFC 7673 §3.1, RFC 6120 §3.2.1',
    means: 'The SRV records could not be found out.',
    todo: 'check the name servers of the domain and the resolver of this machine',
  },
  'no-xmpp': {
    severity: 'warning',
    source: 'RFC 6120 §3.2',
    means: 'The domain has neither SRV records for XMPP nor an address: clients find no server.',
    todo: 'publish SRV records; or, if the domain has no XMPP, SRV records with the target "."',
  },
  'srv-no-host': {
    severity: 'warning',
    source: 'RFC 1123 §2.1, RFC 2782',
    means:
      'An SRV record contains an address, or a name that cannot be a host name. No client ' +
      'connects there, and no TLSA record can exist below it.',
    todo: 'name a host with address records in the SRV record, or remove it',
  },
  'no-xmpp-host': {
    severity: 'critical',
    source: 'RFC 6120 §3.2.1, RFC 2782',
    means: 'There are SRV records, but none leads to an address: no client can connect.',
    todo:
      'publish A or AAAA records of the hosts; or, if there is no such service, one SRV ' +
      'record with the target "."',
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
    means: 'One SRV record says that the service does not exist, and others name its hosts.',
    todo: 'withdraw the SRV record with the target "."',
  },
  'implicit-srv': {
    severity: 'ok',
    source: 'RFC 6120 §3.2.2',
    means:
      'The domain has no SRV records for clients or for servers; they connect to the ' +
      'address of the domain and the default port.',
    todo:
      'publish SRV records that name the host, or, if there is no such service, one with ' +
      'the target "."',
  },
  'srv-is-alias': {
    severity: 'warning',
    source: 'RFC 7671 §7, RFC 2782',
    means:
      'An SRV record names an alias. It depends on the client which of the two names is ' +
      'used for TLSA records.',
    todo: 'name the host itself in the SRV record',
  },
  'host-too-long': {
    severity: 'warning',
    source: 'RFC 1035 §2.3.4, RFC 6698 §3',
    means:
      'An MX or SRV record names a host whose name is too long for TLSA records below it. ' +
      'It was not checked.',
    todo: 'give the host a shorter name',
  },
  'partial-srv': {
    severity: 'warning',
    source: 'RFC 7673 §3.1',
    means:
      'Some of the hosts and ports that clients, or other servers, may choose have TLSA ' +
      'records and others do not: an attacker can lead clients to those without.',
    todo: 'publish records for every host and port that the SRV records name',
  },
  'server-silent': {
    severity: 'warning',
    source: 'RFC 2182 §3.3; dns-monitoring-scripts',
    means:
      'A name server of the zone does not answer. Queries to it cost resolvers time, and ' +
      'the zone fails if the other servers fail, too.',
    todo:
      'check that it runs and that a firewall does not drop DNS, or remove it from the NS ' +
      'records',
  },
  'server-not-asked': {
    severity: 'ok',
    source: 'RFC 2182 §3; Internet.nl DANE how-to',
    means:
      'This machine cannot send to the address (it has no IPv6, for example). This is not ' +
      'a fault of the server.',
    todo: 'run the check on a machine that can reach the address',
  },
  'server-lame': {
    severity: 'warning',
    source: 'RFC 1912 §2.8',
    means: 'A server that the NS records name does not serve the zone.',
    todo:
      'let the server load the zone, or remove it from the NS records on both sides of the ' +
      'delegation',
  },
  'server-without-tcp': {
    severity: 'warning',
    source: 'RFC 7766 §5',
    means: 'The server answers over UDP only. Answers that are too large for UDP are lost.',
    todo: 'open TCP port 53 in front of the server',
  },
  'server-fails-tlsa': {
    severity: 'critical',
    source: 'RFC 7672 §2.1.2, §2.2.2; danecheck',
    means:
      'The server answers, but fails for TLSA queries. Queries to it cost resolvers time; ' +
      'if no other server answers, mail waits.',
    todo: 'update the server, and check for a firewall that filters DNS by type or size',
  },
  'servers-unknown': {
    severity: 'unknown',
    source: 'RFC 1034 §4.2.1',
    means:
      'The name servers of the zone could not be found out, so none of them was asked ' +
      'directly.',
    todo:
      'check the resolver of this machine and the delegation; a firewall may let only the ' +
      'resolver ask name servers (--no-servers leaves them out)',
  },
  'signatures-unjudged': {
    severity: 'unknown',
    source: 'RFC 4035 §5.3.1',
    means:
      'The zone is signed, but its keys could not be found out: the signatures of its ' +
      'servers were not checked.',
    todo: 'ask the resolver for the DNSKEY records of the zone; it may drop large answers',
  },
  'servers-disagree': {
    severity: 'warning',
    source: 'RFC 1034 §4.3.5, RFC 7671 §8.1; danefail list',
    means:
      'Name servers have different TLSA, MX or SRV records. Clients see one or the other ' +
      'at random, and a new key may meet old records.',
    todo:
      'check that the secondaries transfer the zone (NOTIFY, serial, TSIG of the ' +
      'transfer), and deploy no new key before all of them have it',
  },
  'server-lags': {
    severity: 'ok',
    source: 'RFC 1034 §4.3.5, RFC 1996 §3.11, RFC 1982 §3.2',
    means:
      'The server has an older version of the zone than others. This is normal for a few ' +
      'seconds after a change.',
    todo: 'check again in a minute; then check NOTIFY and the transfers',
  },
  'server-unfound': {
    severity: 'warning',
    source: 'RFC 2181 §10.3, RFC 1912 §2.8',
    means: 'The NS records name a server whose address cannot be found out.',
    todo: 'publish its address, or remove it from the NS records',
  },
  'ns-mismatch': {
    severity: 'warning',
    source: 'RFC 1034 §4.2.2, RFC 1912 §2.8; dns-monitoring-scripts',
    means:
      'Parent and zone do not name the same servers. Resolvers use both lists, so all of ' +
      'these servers must have the same records.',
    todo: 'write the same NS records into the zone and at the registry',
  },
  'ds-without-dnskey': {
    severity: 'critical',
    source: 'RFC 4035 §2.4, §5.2, RFC 6781 §4.3.3',
    means:
      'The DS record in the parent names keys that the zone does not have: the whole zone ' +
      'is bogus for validating resolvers.',
    todo: 'remove the DS record from the parent, or restore the keys that it names',
  },
  'unsigned-answer': {
    severity: 'critical',
    source: 'RFC 4035 §3.1, §5, RFC 7672 §2.1.2',
    means:
      'The zone is signed, but this server answers without signatures or proofs: ' +
      'validating resolvers reject its answers as forged.',
    todo: 'let the server load the signed zone, and update it if it does not know DNSSEC',
  },
  'signature-ended': {
    severity: 'critical',
    source: 'RFC 4035 §5.3.1',
    means: 'Signatures are expired or not valid yet. Validating resolvers reject the records.',
    todo:
      'sign the zone again; check that the signer runs, that its clock is right, and that ' +
      'the secondaries transfer the zone',
  },
  'signature-ends': {
    severity: 'warning',
    source: 'RFC 6781 §4.4.2.2, RFC 7671 §11',
    means: 'Signatures expire soon, and a working signer would have renewed them already.',
    todo: 'check that the signer runs, and that the secondaries transfer the zone',
  },
  'signature-wrong': {
    severity: 'critical',
    source: 'RFC 4035 §5.3',
    means: 'A signature does not match the data that it covers, or the keys of the zone.',
    todo:
      'sign the zone again; if only some servers have this signature, let them transfer ' +
      'the whole zone',
  },
  'signature-unknown': {
    severity: 'warning',
    source: 'RFC 4035 §5.2, RFC 9904 §3, RFC 9905 §2',
    means:
      'Validators do not support the algorithm of the signatures, or no longer trust it: ' +
      'for them the zone is unsigned.',
    todo: 'move the zone to ECDSA P-256 (13)',
  },
  'wrong-denial': {
    severity: 'critical',
    source: 'RFC 4035 §5.4, RFC 5155 §8, RFC 8020 §2, RFC 9156 §3; Internet.nl DANE how-to',
    means:
      'The server denies a name or type in a way that proves nothing, or that denies the ' +
      'TLSA records as well. Some resolvers then treat the records as absent or bogus.',
    todo:
      'sign the zone again, update the server, and let the secondaries transfer the whole ' +
      'zone',
  },
  'nsec3-iterations': {
    severity: 'ok',
    source: 'RFC 9276 §3.1, §3.2',
    means:
      'Additional iterations of NSEC3 cost servers and resolvers work and protect nothing; ' +
      'validators treat zones with many iterations as unsigned, or answer with an error.',
    todo: 'use 0 iterations and no salt',
  },
  'answer-too-large': {
    severity: 'warning',
    source: 'RFC 7671 §10.1.1; DNS flag day 2020',
    means: 'The answer is too large for reliable UDP. It is lost where TCP is blocked.',
    todo: 'publish fewer records, publish digests and not full data, and sign with ECDSA',
  },
  'unwanted-records': {
    severity: 'warning',
    source: 'RFC 7671 §8, §10.3',
    means:
      'The configuration requests no TLSA records for this service, or does not name the ' +
      'service any more, but records exist: clients check every certificate against them.',
    todo:
      'withdraw them (holger delete, if no certificate names them any more), or set dane = ' +
      'true (holger off --undo, after holger off), so that holger keeps them correct',
  },
  'foreign-chain': {
    severity: 'warning',
    source: 'RFC 7671 §8.1',
    means:
      'This address presents a certificate that holger did not deploy there. A record may ' +
      'match it now (that of the issuer, for example), but no longer after the next change ' +
      'of CA or key.',
    todo:
      'find out which other client renews it (certbot, acme.sh, a job of the service ' +
      'itself) and disable it; then let the service load the files that holger deployed ' +
      '(holger status names them)',
  },
  'caa-forbids': {
    severity: 'warning',
    source: 'RFC 8659 §3, §4.1 to §4.3, RFC 8657 §3, §4',
    means: 'The CA of the configuration may not issue for this name: the next renewal fails.',
    todo: 'allow this CA, this account and its challenge in CAA, or remove the records',
  },
  'caa-fails': {
    severity: 'warning',
    source: 'RFC 8659 §6; CA/Browser Forum Baseline Requirements §3.2.2.8',
    means:
      'A CA that cannot look up the CAA records of a name in a signed zone must not issue: ' +
      'the next renewal fails.',
    todo:
      'check the name servers of the zone; some old servers and firewalls drop record ' +
      'types that they do not know',
  },
  'caa-open': {
    severity: 'ok',
    source: 'RFC 8657 §5.6; dane-users',
    means:
      'Records of usage 2 accept any certificate that this CA issues for the name, and CAA ' +
      'does not restrict the CA to one account or method.',
    todo:
      'publish CAA with accounturi or with validationmethods=dns-01; against attackers on ' +
      'the path both need a signed zone',
  },
} as const satisfies Record<string, Rule>;

export type RuleName = keyof typeof RULES;
