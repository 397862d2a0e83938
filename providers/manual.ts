// A person who changes the zone by hand: told what to add and what to remove, and waited for.
import type { Seconds } from '../src/base/clock.ts';
import { hostOf } from '../src/dns/name.ts';
import type { RdataHex } from '../src/dns/rrset.ts';
import type { Wanted } from './_kit/document.ts';
import { defineProvider } from './_kit/kind.ts';
import { overOwnDoor } from './_kit/own.ts';
import { rdataText } from './_kit/rdata.ts';

/** Whoever stays until it is done (`--wait`) is told again: less than the hour after which the engine asks again. */
const PATIENCE: Seconds = 1800;
/** Of data in one line; hexadecimal digits may be parted anywhere (RFC 6698 §2.2). */
const WIDTH = 64;

export const manual = defineProvider({
  type: 'manual',
  title: 'By hand',
  site: 'README.md, "A provider of your own"',
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
    'Every run says what is still to be changed; holger goes on when every name server has it.',
    'Give records the TTL that is asked for, all of one change at once: another TTL, or a change in several steps, makes waits longer.',
  ],
  open(_options, tools) {
    return overOwnDoor(
      {
        traits: this.traits,
        patience: PATIENCE,
        apply(wanted) {
          tools.tell(instructions(wanted));
          return Promise.resolve('accepted' as const);
        },
      },
      tools,
    );
  },
});

function instructions(wanted: Wanted): string {
  const { zone, type, ttl, add, remove, retimed } = wanted;
  const lines = (heading: string, set: readonly RdataHex[], withTtl = true): string[] =>
    set.length === 0 ? [] : [heading, ...set.flatMap((rdata) => record(wanted, rdata, withTtl))];
  return [
    `change the zone ${hostOf(zone)} by hand, all at once:`,
    ...lines('add:', add),
    ...lines('remove:', remove, false),
    ...lines(`give a TTL of ${ttl}:`, retimed),
    ...(isLeftover(wanted) ? LEFTOVER : waiting(type)),
  ].join('\n');
}

/** The CA has seen it; nothing depends on when it goes. */
const isLeftover = ({ type, add }: Wanted): boolean => type === 'TXT' && add.length === 0;

const LEFTOVER = ['This is for tidiness: nothing waits for it, and it is said once.'];

const waiting = (type: string): string[] => [
  'holger waits until every name server of the zone has it: run it again, or let',
  `the timer do it. Other ${type} records there stay as they are.`,
];

/** As in a zone file; parentheses let it go on in the next line (RFC 1035 §5.1). */
function record({ owner, type, ttl }: Wanted, rdata: RdataHex, withTtl: boolean): string[] {
  const life = withTtl ? `${ttl} ` : '';
  const text = rdataText(type, rdata);
  if (type !== 'TLSA') return [`  ${owner} ${life}IN ${type} (`, `    ${text} )`];
  const [usage, selector, matching, data = ''] = text.split(' ');
  const parts = data.match(new RegExp(`.{1,${WIDTH}}`, 'g')) ?? [];
  const last = parts.length - 1;
  return [
    `  ${owner} ${life}IN ${type} ${usage} ${selector} ${matching} (`,
    ...parts.map((part, at) => `    ${part}${at === last ? ' )' : ''}`),
  ];
}
