import { expect, it } from 'vitest';
import { NOW } from '../support/ca.ts';
import { makeParties } from './parties.ts';
import { rule } from './rule.ts';
import { mailHost, OWNER, raised, record, serviceOn } from './scene.ts';
import type { Scene } from './scene.ts';

const all = await makeParties();
const { leaf, middle, ending } = all;
const DAY = 86_400;
const leafKey = record('3 1 1', leaf);
const issuerKey = record('2 1 1', middle);
const sound = (): Scene => mailHost([leafKey, issuerKey], { ecdsa: [leaf, middle] });
const withTtl = (ttl: number): Scene =>
  mailHost([], { ecdsa: [leaf, middle] }, { [`${OWNER} TLSA`]: { data: [leafKey], ttl } });

rule(
  'certificate-ends',
  'warning',
  {
    'in ten days': () => mailHost([record('3 1 1', ending)], { ecdsa: [ending, middle] }),
    yesterday: () => mailHost([record('3 1 1', all.expired)], { ecdsa: [all.expired, middle] }),
    'not valid yet': () => mailHost([record('3 1 1', all.unborn)], { ecdsa: [all.unborn, middle] }),
    'judged for later': () => ({
      ...mailHost([leafKey], { ecdsa: [leaf, middle] }),
      options: { at: NOW + 55 * DAY },
    }),
  },
  {
    'in sixty days': sound,
    'the path finding says it, with more': () => mailHost([issuerKey], { ecdsa: [ending, middle] }),
  },
);
rule(
  'path-ends',
  'warning',
  {
    'the leaf': () => mailHost([issuerKey], { ecdsa: [ending, middle] }),
    'the leaf, though its key matches': () =>
      mailHost([record('3 1 1', ending), issuerKey], { ecdsa: [ending, middle] }),
    'a CA certificate': () =>
      mailHost([record('2 1 1', all.endingMiddle)], {
        ecdsa: [all.leafOfEnding, all.endingMiddle],
      }),
  },
  {
    'in sixty days': sound,
    'usage 3 alone': () => mailHost([record('3 1 1', ending)], { ecdsa: [ending, middle] }),
    'a CA certificate that no record needs': () =>
      mailHost([record('3 1 1', all.leafOfEnding)], {
        ecdsa: [all.leafOfEnding, all.endingMiddle],
      }),
  },
);
rule(
  'ttl-too-long',
  'warning',
  { 'eleven days of sixty': () => withTtl(11 * DAY) },
  { 'an hour': sound, 'a day': () => withTtl(DAY) },
);

it('reports what will match on the day after', async () => {
  const both = mailHost([record('3 1 1', ending), issuerKey], { ecdsa: [ending, middle] });
  const only = mailHost([issuerKey], { ecdsa: [ending, middle] });
  const because = async (scene: Scene): Promise<string | undefined> =>
    (await serviceOn(scene)).findings.find((one) => one.rule === 'path-ends')?.because;
  expect(await because(both)).toBe(
    'its certificate expires at 2026-12-01T12:00:00Z; until then 2 1 1 matches',
  );
  expect(await because(only)).toMatch(/matches, and after that no record matches$/);
});

it('reports it once for two kinds of certificate', async () => {
  const shows = { ecdsa: [leaf, middle], rsa: [all.rsa, middle] };
  const zone = {
    [`${OWNER} TLSA`]: { data: [leafKey, record('3 1 1', all.rsa)], ttl: 11 * DAY },
  };
  expect(await raised(mailHost([], shows, zone))).toEqual(['warning ttl-too-long']);
});
