// Valid dialogues of servers, mutated, cut into random pieces and fed to the pure machine. Each has
// to end in a typed outcome or ask for more; nothing may be thrown, and nothing be sent except the
// few commands of the protocol.
import { createDialogue, type PlainProtocol } from '../../src/probe/dialogue.ts';
import { GOOD, PROTOCOLS } from '../probe/talk.ts';

export interface Tally {
  readonly outcomes: Readonly<Record<string, number>>;
  /** What must not happen, with the seed that repeats it. */
  readonly broken: readonly string[];
}

type Random = () => number;

/**
 * Everything that a script may ever send, in its order. Commands repeat nothing, so neither does
 * what is sent.
 */
const VOCABULARY: Readonly<Record<PlainProtocol, RegExp>> = {
  smtp: /^(EHLO me\r\n(STARTTLS\r\n)?)?$/,
  submission: /^(EHLO me\r\n(STARTTLS\r\n)?)?$/,
  lmtp: /^(LHLO me\r\n(STARTTLS\r\n)?)?$/,
  imap: /^(a CAPABILITY\r\n)?(b STARTTLS\r\n)?$/,
  pop3: /^(CAPA\r\n(STLS\r\n)?)?$/,
  sieve: /^(STARTTLS\r\n)?$/,
  'xmpp-client': /^<\?xml [^<>]*><stream:stream [^<>]*>(<starttls [^<>]*\/>)?$/,
  'xmpp-server': /^<\?xml [^<>]*><stream:stream [^<>]*>(<starttls [^<>]*\/>)?$/,
  ldap: /^\x30\x1d\x02\x01\x01\x77\x18\x80\x161\.3\.6\.1\.4\.1\.1466\.20037$/,
  postgres: /^\0\0\0\x08\x04\xd2\x16\x2f$/,
  ftp: /^(FEAT\r\n(AUTH TLS\r\n)?)?$/,
  nntp: /^(CAPABILITIES\r\n(STARTTLS\r\n)?)?$/,
};
const STATUSES = new Set(['start-tls', 'no-tls', 'turned-away', 'tls-failed', 'protocol-error']);

const SNIPPETS = [
  ...[
    '\r\n',
    '\n',
    '\0',
    '\xff',
    '220 ok\r\n',
    '250-STARTTLS\r\n',
    '* BYE\r\n',
    '+OK\r\n',
    '.\r\n',
  ],
  ...[
    'a OK\r\n',
    'b NO\r\n',
    'OK\r\n',
    '{5}\r\n',
    '{4294967296}',
    '{0+}\r\n',
    '211-\r\n',
    '120 x\r\n',
  ],
  ...[
    '<',
    '>',
    '</stream:stream>',
    '<!--',
    '<![CDATA[',
    ']]>',
    '&#x41;',
    '&lol;',
    "='",
    '"',
    '<a>',
  ],
  ...['\x30\x84\xff\xff\xff\xff', '\x30\x80', '\x0a\x01\x02', '99999999999999999999', '-1'],
  ...['x'.repeat(5000), 'x\r\n'.repeat(120), '<a>'.repeat(40), ' '.repeat(4095)],
];

/** Mulberry32: small, and the same everywhere. */
function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const below = (random: Random, limit: number): number => Math.floor(random() * limit);
function oneOf<T>(random: Random, items: readonly [T, ...T[]]): T {
  return items[below(random, items.length)] ?? items[0];
}

type Mutation = (text: string, random: Random) => string;

const replaced = (text: string, at: number, length: number, by: string): string =>
  text.slice(0, at) + by + text.slice(at + length);

const MUTATIONS: readonly [Mutation, ...Mutation[]] = [
  (text, random) => {
    const at = below(random, text.length);
    const flipped = text.charCodeAt(at) ^ (1 << below(random, 8));
    return Number.isNaN(flipped) ? text : replaced(text, at, 1, String.fromCharCode(flipped & 255));
  },
  (text, random) => text.slice(0, below(random, text.length + 1)),
  (text, random) => text.slice(below(random, text.length + 1)),
  (text, random) => {
    const at = below(random, text.length);
    const part = text.slice(at, at + 1 + below(random, 40));
    return replaced(text, at, 0, part.repeat(1 + below(random, 5)));
  },
  (text, random) => replaced(text, below(random, text.length), 1 + below(random, 20), ''),
  (text, random) =>
    replaced(
      text,
      below(random, text.length + 1),
      0,
      SNIPPETS[below(random, SNIPPETS.length)] ?? '',
    ),
  (text, random) =>
    replaced(text, below(random, text.length + 1), 0, String.fromCharCode(below(random, 256))),
  (text, random) => {
    const numbers = [...text.matchAll(/\d+/g)];
    const number = numbers[below(random, numbers.length)];
    if (number === undefined) return text;
    const huge = String(Math.floor(10 ** (random() * 20)));
    return replaced(text, number.index, number[0].length, huge);
  },
  // The answers of another protocol.
  (_, random) => GOOD[PROTOCOLS[below(random, PROTOCOLS.length)] ?? 'smtp'].join(''),
];

function drive(
  protocol: PlainProtocol,
  text: string,
  random: Random,
): { status: string; sent: string } {
  const dialogue = createDialogue(protocol, { clientName: 'me', xmppDomain: 'example.org' });
  let sent = dialogue.opening;
  const bytes = Buffer.from(text, 'latin1');
  const largest = oneOf(random, [1, 4, 30, 1000, 70_000]);
  for (let at = 0; at < bytes.length;) {
    const size = 1 + below(random, largest);
    const step = dialogue.receive(bytes.subarray(at, at + size));
    sent += step.send;
    if (step.outcome !== undefined) return { status: step.outcome.status, sent };
    at += size;
  }
  return { status: 'more', sent };
}

/** One dialogue for each seed from `first` on. */
export function fuzzDialogues(first: number, count: number): Tally {
  const outcomes: Record<string, number> = {};
  const broken: string[] = [];
  for (let seed = first; seed < first + count; seed += 1) {
    const random = randomFrom(seed);
    const protocol = PROTOCOLS[seed % PROTOCOLS.length] ?? 'smtp';
    let text = GOOD[protocol].join('');
    for (let left = below(random, 4); left >= 0; left -= 1)
      text = oneOf(random, MUTATIONS)(text, random);
    try {
      const { status, sent } = drive(protocol, text, random);
      outcomes[status] = (outcomes[status] ?? 0) + 1;
      if (status !== 'more' && !STATUSES.has(status)) broken.push(`seed ${seed}: status ${status}`);
      if (!VOCABULARY[protocol].test(sent)) {
        broken.push(`seed ${seed}: ${protocol} sends ${JSON.stringify(sent)}`);
      }
    } catch (error) {
      broken.push(`seed ${seed}: ${protocol} throws ${String(error)}`);
    }
  }
  return { outcomes, broken };
}
