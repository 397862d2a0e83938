// `caa`: a zone file with the records that let only this account issue; its comments say what the
// records in DNS allow now.
import type {
  CaaDomain,
  CaaOfIssuer,
  CaaRecord,
  CaaReport,
  OpenCaa,
} from '../../app/use-cases/caa.ts';
import type { ExitStatus } from '../../base/errors.ts';
import type { CaaOther, CaaParty } from '../../dns/caa.ts';
import { refusalText } from '../../dns/caa.ts';
import { hostOf } from '../../dns/name.ts';
import type { Invocation } from '../terminal/io.ts';
import { jsonDocument, paragraph, verbatim } from '../terminal/render.ts';
import { resolverOf } from '../resolver-option.ts';
import { openLog, readConfig } from '../session.ts';

export interface CaaFlags {
  readonly resolver: readonly string[];
}

const comment = (text: string): string => paragraph(text, '; ', '; ');

const lineOf = ({ owner, tag, value }: CaaRecord): string => `${owner} IN CAA 0 ${tag} "${value}"`;

function otherText(other: CaaOther, { former = [] }: CaaParty): string {
  switch (other.who) {
    case 'everybody':
      return 'every CA';
    case 'other-ca':
      return other.issuer;
    case 'any-account':
      return 'every account at this CA';
    case 'other-account':
      return `${former.includes(other.account) ? 'a former' : 'another'} account (${other.account})`;
    case 'other-method':
      return other.methods.length === 0 ? 'every method' : `by ${other.methods.join(', ')}`;
  }
}

function because({ now }: CaaDomain, party: CaaParty): string | undefined {
  if ('failed' in now) return now.failed;
  if (!now.allowed) return refusalText(now.refusal, party);
  return undefined;
}

function nowText(one: CaaDomain, party: CaaParty): string {
  const { domain, at, now } = one;
  const place = at === undefined ? 'no records' : `records at ${hostOf(at)}`;
  const why = because(one, party);
  if ('failed' in now) {
    const verdict = now.allowed === undefined ? 'not known' : 'this account may not issue';
    return `${domain}: ${verdict}: ${why ?? ''}`;
  }
  if (!now.allowed) return `${domain}: this account may not issue: ${place}: ${why ?? ''}`;
  if (now.others.length === 0) return `${domain}: only this account may issue (${place})`;
  const others = now.others.map((other) => otherText(other, party)).join('; ');
  return `${domain}: this account may issue, but others may, too (${place}): ${others}`;
}

function accountText({ issuer, party }: CaaOfIssuer, several: boolean): string {
  const which = several ? `issuer ${issuer}, ` : '';
  return party.account === null
    ? `${which}there is no account yet, so the records name no account; run the command again ` +
        'after the first order'
    : `${which}account ${party.account ?? 'not known'}`;
}

function nowLines(one: CaaOfIssuer, several: boolean): string {
  const { issuer, party, domains, unanswered } = one;
  if (unanswered !== undefined) return comment(`in DNS now, for issuer ${issuer}: not known`);
  const heading = several ? `in DNS now, for issuer ${issuer}:` : 'in DNS now:';
  const lines = domains.map((each) => paragraph(nowText(each, party), ';   ', ';     '));
  return comment(heading) + lines.join('');
}

/** The records alone would forbid this CA. */
function unansweredText({ issuer, unanswered }: CaaOfIssuer): string {
  if (unanswered === undefined) return '';
  const { directory, message, hint } = unanswered;
  return [
    comment(
      `issuer ${issuer} is not in the records below, because its name in CAA records is not ` +
        `known: ${message} (${directory})`,
    ),
    comment(
      `${hint === undefined ? '' : `${hint}; `}run the command again before you publish them, or ` +
        `set issuer of the certificate without ${issuer}`,
    ),
  ].join('');
}

function textOf(report: CaaReport): string {
  const { certificate, records, aliases, further } = report;
  const all = [report, ...further];
  const several = further.length > 0;
  const synonyms = all.flatMap(({ party }) => party.issuers.slice(1));
  const wanted = records.filter(({ optional }) => !optional);
  const optional = records.filter((one) => one.optional);
  return [
    ...all.map((one) => comment(`certificate ${certificate}, ${accountText(one, several)}`)),
    ...aliases.map(({ name, target }) =>
      comment(
        `${hostOf(name)} is an alias of ${hostOf(target)}: CAs read the records there, and a ` +
          'CNAME allows no other records beside it',
      ),
    ),
    ...all.map(unansweredText),
    verbatim(wanted.map(lineOf)),
    ...(synonyms.length === 0
      ? []
      : [comment(`the CA also accepts the names ${synonyms.join(', ')}`)]),
    ...(optional.length === 0
      ? []
      : [comment('if nothing needs these names, forbid every CA to issue for them:')]),
    verbatim(optional.map(lineOf), ';   '),
    ...all.map((one) => nowLines(one, several)),
  ].join('');
}

function issuerFields({ issuer, party, domains, unanswered }: CaaOfIssuer): object {
  const { message, hint } = unanswered ?? {};
  return {
    issuer,
    unanswered: message === undefined ? null : { message, hint: hint ?? null },
    ...{ issuers: party.issuers, account: party.account ?? null, method: party.method },
    domains: domains.map((one) => ({
      domain: one.domain,
      at: one.at ?? null,
      allowed: one.now.allowed ?? null,
      because: because(one, party) ?? null,
      others: 'others' in one.now ? one.now.others : [],
    })),
  };
}

function jsonOf(report: CaaReport): string {
  const { certificate, records, aliases, further } = report;
  return jsonDocument({
    certificate,
    ...issuerFields(report),
    records: records.map((one) => ({ ...one, text: lineOf(one) })),
    aliases,
    further: further.map(issuerFields),
  });
}

/**
 * Exit status 1: a CA would refuse this account. 3: for one of the names or CAs this could not be
 * found out. 4: a CA does not say its name.
 */
function exitOf(report: CaaReport): ExitStatus {
  const all = [report, ...report.further];
  const domains = all.flatMap((one) => one.domains);
  if (domains.some(({ now }) => now.allowed === false)) return 1;
  if (all.some(({ unanswered }) => unanswered?.exit === 4)) return 4;
  return domains.some(({ now }) => now.allowed === undefined) ? 3 : 0;
}

export async function caaCommand(
  certificate: string,
  flags: CaaFlags,
  open: OpenCaa,
  invocation: Invocation,
): Promise<ExitStatus> {
  const { options, io } = invocation;
  const resolvers = flags.resolver.map(resolverOf);
  const config = await readConfig(options);
  const logger = await openLog(invocation);
  const report = await open({ certificate, config, resolvers, logger, signal: io.signal });
  io.out(options.json ? jsonOf(report) : textOf(report));
  return exitOf(report);
}
