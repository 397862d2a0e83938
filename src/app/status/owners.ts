// For `status`: the records that are wanted and those of the last sweep; and what a person must
// change by hand.
import type { Instant } from '../../base/clock.ts';
import { tlsaFromRdata, tlsaText } from '../../dane/tlsa.ts';
import type { RdataHex } from '../../dns/rrset.ts';
import { rdataSet } from '../../dns/rrset.ts';
import type { Facts } from '../../rollover/law/facts.ts';
import type { OwnerView } from '../../rollover/law/owner-view.ts';
import { Situation } from '../../rollover/law/situation.ts';
import type { OwnerHistory, Version } from '../../rollover/record/owner-history.ts';
import { stagedGeneration } from '../../rollover/model.ts';
import type { Intent } from '../../rollover/model.ts';
import { newestVersion, serverAt } from '../../rollover/record/versions.ts';
import { desiredRecords } from '../../rollover/plan/records/desired-records.ts';
import { stateOf } from '../../rollover/plan/records/owner-state.ts';
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

function ownerStatus(view: OwnerView, history: OwnerHistory): OwnerStatus {
  const { owner, newest, facts } = view;
  const { target, zone, security, sweptAt, addresses } = history;
  const staged = stagedGeneration(facts.lineage)?.chain;
  const wanted = newest === undefined ? [] : desiredRecords(stateOf(view, history, newest), staged);
  const silent = Object.entries(addresses)
    .filter(([, { failure, leftAt }]) => failure !== undefined && leftAt === undefined)
    .map(([address, { server }]) => serverAt(server, address));
  return {
    ...{ owner, target, zone, security, seenAt: sweptAt, silent },
    ttl: newest === undefined || newest.content.length === 0 ? undefined : newest.ttl,
    records: recordsAt(
      history,
      wanted.map(({ rdata }) => rdata),
    ),
  };
}

export function ownerStatuses(intent: Intent, facts: Facts, now: Instant): OwnerStatus[] {
  return new Situation(intent, facts, now).daneOwners.flatMap((view) => {
    const { history } = view;
    return history === undefined ? [] : [ownerStatus(view, history)];
  });
}

/**
 * The change that a person was asked for, as long as the newest server still shows the RRset before
 * it.
 */
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
