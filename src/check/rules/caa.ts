// Whether the CA of a configured certificate may issue it again, and whether anybody else may get one there (RFC 8659, RFC 8657).
import { hostOf } from '../../dns/name.ts';
import type { Asked } from '../answers.ts';
import type { NamesTarget } from '../facts.ts';
import type { Finding } from '../finding.ts';
import { finding } from '../finding.ts';
import type { CaaFacts, CaaProperty, NamesFacts } from '../names.ts';
import type { Severity } from '../severity.ts';

/** Property tags that CAs know (IANA, "Certification Authority Restriction Properties"); an unknown critical one forbids everything. */
const KNOWN = [
  'issue',
  'issuewild',
  'iodef',
  'issuemail',
  'issuevmc',
  'contactemail',
  'contactphone',
];

/** Labels of letters, digits and hyphens, then parameters of printable characters (RFC 8659 §4.2). */
const WELL_FORMED =
  /^\s*(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*\.?\s*)?(?:;(?:\s*[a-z0-9]+\s*=\s*[!-:<-~]*\s*)?)*$/i;

interface Permission {
  readonly issuer: string;
  readonly accounts: readonly string[];
  /** Undefined: all. */
  readonly methods?: readonly string[];
}

/** `letsencrypt.org; validationmethods=dns-01; accounturi=https://…` (RFC 8659 §4.2). */
function permissionOf({ value }: CaaProperty): Permission {
  // What cannot be read allows nobody (RFC 8659 §4.2).
  if (!WELL_FORMED.test(value)) return { issuer: '', accounts: [] };
  const [issuer = '', ...rest] = value.split(';').map((part) => part.trim());
  const parameters = rest.flatMap((part) => {
    const [, tag, text] = /^([a-z0-9]+)\s*=\s*(\S*)$/i.exec(part) ?? [];
    return tag === undefined ? [] : [{ tag: tag.toLowerCase(), text: text ?? '' }];
  });
  const methods = parameters.find(({ tag }) => tag === 'validationmethods')?.text.split(',');
  return {
    issuer: issuer.toLowerCase().replace(/\.$/, ''),
    accounts: parameters.flatMap(({ tag, text }) => (tag === 'accounturi' ? [text] : [])),
    ...(methods === undefined ? {} : { methods }),
  };
}

/** Those that count for the domain: `issuewild` before `issue` for a wildcard (RFC 8659 §4.3). Undefined: no restriction. */
function permissionsFor({ domain, properties }: CaaFacts): readonly Permission[] | undefined {
  const tagged = (wanted: string) => properties.filter(({ tag }) => tag === wanted);
  const wild = domain.startsWith('*.') ? tagged('issuewild') : [];
  const counting = wild.length > 0 ? wild : tagged('issue');
  return counting.length === 0 ? undefined : counting.map(permissionOf);
}

function refusal(caa: CaaFacts, { issuers, account }: NamesTarget): string | undefined {
  const strange = caa.properties.find(({ critical, tag }) => critical && !KNOWN.includes(tag));
  if (strange !== undefined) return `its critical property "${strange.tag}" is unknown to CAs`;
  const all = permissionsFor(caa);
  if (all === undefined) return undefined;
  const own = all.filter(({ issuer }) => issuers.includes(issuer));
  if (own.length === 0) {
    const others = all.map(({ issuer }) => issuer).filter((issuer) => issuer !== '');
    return `they allow ${others.join(', ') || 'nobody'}, not ${issuers.join(' or ')}`;
  }
  const methods = own.filter((one) => one.methods?.includes('dns-01') ?? true);
  if (methods.length === 0) return 'their validationmethods do not name dns-01';
  const accounts = methods.filter(
    ({ accounts: [first, second] }) =>
      first === undefined ||
      // A property with two of them lets nobody in (RFC 8657 §3).
      (second === undefined && (account === undefined || first === account)),
  );
  return accounts.length === 0 ? `their accounturi is not ${account ?? 'ours'}` : undefined;
}

/** Whether whoever can fake an answer to the CA gets a certificate that records of usage 2 let in. */
function isOpen(caa: CaaFacts, { issuers }: NamesTarget): boolean {
  const own = permissionsFor(caa)?.filter(({ issuer }) => issuers.includes(issuer));
  return (
    own?.some(({ accounts, methods }) => accounts.length === 0 && methods === undefined) ?? true
  );
}

/** SERVFAIL is what the CA sees, too; what this machine alone did not find out is not known. */
function severityOf({ lookup }: Asked): Severity {
  return lookup.status === 'servfail' || lookup.status === 'bogus' ? 'warning' : 'unknown';
}

export function caaFindings({ target, caa }: NamesFacts): readonly Finding[] {
  return caa.flatMap((one) => {
    const { domain, at, failed } = one;
    if (failed !== undefined) {
      const detail = 'detail' in failed.lookup ? failed.lookup.detail : failed.lookup.status;
      const because = `${hostOf(failed.name)} CAA: ${detail}`;
      if (one.unsigned === true) {
        const allowed = `${because}; the zone is not signed, so that the CA may issue`;
        return [finding('caa-fails', domain, allowed, 'ok')];
      }
      return [finding('caa-fails', domain, because, severityOf(failed))];
    }
    const why = refusal(one, target);
    if (why !== undefined) {
      const place = at === undefined ? domain : hostOf(at);
      return [finding('caa-forbids', domain, `CAA records at ${place}: ${why}`)];
    }
    if (!target.trustsIssuer || !isOpen(one, target)) return [];
    const because =
      at === undefined
        ? 'it has no CAA records'
        : `CAA records at ${hostOf(at)} name neither account nor method`;
    return [finding('caa-open', domain, because)];
  });
}
