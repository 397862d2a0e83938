// A person who changes the zone by hand: holger prints what to add and what to remove, and waits.
import type { Seconds } from '../src/base/clock.ts';
import type { RdataHex } from '../src/dns/rrset.ts';
import type { HandChange } from '../src/ports/provider.ts';
import type { Wanted } from './_kit/document.ts';
import { defineProvider } from './_kit/kind.ts';
import { overOwnDoor } from './_kit/own.ts';
import { rdataText } from './_kit/rdata.ts';

/** With `--wait` the change is printed again: before the hour after which the engine asks again. */
const PATIENCE: Seconds = 1800;

export const manual = defineProvider({
  type: 'manual',
  title: 'By hand',
  site: 'docs/providers/own.md',
  traits: {
    types: ['TXT', 'TLSA'],
    conditional: false,
    edits: 'rrset',
    ttl: { least: 1 },
    signs: 'other',
    tellsApplied: false,
    byHand: true,
  },
  options: {},
  notes: [
    'Every run prints what is still to be changed, and so does holger providers pending; ' +
      'holger continues when every name server has it.',
    'Give records the requested TTL, all of one change at once: another TTL, or a change ' +
      'in several steps, makes waits longer.',
  ],
  open(_options, tools) {
    return overOwnDoor(
      {
        traits: this.traits,
        patience: PATIENCE,
        apply(wanted) {
          tools.byHand(changeOf(wanted));
          return Promise.resolve('accepted' as const);
        },
      },
      tools,
    );
  },
});

function changeOf({ zone, owner, type, ttl, add, remove, retimed }: Wanted): HandChange {
  const texts = (set: readonly RdataHex[]): string[] => set.map((rdata) => rdataText(type, rdata));
  return {
    ...{ zone, owner, type, ttl },
    ...{ add: texts(add), remove: texts(remove), retime: texts(retimed) },
    // The CA has seen its record; no step waits for its removal.
    isWaitedFor: type !== 'TXT' || add.length > 0,
  };
}
