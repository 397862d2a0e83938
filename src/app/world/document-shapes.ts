// The required shape of the documents of the state: the fields that the code needs, by kind of
// document. Any other document counts as damaged (STORE_CORRUPT): it is set aside, and its content
// is observed again.
import { flag, list, number, object, oneOf, optional, record, text } from '../../base/shape.ts';
import type { Shape } from '../../base/shape.ts';
import { DUE_INDEX } from '../../engine/due-index.ts';
import { RUN_COMMANDS } from '../../engine/work-span.ts';
import { accountKey } from '../../engine/state/account.ts';
import { ASKED } from '../../engine/state/asked.ts';
import { GENERATION_STATES } from '../../rollover/model.ts';
import type { Generation } from '../../rollover/model.ts';

const certificate = object({
  ...{ der: text, spki: text, notBefore: number, notAfter: number },
  ...{ names: list(text), canSign: flag, signedBy: list(number) },
});
const chain = object({ id: text, certificates: list(certificate) });
const moment = object({ at: number, boot: text, running: number });

const generationOfOurs = object({
  ...{
    number,
    state: oneOf(GENERATION_STATES),
    keyType: text,
    domains: list(text),
    directory: text,
  },
  ...{ createdAt: number, spki: text, keyMadeAt: number, chain: optional(chain) },
  request: optional(flag),
  ...{ issuedAt: optional(number), deployBegunAt: optional(number), revokedAt: optional(number) },
  ...{ deployedAt: optional(number), provenAt: optional(number), orderUrl: optional(text) },
});

/** An unknown value comes from a later version, and the reader reports that. */
const generation: Shape = (value, at) => {
  const { number: numbered, state } = (value ?? {}) as Partial<Generation>;
  const known = GENERATION_STATES.some((one) => one === state);
  const isLater = typeof numbered === 'number' && typeof state === 'string' && !known;
  return isLater ? undefined : generationOfOurs(value, at);
};

const failure = object({
  ...{ code: text, message: text, hint: optional(text), at: number },
  ...{ attempts: number, notBefore: number, exit: number },
});

const renewal = object({ certId: text, nextLookAt: number, chosenAt: optional(number) });

const lineage = object({
  ...{ schema: number, savedAt: optional(moment), name: text, generations: list(generation) },
  ...{ renewal: optional(renewal), stagedRenewal: optional(renewal) },
  challengeRecords: list(object({ owner: text, rdata: text, at: number })),
  standingLost: optional(flag),
  silentServers: optional(record(object({ server: text, since: number }))),
  ...{ lastWait: optional(number), trouble: optional(failure) },
  orders: optional(
    object({
      ...{ offSince: optional(number), emergency: optional(object({})) },
      leaving: optional(object({ since: number })),
    }),
  ),
  ...{ idleUntil: optional(number), idleIntent: optional(text) },
});

const version = object({
  ...{ key: text, content: list(text), ttl: number, unknown: flag, seenAt: number },
  ...{ serial: optional(number), endedAt: optional(number), signedUntil: optional(number) },
});

const address = object({
  ...{ server: text, mayServe: list(text), serial: optional(number) },
  ...{ answeredAt: optional(number), failure: optional(text), silent: optional(flag) },
});

const owner = object({
  ...{ schema: number, savedAt: optional(moment), owner: text, target: text, zone: text },
  security: oneOf(['secure', 'insecure', 'bogus', 'unknown']),
  ...{ sweptAt: number, longestTtl: number, versions: list(version), addresses: record(address) },
  writes: list(object({ from: text, to: text, at: number, serial: number })),
  ...{ ours: list(text), beneath: optional(list(list(text))), forgotten: optional(list(text)) },
});

const endpoint = object({
  sightings: list(object({ chain: text, algorithm: text, seenAt: number })),
  ...{ answeredAt: optional(number), failure: optional(text), namedAt: optional(number) },
  ...{ metAt: optional(number), completeAt: optional(number) },
});

const service = object({
  ...{ schema: number, savedAt: optional(moment), id: text },
  ...{ endpoints: record(endpoint), chains: record(chain), setAside: optional(record(endpoint)) },
  ...{
    forgotten: optional(list(text)),
    bases: optional(list(object({ host: text, ttl: number }))),
    anewAt: optional(number),
  },
});

/** The arguments of `issue`, as a configured certificate. */
const oneOff = object({
  ...{ name: text, domains: list(text), services: list(object({ url: text, host: text })) },
  ...{ deploy: list(object({ type: text })), dane: flag, ttl: number, records: list(text) },
});

/** The configuration of a certificate when a run last worked on it. */
const kept = object({
  ...{ schema: number, certificate: oneOff },
  former: list(object({ url: text, host: text })),
});

/** Tries and recipients of one notifier; older versions stored only the tries. */
const waiting: Shape = (value, at) =>
  typeof value === 'number'
    ? undefined
    : object({ tries: number, to: optional(list(text)) })(value, at);

const watch = object({
  memory: object({ targets: record(object({ told: object({}), seen: object({}) })) }),
  outbox: list(object({ notice: object({ id: text }), waiting: record(waiting) })),
});

const dueIndex = object({
  format: number,
  savedAt: optional(moment),
  entries: list(
    object({
      ...{ name: text, seenAt: number, until: number, intent: text },
      ...{ files: list(text), signature: text },
    }),
  ),
  all: optional(object({ configuration: text, roll: text, warnings: list(text) })),
});

const pause = object({
  ...{ attempts: number, at: number, notBefore: number, code: text, message: text, exit: number },
  ...{ hint: optional(text), type: optional(text) },
});
const counted = object({ savedAt: optional(moment), used: optional(record(record(number))) });

/** It has all of a pause, or nothing. */
const account: Shape = (value, at) =>
  counted(value, at) ??
  ((value as { readonly attempts?: unknown }).attempts === undefined
    ? undefined
    : pause(value, at));

const SHAPES: readonly (readonly [string, Shape])[] = [
  ['certificate/', lineage],
  ['try-out/', lineage],
  ['owner/', owner],
  ['watched/', owner],
  ['service/', service],
  [accountKey(''), account],
  ['challenge/', object({ withdrawnAt: number, ttl: number })],
  ['one-off/', oneOff],
  ['kept/', kept],
  ['renaming/', object({ schema: number, from: text, since: number })],
  ['watch/', watch],
  [ASKED, object({ at: number, by: text })],
  [DUE_INDEX, dueIndex],
  [RUN_COMMANDS, object({ since: number })],
];

/** The schema of all of them. A later schema is unknown: the reader refuses it. */
const SCHEMA = 1;

/** Why the document does not fit its key; undefined if it does. */
export function faultOf(key: string, value: unknown): string | undefined {
  const shape = SHAPES.find(([prefix]) => key.startsWith(prefix))?.[1];
  const { schema } = (value ?? {}) as { readonly schema?: unknown };
  if (shape === undefined || (typeof schema === 'number' && schema > SCHEMA)) return undefined;
  const place = shape(value, 'value');
  return place === undefined ? undefined : `${place} does not have the required form`;
}
