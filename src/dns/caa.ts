// Which CA may issue, for which account and by which method: what CAA properties say (RFC 8659 §4,
// RFC 8657).

export interface CaaProperty {
  readonly critical: boolean;
  readonly tag: string;
  readonly value: string;
}

/** The party that requests the certificate. */
export interface CaaParty {
  /** The names of the CA in CAA records; any of them is accepted. */
  readonly issuers: readonly string[];
  /** The account's URL; undefined: not known, so any account may be it; null: there is none yet. */
  readonly account: string | null | undefined;
  readonly method: string;
  /** URLs of accounts that were used before it. */
  readonly former?: readonly string[];
}

export type CaaRefusal =
  | { readonly why: 'critical'; readonly tag: string }
  | { readonly why: 'nobody' }
  | { readonly why: 'other-ca'; readonly issuers: readonly string[] }
  | { readonly why: 'other-method'; readonly methods: readonly string[] }
  | { readonly why: 'other-account'; readonly accounts: readonly string[] }
  /** Parameters that may occur once occur twice: no account can satisfy them (RFC 8657 §3). */
  | { readonly why: 'twice' };

/** Who else may issue. */
export type CaaOther =
  | { readonly who: 'everybody' }
  | { readonly who: 'other-ca'; readonly issuer: string }
  | { readonly who: 'any-account' }
  | { readonly who: 'other-account'; readonly account: string }
  | { readonly who: 'other-method'; readonly methods: readonly string[] };

export type CaaVerdict =
  | { readonly allowed: true; readonly others: readonly CaaOther[] }
  | { readonly allowed: false; readonly refusal: CaaRefusal };

/**
 * Tags that CAs know (IANA, "Certification Authority Restriction Properties"); an unknown critical
 * one forbids all.
 */
const KNOWN = [
  'issue',
  'issuewild',
  'iodef',
  'issuemail',
  'issuevmc',
  'contactemail',
  'contactphone',
];

/**
 * Labels of letters, digits and hyphens, then parameters of printable characters (RFC 8659 §4.2).
 */
const WELL_FORMED =
  /^\s*(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*\.?\s*)?(?:;(?:\s*[a-z0-9]+\s*=\s*[!-:<-~]*\s*)?)*$/i;

interface Permission {
  /** Empty: no CA. */
  readonly issuer: string;
  readonly accounts: readonly string[];
  /** One list for each parameter; none: all. */
  readonly methods: readonly (readonly string[])[];
}

/**
 * `letsencrypt.org; validationmethods=dns-01; accounturi=https://…` (RFC 8659 §4.2); other
 * parameters have no effect here.
 */
function permissionOf({ value }: CaaProperty): Permission {
  // A value that cannot be read allows no CA (RFC 8659 §4.2).
  if (!WELL_FORMED.test(value)) return { issuer: '', accounts: [], methods: [] };
  const [issuer = '', ...rest] = value.split(';').map((part) => part.trim());
  const named = (wanted: string): string[] =>
    rest.flatMap((part) => {
      const [, tag = '', text = ''] = /^([a-z0-9]+)\s*=\s*(\S*)$/i.exec(part) ?? [];
      return tag.toLowerCase() === wanted ? [text] : [];
    });
  return {
    issuer: issuer.toLowerCase().replace(/\.$/, ''),
    accounts: named('accounturi'),
    methods: named('validationmethods').map((text) => text.split(',')),
  };
}

/** Which accounts a property names (RFC 8657 §3). */
export const accountsIn = (property: CaaProperty): readonly string[] =>
  permissionOf(property).accounts;

/**
 * The properties that apply: `issuewild` before `issue` for a wildcard (RFC 8659 §4.3). Undefined:
 * no restriction.
 */
function permissionsFor(
  domain: string,
  properties: readonly CaaProperty[],
): readonly Permission[] | undefined {
  const tagged = (wanted: string) => properties.filter(({ tag }) => tag === wanted);
  const wild = domain.startsWith('*.') ? tagged('issuewild') : [];
  const counting = wild.length > 0 ? wild : tagged('issue');
  return counting.length === 0 ? undefined : counting.map(permissionOf);
}

const isMeetable = ({ accounts, methods }: Permission): boolean =>
  accounts.length <= 1 && methods.length <= 1;

const letsMethod = ({ methods: [methods] }: Permission, { method }: CaaParty): boolean =>
  methods?.includes(method) ?? true;

const letsAccount = ({ accounts: [first] }: Permission, { account }: CaaParty): boolean =>
  first === undefined || account === undefined || first === account;

