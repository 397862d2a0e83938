// The CAA records that a CA checks before it issues a certificate (RFC 8659 §3).
import type { CaaProperty } from '../../dns/caa.ts';
import { fqdn, parentOf } from '../../dns/name.ts';
import type { Fqdn } from '../../dns/name.ts';
import { caaOf } from '../../dns/rdata.ts';
import type { Ask, Asked } from './lookups.ts';
import type { NamesTarget } from './facts.ts';
import { foundIn } from './tlsa.ts';

/** The records that apply to one domain. */
export interface CaaFacts {
  readonly domain: string;
  /**
   * The owner of the records: the name itself or the nearest one above it that has some; undefined:
   * there are none.
   */
  readonly at?: Fqdn;
  readonly properties: readonly CaaProperty[];
  /** The failed look-up at this name or one above it. */
  readonly failed?: Asked;
  /** The zone of that name is proven to be unsigned. */
  readonly unsigned?: true;
}

export interface NamesFacts {
  readonly target: NamesTarget;
  readonly caa: readonly CaaFacts[];
}

/**
 * Servers that fail for CAA answer for other types; a resolver that does not validate proves
 * nothing.
 */
async function isUnsigned(name: Fqdn, ask: Ask): Promise<boolean> {
  const { lookup } = await ask(name, 'SOA');
  return 'authentic' in lookup && !lookup.authentic;
}

/**
 * From the name itself upwards, the first records found (RFC 8659 §3); records of a wildcard have
 * the name below it as owner.
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

/** Nothing is asked if the name under which the CA looks for itself is unknown. */
export async function lookAtNames(target: NamesTarget, ask: Ask): Promise<NamesFacts> {
  const domains = target.issuers.length === 0 ? [] : target.domains;
  return { target, caa: await Promise.all(domains.map((domain) => caaFor(domain, ask))) };
}
