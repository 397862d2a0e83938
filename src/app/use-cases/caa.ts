// `holger caa`: the CAA records that let only this account issue, and what the records in DNS allow
// now.
import type { Answer, Ask } from '../../check/gather/lookups.ts';
import { createAnswers } from '../../check/gather/lookups.ts';
import { createLimit } from '../../base/limit.ts';
import type { CaaFacts } from '../../check/gather/caa.ts';
import { caaFor } from '../../check/gather/caa.ts';
import { defined } from '../../base/defined.ts';
import { AppError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { silentLogger } from '../../base/log.ts';
import type { ServerAddress } from '../../config/fields.ts';
import type { CertificateConfig, Config } from '../../config/schema.ts';
import { didYouMean } from '../../config/suggest.ts';
import type { CaaOther, CaaParty, CaaVerdict } from '../../dns/caa.ts';
import { accountsIn, caaValue, judgeCaa } from '../../dns/caa.ts';
import type { Fqdn } from '../../dns/name.ts';
import { fqdn } from '../../dns/name.ts';
import { targetName } from '../../dns/rdata.ts';
import type { Call } from '../../ports/call.ts';
import { createProof } from '../../resolver/proof.ts';
import { createResolver } from '../../resolver/resolver.ts';
import { DEFAULT_TIMEOUT_MS } from '../../resolver/validating.ts';
import { createAccountFiles, formerAccounts } from '../../store/account-files.ts';
import { createStore } from '../../store/keyv-store.ts';
import { systemClock } from '../world/clock.ts';
import { faultOf } from '../world/document-shapes.ts';
import { allCertificates } from '../known/one-offs.ts';
import { resolversOf } from '../world/resolvers.ts';
import { identitiesOf, namesOfCa, someKnown } from './caa-names.ts';
import type { Unanswered } from './caa-names.ts';
import { acmeIssuersFor } from '../../config/issuers.ts';
import type { AcmeIssuerConfig } from '../../config/issuers.ts';
import { zonesOf } from '../world/world.ts';

export interface CaaRequest {
  readonly certificate: string;
  readonly config: Config;
  /** Empty: those of the configuration, or of this machine. */
  readonly resolvers: readonly ServerAddress[];
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

export interface CaaRecord {
  readonly owner: Fqdn;
  readonly tag: 'issue' | 'issuewild';
  readonly value: string;
  /** Optional for the operator: it forbids what this certificate does not need. */
  readonly optional: boolean;
}

export type CaaNow =
  | CaaVerdict
  /**
   * False: a CA cannot look it up either, and must not issue. Undefined: this machine could not
   * look it up.
   */
  | { readonly allowed: false | undefined; readonly failed: string };

export interface CaaDomain {
  readonly domain: string;
  /** The owner of the records in force; undefined: there are none. */
  readonly at: Fqdn | undefined;
  readonly now: CaaNow;
}

export interface CaaAlias {
  readonly name: Fqdn;
  /** No CAA record can exist beside a CNAME; a CA reads those at the canonical name. */
  readonly target: Fqdn;
}

/** What one issuer of the certificate may do. */
export interface CaaOfIssuer {
  /** As the configuration names it. */
  readonly issuer: string;
  readonly party: CaaParty;
  /** Its names in CAA records are not known, and nothing is judged for it. */
  readonly unanswered?: Unanswered;
  readonly domains: readonly CaaDomain[];
}

/** `party` and `domains`: of the preferred issuer. */
export interface CaaReport extends CaaOfIssuer {
  readonly certificate: string;
  /** Those that let all issuers of the certificate issue. */
  readonly records: readonly CaaRecord[];
  readonly aliases: readonly CaaAlias[];
  /** The other issuers, in the order of preference. */
  readonly further: readonly CaaOfIssuer[];
}

export type NamedParty = Pick<CaaOfIssuer, 'issuer' | 'party' | 'unanswered'>;

export type OpenCaa = (request: CaaRequest) => Promise<CaaReport>;

/** Look-ups at the same time: fast for a hundred names, and not a burden on the resolver. */
const AT_ONCE = 16;

function recordsAt(
  owner: Fqdn,
  domains: readonly string[],
  parties: readonly NamedParty[],
): CaaRecord[] {
  const isWild = domains.some((domain) => domain.startsWith('*.'));
  const isPlain = domains.some((domain) => !domain.startsWith('*.'));
  const known = parties.filter(({ unanswered }) => unanswered === undefined);
  const own = [...new Set(known.map(({ party }) => caaValue(party)))];
  const records = (tag: CaaRecord['tag'], wanted: boolean): CaaRecord[] =>
    (wanted ? own : [';']).map((value) => ({ owner, tag, value, optional: !wanted }));
  return [...records('issue', isPlain), ...records('issuewild', isWild)];
}

function targetIn(lookup: Answer): Fqdn | undefined {
  if (lookup.status === 'found') return lookup.rrset.owner;
  const last = 'aliases' in lookup ? lookup.aliases.at(-1)?.rdata[0] : undefined;
  return last === undefined ? undefined : targetName(last);
}

/** Another issuer of the same certificate is intended. */
function isIntended(other: CaaOther, parties: readonly NamedParty[]): boolean {
  if (other.who === 'other-ca') {
    return parties.some(({ party }) => party.issuers.includes(other.issuer));
  }
  if (other.who !== 'other-account') return false;
  return parties.some(({ party }) => party.account === other.account);
}

function nowOf(facts: CaaFacts, party: CaaParty, all: readonly NamedParty[]): CaaNow {
  const { domain, properties, failed } = facts;
  if (failed === undefined) {
    const verdict = judgeCaa(domain, properties, party);
    if (!verdict.allowed) return verdict;
    return { allowed: true, others: verdict.others.filter((one) => !isIntended(one, all)) };
  }
  const { lookup, name } = failed;
  const detail = `${name} CAA: ${'detail' in lookup ? lookup.detail : lookup.status}`;
  // CAs may issue if the zone is unsigned (Baseline Requirements §3.2.2.8); the large ones do not.
  const isRefused = lookup.status === 'servfail' || lookup.status === 'bogus';
  return { allowed: isRefused ? false : undefined, failed: detail };
}

/** `parties`: of each issuer, the preferred one first. @throws AppError DNS_MALFORMED */
export async function caaReport(
  { name, domains }: Pick<CertificateConfig, 'name' | 'domains'>,
  parties: readonly [NamedParty, ...NamedParty[]],
  ask: Ask,
): Promise<CaaReport> {
  const bases = [...new Set(domains.map((domain) => fqdn(domain.replace(/^\*\./, ''))))];
  const places = await Promise.all(
    bases.map(async (base) => ({
      base,
      target: targetIn((await ask(base, 'CAA')).lookup) ?? base,
      domains: domains.filter((domain) => fqdn(domain.replace(/^\*\./, '')) === base),
    })),
  );
  const owners = [...new Set(places.map(({ target }) => target))];
  const facts = await Promise.all(domains.map((domain) => caaFor(domain, ask)));
  const [preferred, ...others] = parties;
  const ofIssuer = ({ issuer, party, unanswered }: NamedParty): CaaOfIssuer => ({
    ...{ issuer, party, ...defined({ unanswered }) },
    domains: facts.map((one) => ({
      ...{ domain: one.domain, at: one.at },
      now:
        unanswered === undefined
          ? nowOf(one, party, parties)
          : { allowed: undefined, failed: unanswered.message },
    })),
  });
  return {
    certificate: name,
    ...ofIssuer(preferred),
    further: others.map(ofIssuer),
    records: owners.flatMap((owner) => {
      const here = places.filter(({ target }) => target === owner);
      const all = here.flatMap((place) => place.domains);
      return recordsAt(owner, all, parties);
    }),
    aliases: places.flatMap(({ base, target }) =>
      base === target ? [] : [{ name: base, target }],
    ),
  };
}

export interface NamedInCaa {
  /** The owner of the record. */
  readonly owner: Fqdn;
  readonly tag: string;
  readonly value: string;
}

/**
 * The CAA records in force for these domains that name one of the accounts; names that cannot be
 * looked up have none.
 */
export async function caaNaming(
  accounts: readonly string[],
  domains: readonly string[],
  ask: Ask,
): Promise<readonly NamedInCaa[]> {
  const found = new Map<string, NamedInCaa>();
  for (const { at, properties } of await Promise.all(
    domains.map((domain) => caaFor(domain, ask)),
  )) {
    if (at === undefined) continue;
    for (const property of properties) {
      const { tag, value } = property;
      if (!accountsIn(property).some((account) => accounts.includes(account))) continue;
      found.set(`${at} ${tag} ${value}`, { owner: at, tag, value });
    }
  }
  return [...found.values()];
}

async function certificateNamed(wanted: string, config: Config): Promise<CertificateConfig> {
  const store = createStore({ directory: config.state.directory, clock: systemClock, faultOf });
  // A document that cannot be read is set aside by `run`.
  const reading = { ...store, setAside: () => Promise.resolve() };
  const all = await allCertificates(config, { store: reading, log: silentLogger });
  const found = all.find(({ name }) => name === wanted);
  if (found !== undefined) return found;
  const names = all.map(({ name }) => name);
  const near = didYouMean(wanted, names);
  throw new AppError('USAGE', `the certificate "${wanted}" does not exist${near}`, {
    hint: `certificates are: ${names.join(', ') || 'none'}`,
  });
}

function orderedElsewhere({ name }: CertificateConfig): AppError {
  return new AppError('USAGE', `holger orders nothing for ${name}: another program renews it`, {
    hint: 'which CA and account CAA records must allow, that program knows',
  });
}

export async function askerFor(
  request: Pick<CaaRequest, 'config' | 'logger' | 'resolvers'>,
  call: Call,
): Promise<Ask> {
  const { config, logger } = request;
  const resolver = createResolver({
    resolvers: await resolversOf(request.resolvers, config),
    zones: zonesOf(config),
    proof: createProof({ timeoutMs: DEFAULT_TIMEOUT_MS }),
    clock: systemClock,
    logger,
  });
  return createAnswers({ resolver, unvalidated: false }, createLimit(AT_ONCE), call);
}

export const openCaaAs =
  (version: string): OpenCaa =>
  async (request) => {
    const { config, signal } = request;
    const certificate = await certificateNamed(request.certificate, config);
    const files = createAccountFiles(config.state.directory);
    const partyOf = async (issuer: AcmeIssuerConfig): Promise<NamedParty> => {
      const account = (await files.read(issuer.id))?.url ?? null;
      const former = await formerAccounts(config.state.directory, issuer.id);
      const asker = { config, issuer, logger: request.logger, userAgent: `holger/${version}` };
      const { issuers, unanswered } = await namesOfCa(issuer, () => identitiesOf(asker, signal));
      const party = { issuers, account, method: issuer.challenge, former };
      return { issuer: issuer.name, party, ...defined({ unanswered }) };
    };
    const [first, ...others] = acmeIssuersFor(certificate, config);
    if (first === undefined) throw orderedElsewhere(certificate);
    const [party, ...further] = await Promise.all([first, ...others].map(partyOf));
    const parties = someKnown([party as NamedParty, ...further]);
    const ask = await askerFor(request, { signal });
    return caaReport(certificate, parties, ask);
  };
