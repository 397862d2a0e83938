// The CAA records in force for a name, as its authoritative servers have them (RFC 8659 §3): from
// the name itself upwards, the first that has some. What one server has and another one has not is
// kept apart, because a CA may ask any of them.
import { AppError, reasonOf } from '../../base/errors.ts';
import type { CaaProperty } from '../../dns/caa.ts';
import { fqdn, parentOf } from '../../dns/name.ts';
import type { Fqdn } from '../../dns/name.ts';
import { caaOf } from '../../dns/rdata.ts';
import type { Call } from '../../ports/call.ts';
import type { Resolver } from '../../ports/resolver.ts';
import type { CaaAnswers, CaaFound, CaaShown } from '../caa-answers.ts';
import { serverAt } from '../../rollover/record/versions.ts';

/** What some servers say, in the same words. */
export interface CaaVersion {
  /** Where the records are, after CNAMEs; undefined: no name has any. */
  readonly at: Fqdn | undefined;
  readonly properties: readonly CaaProperty[];
  readonly servers: readonly string[];
}

export interface CaaInForce {
  readonly domain: string;
  readonly versions: readonly CaaVersion[];
  /** Servers without an answer, each with its status; a CA may get one. */
  readonly unanswered: readonly string[];
}

/** Asks each name once, however many domains are below it. */
export function createCaaLook(
  resolver: Resolver,
  call: Call,
  answers?: CaaAnswers,
): (domain: string) => Promise<CaaInForce> {
  const known = new Map<Fqdn, Promise<CaaFound>>();
  const askOnce = (name: Fqdn): Promise<CaaFound> => {
    const ask = (): Promise<CaaFound> => askAt(name, resolver, call);
    return answers === undefined ? ask() : answers.at(name, ask);
  };
  return async (domain) => {
    const versions: CaaVersion[] = [];
    const unanswered: string[] = [];
    let name: Fqdn | undefined = fqdn(domain.replace(/^\*\./, ''));
    for (; name !== undefined && name !== '.'; name = parentOf(name)) {
      const asked = known.get(name) ?? askOnce(name);
      known.set(name, asked);
      const { at, sets, unanswered: silent } = await asked;
      const shown = [...sets.values()].filter(({ properties }) => properties.length > 0);
      versions.push(...shown.map((one) => ({ at, ...one })));
      unanswered.push(...silent);
      // Above a name at which every server has records, or none answers, a CA asks nothing.
      if (sets.get(NONE) === undefined) return { domain, versions, unanswered };
    }
    versions.push({ at: undefined, properties: [], servers: [] });
    return { domain, versions, unanswered };
  };
}

const NONE = '';

/** What does not end with an answer has its status, and never counts as "no records". */
async function askAt(name: Fqdn, resolver: Resolver, call: Call): Promise<CaaFound> {
  try {
    // The servers of a top-level domain are not asked for every certificate.
    const isTopLevel = parentOf(name) === '.';
    return await (isTopLevel ? byResolver(name, resolver, call) : bySweep(name, resolver, call));
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'INTERRUPTED') throw error;
    return { at: name, sets: new Map(), unanswered: [`${name} (${reasonOf(error)})`] };
  }
}

async function byResolver(name: Fqdn, resolver: Resolver, call: Call): Promise<CaaFound> {
  const answer = await resolver.lookup(name, 'CAA', call);
  if ('detail' in answer) {
    const why = `${name} (${answer.status}: ${answer.detail})`;
    return { at: name, sets: new Map(), unanswered: [why] };
  }
  const { owner, rdata } = answer.status === 'found' ? answer.rrset : { owner: name, rdata: [] };
  const shown = { properties: rdata.map(caaOf), servers: [] };
  return { at: owner, sets: new Map([[rdata.join(), shown]]), unanswered: [] };
}

async function bySweep(name: Fqdn, resolver: Resolver, call: Call): Promise<CaaFound> {
  const { owner, addresses } = await resolver.sweep(name, 'CAA', call, { serials: false });
  const sets = new Map<string, CaaShown>();
  const unanswered: string[] = [];
  for (const { server, address, answer } of addresses) {
    const place = serverAt(server, address);
    if (answer.status === 'answered') {
      const key = answer.rdata.join();
      const before = sets.get(key)?.servers ?? [];
      sets.set(key, { properties: answer.rdata.map(caaOf), servers: [...before, place] });
    } else if (answer.status !== 'no-route') {
      unanswered.push(`${owner} at ${place} (${answer.status})`);
    }
  }
  return { at: owner, sets, unanswered };
}
