// The directory of a CA (RFC 8555 §7.1.1) with what later documents add: renewalInfo (RFC 9773) and
// meta.profiles.
import type { Clock, Instant, Seconds } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { visibleLine } from '../base/visible.ts';
import type { Call } from '../ports/call.ts';
import { objectOf, textOf, textsOf } from './json.ts';
import type { JsonObject } from './json.ts';
import { problemError } from './problem.ts';
import { shareRuns } from './shared.ts';
import type { Reply, Send } from './transport.ts';

export interface Directory {
  readonly newNonce: string;
  readonly newAccount: string;
  readonly newOrder: string;
  readonly revokeCert: string | undefined;
  readonly keyChange: string | undefined;
  readonly renewalInfo: string | undefined;
  readonly termsOfService: string | undefined;
  readonly website: string | undefined;
  readonly caaIdentities: readonly string[];
  /** Names of the CA in records of dns-persist-01; undefined: it names none, or not well. */
  readonly issuerDomainNames: readonly string[] | undefined;
  /** Before the hash of an account in such records; undefined: they have the URL itself. */
  readonly accountHashPrefix: string | undefined;
  readonly externalAccountRequired: boolean;
  /** Name → description; undefined if the CA has no profiles. */
  readonly profiles: Readonly<Record<string, string>> | undefined;
}

/** More than any CA has; the names are listed in messages. */
const MOST_PROFILES = 50;
const LONGEST_NAME = 64;
const LONGEST_TEXT = 300;

/** A run with --wait can last for days; a CA may move a URL or add ARI in the meantime. */
const MAX_AGE: Seconds = 3600;

/** Fetched once and kept for an hour; look-ups at the same time share one request. */
export function createDirectory(
  url: string,
  send: Send,
  clock: Clock,
): (call: Call) => Promise<Directory> {
  let known: { readonly at: Instant; readonly directory: Directory } | undefined;
  const fetchIt = shareRuns(async (call) => {
    const reply = await send({ method: 'GET', url, accept: 'application/json' }, call);
    if (reply.status !== 200) throw problemError(reply, 'its directory', clock.now());
    const directory = parseDirectory(reply);
    known = { at: clock.now(), directory };
    return directory;
  });
  return (call) => {
    const age = known === undefined ? Infinity : clock.now() - known.at;
    if (known !== undefined && age >= 0 && age < MAX_AGE) return Promise.resolve(known.directory);
    return fetchIt(call);
  };
}

function parseDirectory(reply: Reply): Directory {
  const body = objectOf(reply.data);
  const meta = objectOf(body?.['meta']);
  const need = (field: string): string => {
    const value = textOf(body, field);
    if (value !== undefined && URL.canParse(value)) return value;
    throw new AppError(
      'ACME_PROBLEM',
      `${reply.url} is not an ACME directory: it has no ${field}`,
      {
        hint: 'set directory under [acme] to the directory URL in the documentation of the CA',
        details: { url: reply.url, type: 'about:blank' },
      },
    );
  };
  return {
    newNonce: need('newNonce'),
    newAccount: need('newAccount'),
    newOrder: need('newOrder'),
    revokeCert: textOf(body, 'revokeCert'),
    keyChange: textOf(body, 'keyChange'),
    renewalInfo: textOf(body, 'renewalInfo'),
    termsOfService: textOf(meta, 'termsOfService'),
    website: textOf(meta, 'website'),
    caaIdentities: textsOf(meta, 'caaIdentities'),
    issuerDomainNames: issuerNamesIn(meta),
    accountHashPrefix: textOf(meta, 'accountHashPrefix'),
    externalAccountRequired: meta?.['externalAccountRequired'] === true,
    profiles: profilesOf(meta?.['profiles']),
  };
}

function issuerNamesIn(meta: JsonObject | undefined): readonly string[] | undefined {
  const names = textsOf(meta, 'issuerDomainNames');
  return areIssuerNames(names) ? names : undefined;
}

/** §3.1 of draft-ietf-acme-dns-persist. */
const MOST_ISSUERS = 10;
const DOMAIN = /^(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})+$/;

export function areIssuerNames(names: readonly string[]): boolean {
  return (
    names.length > 0 && names.length <= MOST_ISSUERS && names.every((name) => DOMAIN.test(name))
  );
}

function profilesOf(value: unknown): Readonly<Record<string, string>> | undefined {
  const object = objectOf(value);
  if (object === undefined) return undefined;
  const known = Object.entries(object)
    .filter(([name]) => name.length <= LONGEST_NAME)
    .slice(0, MOST_PROFILES)
    .map(([name, text]) => [name, visibleLine(String(text), LONGEST_TEXT)] as const);
  return Object.fromEntries(known);
}
