// The CAA records that a CA checks before it issues a certificate (RFC 8659 §3).
import type { CaaProperty } from '../../dns/caa.ts';
import { fqdn, parentOf } from '../../dns/name.ts';
import type { Fqdn } from '../../dns/name.ts';
import { caaOf } from '../../dns/rdata.ts';
import type { Ask, Asked } from './lookups.ts';
import type { NamesTarget } from './facts.ts';
import { foundIn } from './tlsa.ts';

/** What is in force for one domain. */
export interface CaaFacts {
  readonly domain: string;
  /**
   * Where the records stand: the name itself or the nearest one above that has some; undefined:
   * there are none.
   */
  readonly at?: Fqdn;
  readonly properties: readonly CaaProperty[];
  /** The look-up that failed on the way up. */
  readonly failed?: Asked;
  /** Of that name: its zone is proven to be unsigned. */
  readonly unsigned?: true;
}

export interface NamesFacts {
  readonly target: NamesTarget;
  readonly caa: readonly CaaFacts[];
}

/** Servers that fail for CAA answer for other types; a resolver that cannot tell is no proof. */
async function isUnsigned(name: Fqdn, ask: Ask): Promise<boolean> {
  const { lookup } = await ask(name, 'SOA');
  return 'authentic' in lookup && !lookup.authentic;
}

/**
 * From the name itself upwards, the first records there are (RFC 8659 §3); those of a wildcard
 * stand at the name below it.
 */
export async function caaFor(domain: string, ask: Ask): Promise<CaaFacts> {
  let name: Fqdn | undefined = fqdn(domain.replace(/^\*\./, ''));
  for (; name !== undefined && name !== '.'; name = parentOf(name)) {
    const asked = await ask(name, 'CAA');
    const found = foundIn(asked);
    if (found !== undefined) {
      return { domain, at: name, properties: found.rrset.rdata.map(caaOf) };
    }
    if ('detail' in asked.lookup) {
      const unsigned = await isUnsigned(name, ask);
      return { domain, properties: [], failed: asked, ...(unsigned ? { unsigned } : {}) };
    }
  }
  return { domain, properties: [] };
}

/** Nothing is asked where nobody knows under which name the CA would look for itself. */
export async function lookAtNames(target: NamesTarget, ask: Ask): Promise<NamesFacts> {
  const domains = target.issuers.length === 0 ? [] : target.domains;
  return { target, caa: await Promise.all(domains.map((domain) => caaFor(domain, ask))) };
}
