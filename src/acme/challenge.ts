// The TXT record that proves a name by one of the three methods that use DNS: dns-01 (RFC 8555
// §8.4), dns-account-01 (draft-ietf-acme-dns-account-label) and dns-persist-01
// (draft-ietf-acme-dns-persist; the form of its record is the one that the CA shows).
import { createHash } from 'node:crypto';
import { AppError } from '../base/errors.ts';
import { visibleLine } from '../base/visible.ts';
import { fqdn } from '../dns/name.ts';
import type { Call } from '../ports/call.ts';
import type { ChallengeMethod, DnsChallenge } from '../ports/issuer.ts';
import type { AcmeClient } from './client.ts';
import { areIssuerNames } from './directory.ts';
import type { Directory } from './directory.ts';
import type { OpenChallenge } from './order.ts';

export interface Prover {
  readonly method: ChallengeMethod;
  readonly client: Pick<AcmeClient, 'directory' | 'dns01Value' | 'thumbprint'>;
  readonly accountUrl: (call: Call) => Promise<string>;
}

export type Proof = Pick<DnsChallenge, 'owner' | 'value' | 'stays'>;

/** `isWild`: the order has a wildcard for this name. */
export async function proofFor(
  challenge: OpenChallenge,
  isWild: boolean,
  { method, client, accountUrl }: Prover,
  call: Call,
): Promise<Proof> {
  const { identifier, token } = challenge;
  const account = method === 'dns-01' ? undefined : await accountUrl(call);
  const owner = fqdn(`${labelsOf(method, account)}.${identifier}`);
  if (method !== 'dns-persist-01') return { owner, value: await client.dns01Value(token) };
  const directory = await client.directory(call);
  const uri = await accountUri(challenge, directory, account ?? '', client);
  const issuer = issuerName(challenge, directory);
  const policy = isWild ? '; policy=wildcard' : '';
  return { owner, value: `${issuer}; accounturi=${uri}${policy}`, stays: true };
}

/** Before the name that is proven. `account`: its URL; undefined: there is none yet. */
export function labelsOf(method: ChallengeMethod, account: string | undefined): string {
  if (method === 'dns-persist-01') return '_validation-persist';
  if (method === 'dns-01' || account === undefined) return '_acme-challenge';
  return `_${accountLabel(account)}._acme-challenge`;
}

/**
 * How a record of dns-persist-01 for this name may name the account, now and where the CA had no
 * prefix for a hash before. `account`: its URL.
 */
export async function standingAccounts(
  identifier: string,
  account: string,
  client: Prover['client'],
  call: Call,
): Promise<readonly string[]> {
  const directory = await client.directory(call);
  return [...new Set([account, await accountUri({ identifier }, directory, account, client)])];
}

const OCTETS_IN_LABEL = 10;

/** The first octets of the SHA-256 of the URL, in base32. */
function accountLabel(account: string): string {
  const start = createHash('sha256').update(account).digest().subarray(0, OCTETS_IN_LABEL);
  // Five bits are one digit, in both: only the letters for them differ.
  const digits = BigInt(`0x${start.toString('hex')}`)
    .toString(32)
    .padStart(16, '0');
  return [...digits].map((digit) => BASE32[parseInt(digit, 32)]).join('');
}

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** What a value may consist of between "=" and ";" (RFC 8659 §4.2). */
const VALUE = /^[\x21-\x3a\x3c-\x7e]{1,1000}$/;

async function accountUri(
  { identifier, accountUri: named }: Pick<OpenChallenge, 'identifier'> & Partial<OpenChallenge>,
  { accountHashPrefix: prefix }: Directory,
  account: string,
  client: Prover['client'],
): Promise<string> {
  const uri =
    prefix === undefined ? account : prefix + (await accountHash(identifier, account, client));
  if (!VALUE.test(uri))
    throw refused(identifier, 'its URL of the account cannot stand in a record');
  // Another one would let another account issue for the name, for as long as the record exists.
  if (prefix === undefined && named !== undefined && named !== account) {
    throw refused(identifier, `it names another account than this one: ${visibleLine(named, 200)}`);
  }
  return uri;
}

/** §4.1 of the draft, version 02: the name, the key and the URL of the account. */
async function accountHash(
  identifier: string,
  account: string,
  client: Prover['client'],
): Promise<string> {
  const digest = createHash('sha256')
    .update(Uint8Array.of(identifier.length))
    .update(identifier + (await client.thumbprint()) + account)
    .digest('base64url');
  return `sha-256/${digest}`;
}

/** §3.1 and §3.2 of the draft: of several names any one will do. */
function issuerName(
  { identifier, issuerNames = [] }: OpenChallenge,
  { issuerDomainNames: always, caaIdentities }: Directory,
): string {
  if (!areIssuerNames(issuerNames)) {
    throw refused(identifier, 'it names no issuer, too many, or what is not a domain name');
  }
  const missing = always?.find((name) => !issuerNames.includes(name));
  const known = caaIdentities.map((name) => name.toLowerCase().replace(/\.$/, ''));
  const foreign = known.length === 0 ? undefined : issuerNames.find((it) => !known.includes(it));
  if (missing !== undefined || foreign !== undefined) {
    const why = `its issuers are not those of the directory: ${issuerNames.join(', ')}`;
    throw refused(identifier, why);
  }
  // Always the same one, whatever the order in which the CA names them.
  const [first = ''] = [...(always ?? issuerNames)].sort();
  return first;
}

function refused(identifier: string, why: string): AppError {
  return new AppError(
    'ACME_PROBLEM',
    `the dns-persist-01 challenge of the CA for ${identifier} is not usable: ${why}`,
    {
      hint: 'nothing was written to DNS for it; set challenge = "dns-01", and report it to the CA',
      details: { type: 'about:blank' },
    },
  );
}