function refusalOf(all: readonly Permission[], party: CaaParty): CaaRefusal | undefined {
  const own = all.filter(({ issuer }) => party.issuers.includes(issuer));
  if (own.length === 0) {
    const issuers = all.map(({ issuer }) => issuer).filter((issuer) => issuer !== '');
    return issuers.length === 0 ? { why: 'nobody' } : { why: 'other-ca', issuers };
  }
  const meetable = own.filter(isMeetable);
  if (meetable.length === 0) return { why: 'twice' };
  const byMethod = meetable.filter((one) => letsMethod(one, party));
  if (byMethod.length === 0) {
    return { why: 'other-method', methods: meetable.flatMap(({ methods }) => methods.flat()) };
  }
  if (byMethod.some((one) => letsAccount(one, party))) return undefined;
  return { why: 'other-account', accounts: byMethod.flatMap(({ accounts }) => accounts) };
}

function othersIn(permission: Permission, party: CaaParty): readonly CaaOther[] {
  const { issuer, accounts, methods } = permission;
  if (issuer === '' || !isMeetable(permission)) return [];
  if (!party.issuers.includes(issuer)) return [{ who: 'other-ca', issuer }];
  const [account] = accounts;
  // An unknown account may be ours.
  const stranger = account !== undefined && !letsAccount(permission, party);
  if (stranger) return [{ who: 'other-account', account }];
  const ways = methods[0]?.filter((method) => method !== party.method && method !== '');
  return [
    ...(account === undefined ? [{ who: 'any-account' } as const] : []),
    ...(ways?.length === 0 ? [] : [{ who: 'other-method', methods: ways ?? [] } as const]),
  ];
}

/** `properties`: those in force for the domain; `*.example.org` is judged as a wildcard. */
export function judgeCaa(
  domain: string,
  properties: readonly CaaProperty[],
  party: CaaParty,
): CaaVerdict {
  const strange = properties.find(({ critical, tag }) => critical && !KNOWN.includes(tag));
  if (strange !== undefined) {
    return { allowed: false, refusal: { why: 'critical', tag: strange.tag } };
  }
  const all = permissionsFor(domain, properties);
  if (all === undefined) return { allowed: true, others: [{ who: 'everybody' }] };
  const refusal = refusalOf(all, party);
  if (refusal !== undefined) return { allowed: false, refusal };
  return { allowed: true, others: all.flatMap((one) => othersIn(one, party)) };
}

/**
 * Whether a property names the CA without restricting account or method; or there is no
 * restriction.
 */
export function isOpenCaa(
  domain: string,
  properties: readonly CaaProperty[],
  issuers: readonly string[],
): boolean {
  const own = permissionsFor(domain, properties)?.filter(({ issuer }) => issuers.includes(issuer));
  return (
    own?.some(({ accounts, methods }) => accounts.length === 0 && methods.length === 0) ?? true
  );
}

/** The property that lets this party issue, and no other. */
export function caaValue({ issuers: [issuer = ''], account, method }: CaaParty): string {
  const bound = typeof account === 'string' ? `; accounturi=${account}` : '';
  return `${issuer}${bound}; validationmethods=${method}`;
}

/** The tag by which the names of this domain are let: `issue`, unless `issuewild` is in force. */
export function caaTagFor(
  domain: string,
  properties: readonly CaaProperty[],
): 'issue' | 'issuewild' {
  const isWild = domain.startsWith('*.') && properties.some(({ tag }) => tag === 'issuewild');
  return isWild ? 'issuewild' : 'issue';
}

/** One sentence about the records, which are "they". */
export function refusalText(
  refusal: CaaRefusal,
  { issuers, account, method, former = [] }: CaaParty,
): string {
  switch (refusal.why) {
    case 'critical':
      return `its critical property "${refusal.tag}" is unknown to CAs`;
    case 'nobody':
      return `they allow no CA, not even ${issuers.join(' or ')}`;
    case 'other-ca':
      return `they allow ${refusal.issuers.join(', ')}, not ${issuers.join(' or ')}`;
    case 'twice':
      return (
        'an accounturi or validationmethods occurs twice in one property, which allows no ' +
        'account'
      );
    case 'other-method':
      return `their validationmethods do not name ${method}`;
    case 'other-account': {
      const named = refusal.accounts.join(', ');
      if (account === null) return `their accounturi is ${named}, and there is no account yet`;
      const whose = refusal.accounts.every((one) => former.includes(one)) ? 'a former' : 'another';
      return `their accounturi is that of ${whose} account (${named}), not ${account ?? 'ours'}`;
    }
  }
}
