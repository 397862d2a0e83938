// What an operator can do about each kind of refusal (the registry of RFC 8555 §6.7, RFC 9773 §7.4,
// the profiles draft).
import { entryOf } from '../base/table.ts';

const HINTS: Readonly<Record<string, string>> = {
  accountDoesNotExist:
    'the CA lost the account again right after its key was registered: ask the CA',
  alreadyReplaced: 'another order has already replaced that certificate: run again',
  badCSR:
    'check key type, key size and names of the certificate: this CA does not accept the ' +
    'request',
  badRevocationReason: 'this CA does not accept that reason: leave it out',
  badPublicKey: 'use another key type or size for the account or the certificate',
  badSignatureAlgorithm: 'use another account key type',
  caa: 'allow this CA and account in the CAA records of the name (holger caa shows them)',
  compound: 'read the errors of the single names in the message',
  connection: 'make the name reachable for the CA from the whole Internet',
  dns: 'check that every authoritative server of the zone answers, and that DNSSEC validates',
  externalAccountRequired:
    'set eab = { kid, hmac } under [acme] with the values that the CA gave you',
  incorrectResponse:
    'the TXT record had another value: check which other program writes _acme-challenge',
  invalidContact: 'correct email under [acme], or leave it out',
  invalidProfile: 'set profile to one that the CA offers, or leave it out',
  malformed:
    'if this error occurs again with the same text it is a bug in holger: report it with ' +
    'the text',
  rejectedIdentifier: 'the CA issues no certificates for this name: remove it from domains',
  unauthorized:
    'check that the TXT record was visible everywhere, and that the account may do this',
  unsupportedContact: 'correct email under [acme], or leave it out',
  unsupportedIdentifier:
    'the CA issues no certificates for this kind of name: remove it from domains',
  userActionRequired: 'open the URL in the message and do what the CA asks, then run again',
};

/** Imperative, for the `hint` of an error; undefined if the CA's own words are enough. */
export function hintFor(type: string, detail: string): string | undefined {
  if (isAboutDeadAccount(type, detail)) {
    return (
      'the account was deactivated or revoked: holger account deactivate --yes --force ' +
      'archives its key, and the next order creates a new account'
    );
  }
  return entryOf(HINTS, type);
}

/** There is no type for it: Boulder and Pebble say it in the text of `unauthorized`. */
export function isAboutDeadAccount(type: string, detail: string): boolean {
  return type === 'unauthorized' && /account.*(deactivated|revoked|not valid)/i.test(detail);
}
