// The records of dns-persist-01 after a loss of the documents: nothing in them says who wrote them,
// but they name the account, and its key is here. They are holger's again, so that they follow the
// account and go with the certificate.
import { reasonOf } from '../../../base/errors.ts';
import { fqdn } from '../../../dns/name.ts';
import { txtValue } from '../../../dns/rdata.ts';
import type { RdataHex } from '../../../dns/rrset.ts';
import type { Job } from '../../job.ts';
import { aliasesOf } from '../../world.ts';
import { mustAnswer } from './txt-edits.ts';

/** The issuers of a certificate that leave a record in DNS. */
function standingIssuers({ task, world }: Job): readonly string[] {
  const { directory, otherDirectories = [] } = task.intent;
  return [directory, ...otherDirectories].filter(
    (one) => world.issuerAt(one)?.method === 'dns-persist-01',
  );
}

/**
 * Keys on disk and no document: it was lost. A record that an operator wrote before the first order
 * stays the operator's.
 */
export async function noteLostStanding(job: Job): Promise<void> {
  const { task, memory, world } = job;
  if (standingIssuers(job).length === 0) return;
  if ((await world.files.numbers(task.intent.name)).length === 0) return;
  await memory.saveLineage({ ...memory.lineage, standingLost: true });
}

/** Without an answer of the CA or of the name servers it is tried again in the next run. */
export async function findLostStanding(job: Job): Promise<void> {
  const { task, memory, world } = job;
  if (memory.lineage.standingLost !== true) return;
  const names = new Set(task.intent.domains.map((domain) => domain.replace(/^\*\./, '')));
  try {
    for (const directory of standingIssuers(job)) {
      for (const name of names) await findAt(name, directory, job);
    }
  } catch (error) {
    const certificate = task.intent.name;
    world.log.warn('challenge records not found again', { certificate, message: reasonOf(error) });
    return;
  }
  const { standingLost: _found, ...lineage } = memory.lineage;
  await memory.saveLineage(lineage);
}

async function findAt(
  name: string,
  directory: string,
  { task, memory, world, call }: Job,
): Promise<void> {
  const accounts = (await world.issuerAt(directory)?.standingAccounts?.(name, call)) ?? [];
  if (accounts.length === 0) return;
  const owner = fqdn(`_validation-persist.${name}`);
  const how = { ...aliasesOf(task.intent), serials: false };
  const sweep = await world.resolver.sweep(owner, 'TXT', call, how);
  mustAnswer(sweep);
  const served = sweep.addresses.flatMap(({ answer }) =>
    answer.status === 'answered' ? answer.rdata : [],
  );
  const isKnown = (rdata: RdataHex): boolean =>
    memory.lineage.challengeRecords.some((one) => one.owner === owner && one.rdata === rdata);
  const ours = [...new Set(served)].filter(
    (rdata) => accounts.includes(accountIn(rdata) ?? '') && !isKnown(rdata),
  );
  if (ours.length === 0) return;
  const target = sweep.owner === owner ? {} : { target: sweep.owner };
  const at = world.clock.now();
  const found = ours.map((rdata) => ({ owner, ...target, rdata, at, stays: directory }));
  const { lineage } = memory;
  const challengeRecords = [...lineage.challengeRecords, ...found];
  await memory.saveLineage({ ...lineage, challengeRecords });
  world.log.info('challenge record found again', { owner, count: found.length });
}

/** `ca.example; accounturi=https://ca.example/acct/1; policy=wildcard` */
function accountIn(rdata: RdataHex): string | undefined {
  const [, ...parameters] = textOf(rdata).split(';');
  const uris = parameters.flatMap((one) => /^\s*accounturi\s*=\s*(\S+)\s*$/i.exec(one)?.[1] ?? []);
  return uris.length === 1 ? uris[0] : undefined;
}

function textOf(rdata: RdataHex): string {
  try {
    return txtValue(rdata);
  } catch {
    return '';
  }
}
