// Providers of the operator: a command, a receiver, a person. What they cannot answer, DNS is
// asked.
import type { Seconds } from '../../src/base/clock.ts';
import type { Fqdn } from '../../src/dns/name.ts';
import { rdataSet } from '../../src/dns/rrset.ts';
import type { RecordType } from '../../src/dns/rrset.ts';
import type { Call } from '../../src/ports/call.ts';
import type { DnsProvider, EditOutcome, ProviderTraits } from '../../src/ports/provider.ts';
import type { Document, Wanted } from './document.ts';
import { heldIn, readDocument, zoneDocument, zoneIn } from './document.ts';
import { changeOf } from './edit.ts';
import type { Held } from './edit.ts';
import type { Json } from './json.ts';
import type { ProviderTools } from './kind.ts';
import { lateView } from './late.ts';

export interface OwnDoor {
  readonly traits: ProviderTraits;
  /** How long a change may have no effect before it is passed on again. */
  readonly patience: Seconds;
  /**
   * A question; undefined: it does not answer such questions. Without this function, DNS answers
   * all of them.
   */
  ask?(document: Document, what: string, call: Call): Promise<Json | undefined>;
  apply(wanted: Wanted, what: string, call: Call): Promise<EditOutcome>;
}

export function overOwnDoor(door: OwnDoor, tools: ProviderTools): DnsProvider {
  const late = lateView(tools, door.patience);
  const ask = askAt(door);
  const held = async (
    zone: Fqdn,
    owner: Fqdn,
    type: RecordType,
    call: Call,
  ): Promise<Held | undefined> => {
    const what = `the question for ${type} at ${owner}`;
    const answer = await ask(readDocument(zone, owner, type), what, call);
    return answer === undefined ? late.held(owner, type, call) : heldIn(answer, type);
  };
  return {
    traits: door.traits,
    async findZone(name, call) {
      const answer = await ask(zoneDocument(name), `the question for the zone of ${name}`, call);
      return answer === undefined ? tools.zoneOf(name, call) : zoneIn(answer);
    },
    // Only the sweep shows which TTL it gave the records.
    ttlFor: (_zone, ttl) => Promise.resolve(ttl),
    async read(zone, owner, type, call) {
      const found = await held(zone, owner, type, call);
      return found && { owner, type, ttl: found.ttl, rdata: rdataSet(found.rdata) };
    },
    async apply(edit, call) {
      const { zone, owner, type, ttl } = edit;
      const before = await held(zone, owner, type, call);
      const change = changeOf(edit, before, ttl);
      if (change.kind !== 'write') return change.kind === 'none' ? 'accepted' : 'conflict';
      const { add, remove, retimed, rdata: then } = change;
      const sets = { now: before?.rdata ?? [], add, remove, then, retimed };
      const wanted = { zone, owner, type, ttl, ...sets };
      const outcome = await door.apply(wanted, `the change of ${type} at ${owner}`, call);
      if (outcome === 'accepted') {
        late.handedOver(owner, type, then.length === 0 ? undefined : { ttl, rdata: then });
      }
      return outcome;
    },
  };
}

type Ask = (document: Document, what: string, call: Call) => Promise<Json | undefined>;

/** A kind of question that it has not answered once is not put to it again. */
function askAt(door: OwnDoor): Ask {
  const unanswered = new Set<unknown>();
  return async (document, what, call) => {
    const { operation } = document;
    if (door.ask === undefined || unanswered.has(operation)) return undefined;
    const answer = await door.ask(document, what, call);
    if (answer === undefined) unanswered.add(operation);
    return answer;
  };
}
