// A resolver that does not prove that it validates: one finding, and no further query.
import { describe, expect, it } from 'vitest';
import { changesIn, NO_MEMORY } from '../../src/watch/changes.ts';
import type { Target } from '../../src/check/gather/facts.ts';
import { rowOf } from '../../src/watch/snapshot.ts';
import { checkText } from '../../src/cli/check/text.ts';
import type { Standing } from '../../src/ports/resolver.ts';
import { makeParties } from './parties.ts';
import { rule } from './rule.ts';
import type { Scene } from './scene.ts';
import { mailHost, raised, record, reportOn, reportsOn } from './scene.ts';

const { leaf, middle, next } = await makeParties();
const SHOWS = { ecdsa: [leaf, middle] };
const good = (): Scene => mailHost([record('3 1 1', leaf), record('2 1 1', middle)], SHOWS);
const UNPROVEN: Standing = {
  ...{ status: 'unproven', server: '127.0.0.53', lasting: true },
  detail: '127.0.0.53 does not validate',
};
const DEAD: Standing = {
  ...{ status: 'failed', server: '127.0.0.1', failure: 'timeout' },
  detail: '127.0.0.1 does not answer',
};
/** As a resolver that does not validate answers: records, and they are not signed. */
const mismatch = (standing?: Standing): Scene => ({
  ...mailHost([], SHOWS, {
    'mx1.example.org A': { data: ['192.0.2.1'], unsigned: true },
    '_25._tcp.mx1.example.org TLSA': { data: [record('3 1 1', next)], unsigned: true },
  }),
  ...(standing === undefined ? {} : { standing }),
});
const NAMES: Target = {
  ...{ kind: 'names', certificate: 'mx1', domains: ['mx1.example.org'] },
  ...{ issuers: ['ca.example'], trustsIssuer: false },
};

rule(
  'resolver-unproven',
  'unknown',
  {
    'a service': () => mismatch(UNPROVEN),
    'a mail domain': () => ({ ...mismatch(UNPROVEN), target: '@example.org' }),
    'an XMPP domain': () => ({ ...mismatch(UNPROVEN), target: 'xmpp:example.org' }),
    'a certificate': () => ({ zone: {}, standing: UNPROVEN, targets: [NAMES] }),
  },
  {
    'one that validates': good,
    'one that is silent': () => ({ ...good(), standing: DEAD }),
    'nothing is asked': () => ({
      ...{ zone: {}, standing: UNPROVEN },
      targets: [{ ...NAMES, issuers: [] }],
    }),
  },
);
rule(
  'resolver-fails',
  'unknown',
  {
    'a service': () => ({ ...good(), standing: DEAD }),
    'a certificate': () => ({ zone: {}, standing: DEAD, targets: [NAMES] }),
  },
  { 'one that validates': good, 'one that does not validate': () => mismatch(UNPROVEN) },
);

describe('K16: with a resolver that does not validate nothing counts as known', () => {
  it('a mismatch is UNKNOWN and not a WARNING, with one finding, and no connection is made', async () => {
    let handshakes = 0;
    const onHandshake = (): void => void (handshakes += 1);
    const found = await raised({ ...mismatch(UNPROVEN), onHandshake });
    expect(found).toEqual(['unknown resolver-unproven']);
    expect(handshakes).toBe(0);
  });

  it('the finding names the resolver and the option that names another one', async () => {
    const text = checkText(await reportOn(mismatch(UNPROVEN)), 0);
    expect(text).toMatch(/UNKNOWN +resolver-unproven: 127\.0\.0\.53: /);
    expect(text).toContain('--resolver');
    expect(text).not.toMatch(/sign the zone|TLSA record/);
  });

  it('silencing the finding does not make the target well', async () => {
    const options = { silenced: new Set(['resolver-unproven'] as const) };
    expect((await reportOn({ ...mismatch(UNPROVEN), options })).severity).toBe('unknown');
  });

  it('a check of presented certificates alone needs no resolver that validates', async () => {
    const report = await reportOn({ ...mismatch(UNPROVEN), options: { unvalidated: true } });
    expect(report.kind === 'service' && report.verdicts.map(({ look }) => look.status)).toContain(
      'presented',
    );
  });

  it.each([
    ['does not validate', UNPROVEN, /does not validate/],
    ['is silent', DEAD, /does not answer/],
  ])(
    'a watch reports all targets UNKNOWN when the resolver %s, also with one target',
    async (_, standing, why) => {
      const rows = (await reportsOn(mismatch(standing))).map(rowOf);
      const { news } = changesIn(NO_MEMORY, { rows }, 1_800_000_000, 0);
      expect(news).toMatchObject([
        { kind: 'blind', because: expect.stringMatching(why) as string },
      ]);
    },
  );
});

describe('K21: what could not be determined is UNKNOWN', () => {
  it('a resolver that does not answer raises no CAA finding', async () => {
    const scene = {
      zone: { 'mx1.example.org CAA': { fails: 'timeout' } },
      standing: DEAD,
    } as const;
    expect(await raised({ ...scene, targets: [NAMES] })).toEqual(['unknown resolver-fails']);
  });
});
