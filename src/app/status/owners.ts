// Of `status`: the records that are wanted and those that were served when the name servers were
// asked last; and what a person has to change by hand.
import type { Instant } from '../../base/clock.ts';
import { tlsaFromRdata, tlsaText } from '../../dane/tlsa.ts';
import type { Fqdn } from '../../dns/name.ts';
import type { RdataHex } from '../../dns/rrset.ts';
import { rdataSet } from '../../dns/rrset.ts';
import { daneOwners } from '../../rollover/law/facts.ts';
import type { Facts } from '../../rollover/law/facts.ts';
import type { OwnerHistory, Version } from '../../rollover/record/owner-history.ts';
import { stagedGeneration } from '../../rollover/model.ts';
import type { Intent } from '../../rollover/model.ts';
import { newestVersion, serverAt } from '../../rollover/record/versions.ts';
import { wantedAt } from '../../rollover/plan/records/desired-records.ts';
import type { OwnerStatus, PendingChange, RecordStatus } from './certificate-status.ts';

function recordText(rdata: RdataHex): string {
  const record = tlsaFromRdata(rdata);
  return record === undefined ? `\\# ${rdata.length / 2} ${rdata}` : tlsaText(record);
}

function servedAt(history: OwnerHistory): readonly (readonly RdataHex[])[] {
  const { addresses, versions } = history;
  return Object.values(addresses)
    .filter(({ failure, leftAt }) => failure === undefined && leftAt === undefined)
    .flatMap(({ mayServe }) => versions.find(({ key }) => key === mayServe[0]) ?? [])
    .map(({ content }) => content);
}

function recordsAt(history: OwnerHistory, wanted: readonly RdataHex[]): RecordStatus[] {
  const served = servedAt(history);
  return rdataSet([...wanted, ...served.flat()]).map((rdata) => {
    const count = served.filter((content) => content.includes(rdata)).length;
    return {
      record: recordText(rdata),
      wanted: wanted.includes(rdata),
      served: count === 0 ? 'nowhere' : count === served.length ? 'everywhere' : 'somewhere',
      ours: history.ours.includes(rdata),
    };
  });
}

function ownerStatus(
  owner: Fqdn,
  history: OwnerHistory,
  intent: Intent,
  facts: Facts,
  now: Instant,
): OwnerStatus {
  const { target, zone, security, sweptAt, ours, addresses } = history;
  const newest = newestVersion(history);
  const staged = stagedGeneration(facts.lineage)?.chain;
  const wanted =
    newest === undefined ? [] : wantedAt(owner, newest.content, ours, staged, intent, facts, now);
  const silent = Object.entries(addresses)
    .filter(([, { failure, leftAt }]) => failure !== undefined && leftAt === undefined)
    .map(([address, { server }]) => serverAt(server, address));
  return {
    ...{ owner, target, zone, security, seenAt: sweptAt, silent },
    ttl: newest === undefined || newest.content.length === 0 ? undefined : newest.ttl,
    records: recordsAt(history, wanted),
  };
}

export function ownerStatuses(intent: Intent, facts: Facts, now: Instant): OwnerStatus[] {
  return daneOwners(intent).flatMap((owner) => {
    const history = facts.owners[owner];
    return history === undefined ? [] : [ownerStatus(owner, history, intent, facts, now)];
  });
}

/** What a person was asked for, while the newest server still shows what it starts from. */
export function changesByHand({ name }: Intent, history: OwnerHistory): PendingChange[] {
  const newest = newestVersion(history);
  const write = history.writes.findLast(
    ({ byHand, from, to }) => byHand === true && from === newest?.key && to !== from,
  );
  const version = (key: string | undefined): Version | undefined =>
    history.versions.find((one) => one.key === key);
  const [from, to] = [version(write?.from), version(write?.to)];
  if (write === undefined || from === undefined || to === undefined) return [];
  const without = (a: Version, b: Version): string[] =>
    a.content.filter((rdata) => !b.content.includes(rdata)).map(recordText);
  const { target: owner, zone } = history;
  const first = history.writes.find((one) => one.from === write.from && one.to === write.to);
  return [
    {
      ...{ certificate: name, zone, owner, type: 'TLSA', ttl: to.ttl },
      ...{ add: without(to, from), remove: without(from, to), since: first?.at ?? write.at },
    },
  ];
}
