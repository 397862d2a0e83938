// What is in the state but not in the configuration: certificates, and records at owners that no
// certificate names any more (rule 30). Every run reports them, because no other code looks at them
// again.
import type { ServiceConfig } from '../../config/options/service.ts';
import { tlsaFromRdata, tlsaText } from '../../dane/tlsa.ts';
import { hostOf } from '../../dns/name.ts';
import type { Fqdn } from '../../dns/name.ts';
import type { RdataHex } from '../../dns/rrset.ts';
import { readOrSetAside } from '../../engine/state/documents.ts';
import { lineageKey } from '../../engine/state/memory.ts';
import type { Call } from '../../ports/call.ts';
import type { Resolver } from '../../ports/resolver.ts';
import type { OwnerHistory } from '../../rollover/record/owner-history.ts';
import type { Lineage } from '../../rollover/model.ts';
import { newestVersion } from '../../rollover/record/versions.ts';
import { departed, departedNames, deployedGeneration, serviceAt, strayOwners } from './departed.ts';
import type { Installation } from './departed.ts';
import { serviceOwner } from './tasks.ts';

export interface LeftBehind {
  /** The argument of `holger delete`. */
  readonly name: string;
  /** The owners of records of holger; absent: there are keys and state, but no record. */
  readonly owner?: Fqdn;
  readonly records: readonly string[];
  readonly because: string;
  readonly hint: string;
}

/** The records of holger that are in DNS; without an answer, those of the last sweep. */
type Look = (owner: Fqdn, history: OwnerHistory) => Promise<readonly RdataHex[]>;

export const asRemembered: Look = (_owner, history) => {
  const content = newestVersion(history)?.content ?? [];
  return Promise.resolve(content.filter((rdata) => history.ours.includes(rdata)));
};

export function asServed(resolver: Resolver, call: Call): Look {
  return async (owner, history) => {
    try {
      const { addresses } = await resolver.sweep(owner, 'TLSA', call);
      const answers = addresses.flatMap(({ answer }) =>
        answer.status === 'answered' ? [answer.rdata] : [],
      );
      if (answers.length === 0) return await asRemembered(owner, history);
      const served = new Set(answers.flat());
      return history.ours.filter((rdata) => served.has(rdata));
    } catch {
      // An old observation is better than an error of a run that has done its work.
      return asRemembered(owner, history);
    }
  };
}

export async function leftBehind(installation: Installation, look: Look): Promise<LeftBehind[]> {
  const left: LeftBehind[] = [];
  const strays = new Map<Fqdn, readonly string[]>();
  for (const owner of await strayOwners(installation)) {
    const history = await readOrSetAside<OwnerHistory>(`owner/${owner}`, installation);
    if (history === undefined) continue;
    const records = texts(await look(owner, history.value));
    if (records.length > 0) strays.set(owner, records);
  }
  const leaving = new Set<Fqdn>();
  for (const name of await departedNames(installation)) {
    const certificate = await departed(name, installation);
    const own = (certificate?.services ?? []).map(serviceOwner).filter((at) => strays.has(at));
    const lineage = await readOrSetAside<Lineage>(lineageKey(name), installation);
    const isLeaving = lineage?.value.orders?.leaving !== undefined;
    for (const owner of own) leaving.add(owner);
    // A certificate that was configured but never begun leaves nothing behind.
    if (isLeaving || (own.length === 0 && (lineage?.value.generations.length ?? 0) === 0)) continue;
    const hint = await hintFor(name, certificate?.domains ?? [], installation);
    left.push(...own.map((owner) => ofCertificate(name, owner, strays.get(owner) ?? [], hint)));
    if (own.length === 0) left.push(stateOnly(name, hint));
  }
  for (const [owner, records] of strays) {
    if (!leaving.has(owner)) left.push(ofOwner(owner, records));
  }
  return left;
}

function texts(rdata: readonly RdataHex[]): string[] {
  return rdata.flatMap((item) => {
    const record = tlsaFromRdata(item);
    return record === undefined ? [] : [tlsaText(record)];
  });
}

function counted(records: readonly string[]): string {
  return records.length === 1 ? 'its TLSA record is' : `its ${records.length} TLSA records are`;
}

function ofCertificate(
  name: string,
  owner: Fqdn,
  records: readonly string[],
  hint: string,
): LeftBehind {
  const because = `certificate "${name}" is not configured any more, and ${counted(records)} still at ${owner}`;
  return { name, owner, records, because, hint };
}

function stateOnly(name: string, hint: string): LeftBehind {
  const because =
    `certificate "${name}" is not configured any more; its keys and state still exist, ` +
    'but no record of it is known to be in DNS';
  return { name, records: [], because, hint };
}

function ofOwner(owner: Fqdn, records: readonly string[]): LeftBehind {
  const name = hostOf(owner);
  const what =
    records.length === 1
      ? 'a TLSA record that holger wrote is'
      : `${records.length} TLSA records that holger wrote are`;
  const because = `no configured service has the TLSA owner ${owner} any more, but ${what} still there`;
  return { name, owner, records, because, hint: `withdraw it: holger delete ${name}` };
}

/**
 * A certificate with the same names is probably the same one under another name; unless it was
 * deployed itself.
 */
async function hintFor(
  name: string,
  domains: readonly string[],
  installation: Installation,
): Promise<string> {
  const text = (of: readonly string[]): string => [...of].sort().join(' ');
  const away = `withdraw what is left and archive its keys: holger delete ${name}`;
  for (const one of installation.config.certificates) {
    if (text(one.domains) !== text(domains)) continue;
    if ((await deployedGeneration(one.name, installation)) !== undefined) continue;
    return (
      `if it is called "${one.name}" now, continue with its keys and records: holger ` +
      `rename ${name} ${one.name}; else ${away}`
    );
  }
  return away;
}

/**
 * Services at owners where records of holger were seen last, and that no certificate names any
 * more.
 */
export async function leftServices(installation: Installation): Promise<ServiceConfig[]> {
  const { store } = installation;
  const services: ServiceConfig[] = [];
  const known = new Map<string, ServiceConfig>();
  for (const name of await departedNames(installation)) {
    const certificate = await departed(name, installation);
    for (const service of certificate?.services ?? []) known.set(serviceOwner(service), service);
  }
  for (const owner of await strayOwners(installation)) {
    const history = await readOrSetAside<OwnerHistory>(`owner/${owner}`, installation);
    if (history === undefined || (await asRemembered(owner, history.value)).length === 0) continue;
    services.push(known.get(owner) ?? (await serviceAt(owner, store)));
  }
  return services;
}
