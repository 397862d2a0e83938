// A CA with three intermediates under a new root, which an older root has certified, too. Before
// them, an intermediate of the older root signed.
import { expect, it } from 'vitest';
import type { Configured } from '../../src/check/gather/facts.ts';
import { parseTarget } from '../../src/check/gather/target.ts';
import type { IssuingSet, KnownCertificate } from '../../src/check/issuers/issuing-set.ts';
import { LETS_ENCRYPT } from '../../src/check/issuers/lets-encrypt.ts';
import { withSeen } from '../../src/check/issuers/seen-issuers.ts';
import type { SeenChain } from '../../src/check/issuers/seen-issuers.ts';
import { chainFromDer } from '../../src/x509/chain.ts';
import { issue, NOW } from '../support/ca.ts';
import type { Party } from '../support/ca.ts';
import { rule } from './rule.ts';
import { mailHost, MX, OWNER, record, serviceOn } from './scene.ts';
import type { Scene } from './scene.ts';

const DAY = 86_400;
const dns = ['mx1.example.org'];
const years = { ca: true, notAfter: NOW + 2000 * DAY };
const oldRoot = await issue({ name: 'Old Root', ...years });
const root = await issue({ name: 'New Root', ...years });
const certified = (notAfter: number): Promise<Party> =>
  issue({ name: 'New Root', ca: true, issuer: oldRoot, keysOf: root, notAfter });
const cross = await certified(NOW + 2000 * DAY);
const below = (name: string, issuer: Party, days = 1000): Promise<Party> =>
  issue({ name, ca: true, issuer, notAfter: NOW + days * DAY });
const [one, two, backup, unlisted] = [
  await below('One', root),
  await below('Two', root),
  await below('Three', root),
  await below('Four', root),
];
const former = await below('Former', oldRoot);
const leaf = await issue({ dns, issuer: one });

function known(name: string, party: Party): KnownCertificate {
  const digest = (combination: string): string => record(combination, party).split(' ')[3] ?? '';
  return {
    name,
    digests: {
      ...{ '0 1': digest('2 0 1'), '0 2': digest('2 0 2') },
      ...{ '1 1': digest('2 1 1'), '1 2': digest('2 1 2') },
    },
  };
}

const notAfter = NOW + 1000 * DAY;
const SET: IssuingSet = {
  ...{ ca: 'Example CA', knownOn: '2026-08-21' },
  issuing: [
    { ...known('One', one), notAfter },
    { ...known('Two', two), notAfter },
    { ...known('Three', backup), notAfter, backup: true },
  ],
  former: [known('Former', former).digests['1 1']],
  above: [known('New Root', cross)],
};
/** Until this day the CA sends the root that the older one has certified. */
const until = (leaves: number): IssuingSet => ({
  ...SET,
  above: [{ ...known('New Root', cross), leaves }],
});

const CHAIN = [leaf, one, cross];
const anchor = (party: Party, combination = '2 1 1'): string => record(combination, party);
const three = [one, two, backup].map((party) => anchor(party));
const leafKey = record('3 1 1', leaf);

function served(
  records: readonly string[],
  chain: readonly Party[] = CHAIN,
  set: IssuingSet | undefined = SET,
): Scene {
  return {
    ...mailHost(records, { ecdsa: chain }),
    ...(set === undefined ? {} : { issuingSets: [set] }),
  };
}

/** A CA of which nothing is known. */
const elsewhere = (records: readonly string[], chain: readonly Party[]): Scene =>
  mailHost(records, { ecdsa: chain });

const own = (records: Configured['records']): Scene => {
  const target = parseTarget(MX, 'service');
  if (target.kind !== 'service') throw new Error('that was no service');
  const configured = { certificates: ['mx1'], records };
  return { ...served([anchor(one)]), targets: [{ ...target, configured }] };
};

const newer = await issue({ dns, issuer: unlisted });
const formerLeaf = await issue({ dns, issuer: former });
const FORMER = [formerLeaf, former];
const ended = { ...SET, issuing: SET.issuing.map((it) => ({ ...it, notAfter: NOW })) };

rule(
  'next-issuer',
  'warning',
  {
    'a record of one of three': () => served([anchor(one)]),
    'only the backup is missing': () => served([anchor(one), anchor(two)]),
    'the issuer does not sign any more': () => served([anchor(former)], FORMER),
    'one of its successors is missing': () => served([anchor(former), ...three.slice(1)], FORMER),
    'the root of the successors, which the CA does not send any more': () =>
      served([anchor(former), anchor(root)], FORMER, until(NOW - DAY)),
    'the digest of the certificate of one': () => served([anchor(one, '2 0 1')]),
    'the full key of one': () => served([anchor(one, '2 1 0')]),
    'a second digest of one alone': () => served([...three, anchor(one, '2 1 2')]),
    'a root that is not sent': () => served([anchor(one), anchor(root)], [leaf, one]),
    'the digest of the leaf, which is another one after the renewal': () =>
      served([record('3 0 1', leaf), anchor(one)]),
    'of a service that holger does not keep': () => own('left'),
  },
  {
    'all three': () => served(three),
    'all three with both selectors': () =>
      served([...three, ...[one, two, backup].map((party) => anchor(party, '2 0 1'))]),
    'all three in full': () => served([one, two, backup].map((party) => anchor(party, '2 1 0'))),
    'the root above them': () => served([anchor(root)]),
    'the older root above it, which is sent': () => served([anchor(oldRoot)], [...CHAIN, oldRoot]),
    'the successors, ahead of time': () => served([anchor(former), ...three], FORMER),
    'the root of the successors, ahead of time': () =>
      served([anchor(former), anchor(root)], FORMER),
    'the older root, which the server adds': () => served([anchor(oldRoot)], [...FORMER, oldRoot]),
    'usage 3 alone': () => served([leafKey]),
    'nothing matches now': () => served([anchor(two)]),
    'a CA that is not known': () => elsewhere([anchor(one)], CHAIN),
    'an intermediate that is newer than the list': () =>
      served([anchor(unlisted)], [newer, unlisted, cross]),
    'a list that has ended': () => served([anchor(one)], CHAIN, ended),
    'a service of holger': () => own('wanted'),
    'records that no client uses': () => ({
      ...served([]),
      zone: {
        ...served([]).zone,
        [`${OWNER} TLSA`]: { data: [anchor(one)], unsigned: true },
      },
    }),
  },
);
rule(
  'next-issuer',
  'ok',
  { 'beside a record of the key': () => served([leafKey, anchor(one)]) },
  { 'beside a record of the key, all three': () => served([leafKey, ...three]) },
);

const endingRoot = await issue({ name: 'Ending Root', ca: true, notAfter: NOW + 100 * DAY });
const underEnding = await below('Under Ending', endingRoot);
const endingMiddle = await below('Ending Middle', oldRoot, 100);
const leafUnder = await issue({ dns, issuer: underEnding });
const leafOfEnding = await issue({ dns, issuer: endingMiddle });
const soonMiddle = await below('Soon', oldRoot, 20);
const leafOfSoon = await issue({ dns, issuer: soonMiddle });
const laterMiddle = await below('Later', oldRoot, 130);
const leafOfLater = await issue({ dns, issuer: laterMiddle });
const yearMiddle = await below('Year', oldRoot, 400);
const leafOfYear = await issue({ dns, issuer: yearMiddle, notAfter: NOW + 390 * DAY });
const endingCross = await certified(NOW + 100 * DAY);
const MONTH = until(NOW + 30 * DAY);

rule(
  'anchor-leaves',
  'warning',
  {
    'a root that is not sent from a known day on': () => served([anchor(root)], CHAIN, MONTH),
    'the day has passed': () => served([anchor(root)], CHAIN, until(NOW - DAY)),
    'some intermediates have records': () =>
      served([anchor(root), ...three.slice(1)], CHAIN, MONTH),
    'what is above it leaves with it': () => served([anchor(oldRoot)], [...CHAIN, oldRoot], MONTH),
    'a root that expires': () =>
      elsewhere([anchor(endingRoot)], [leafUnder, underEnding, endingRoot]),
    'an intermediate that expires': () =>
      elsewhere([anchor(endingMiddle)], [leafOfEnding, endingMiddle]),
    'a cross-signed root that expires': () => served([anchor(root)], [leaf, one, endingCross]),
  },
  {
    'all intermediates have records': () => served([anchor(root), ...three], CHAIN, MONTH),
    'the root as it signs itself was added': () => served([anchor(root)], [leaf, one, root], MONTH),
    'it is sent, and no record needs it': () => served([leafKey], CHAIN, MONTH),
    'it is reported already': () => served([anchor(one)], CHAIN, MONTH),
    'another intermediate of the same root takes its place': () =>
      elsewhere([anchor(oldRoot)], [leafOfEnding, endingMiddle, oldRoot]),
    'it expires after the next certificate': () =>
      elsewhere([anchor(laterMiddle)], [leafOfLater, laterMiddle]),
    'it expires soon, which is path-ends': () =>
      elsewhere([anchor(soonMiddle)], [leafOfSoon, soonMiddle]),
    'it expires in a year': () => elsewhere([anchor(yearMiddle)], [leafOfYear, yearMiddle]),
  },
);
rule(
  'anchor-leaves',
  'ok',
  {
    'a cross-signed root without a date': () => served([anchor(root)]),
    'a known day, beside a record of the key': () => served([leafKey, anchor(root)], CHAIN, MONTH),
  },
  {
    'without a date, beside a record of the key': () => served([leafKey, anchor(root)]),
    'of a CA that is not known': () => elsewhere([anchor(root)], CHAIN),
  },
);

/** Chains that Example CA, or another one, sent this installation. */
function sent(chain: readonly Party[], changes: Partial<SeenChain> = {}): readonly SeenChain[] {
  return [
    {
      ...{ ca: 'ca.example', directory: 'https://ca.example/directory', isDefault: true },
      ...{ algorithm: 'ecdsa', chain: chainFromDer(chain.map(({ der }) => der)), ...changes },
    },
  ];
}

const informed = (scene: Scene, ...seen: readonly (readonly SeenChain[])[]): Scene => ({
  ...scene,
  issuingSets: withSeen(scene.issuingSets ?? [], seen.flat()),
});
const later = await issue({ dns, issuer: two, notBefore: NOW - DAY });
const newest = await issue({ dns, issuer: one, notBefore: NOW - DAY / 2 });
const before = await issue({ dns, issuer: one, notBefore: NOW - 60 * DAY });
const [byOne, byTwo] = [sent([before, one, cross]), sent([later, two, cross])];
const bare = sent([await issue({ dns, issuer: one, notBefore: NOW - DAY }), one]);
const ofFour = sent([await issue({ dns, issuer: unlisted, notBefore: NOW - DAY }), unlisted]);
const elseOne = elsewhere([anchor(one)], CHAIN);

rule(
  'next-issuer',
  'warning',
  {
    'of any CA: it signs with another intermediate here now': () => informed(elseOne, byOne, byTwo),
    'two intermediates within a month': () => informed(elseOne, sent([leaf, one, cross]), byTwo),
    'an intermediate that is newer than the list': () => informed(served(three), byOne, ofFour),
  },
  {
    'of any CA: its root has a record': () =>
      informed(elsewhere([anchor(root)], CHAIN), byOne, byTwo),
    'of any CA: it signed with that one last': () => informed(elseOne, byOne),
    'another CA has another intermediate': () =>
      informed(elseOne, byOne, sent([later, two], { directory: 'https://other.example/acme' })),
    'certificates with another kind of key': () =>
      informed(elseOne, sent([newest, one]), sent([later, two], { algorithm: 'rsa' })),
    'the intermediate of two months ago has no record': () =>
      informed(elsewhere([anchor(two)], [later, two, cross]), byOne, byTwo),
    'an intermediate that the list has as a former one': () =>
      informed(served(three), byOne, sent([formerLeaf, former])),
  },
);
rule(
  'anchor-leaves',
  'warning',
  {
    'the CA has sent a chain without it here': () => informed(served([anchor(root)]), bare),
    'of any CA': () => informed(elsewhere([anchor(root)], CHAIN), bare),
  },
  {
    'the CA sends it': () => informed(elsewhere([anchor(root)], CHAIN), byOne),
    'the operator has chosen that chain': () =>
      informed(elsewhere([anchor(root)], CHAIN), sent([leaf, one], { isDefault: false })),
    'the root as it signs itself was added': () =>
      informed(elsewhere([anchor(root)], [leaf, one, root]), bare),
    'records of the intermediate, too': () =>
      informed(elsewhere([anchor(root), anchor(one)], CHAIN), bare),
  },
);

async function because(scene: Scene): Promise<readonly string[]> {
  return (await serviceOn(scene)).findings.map((it) => it.because);
}

it('reports the intermediates, the day of the list, and the complete records', async () => {
  expect(await because(served([anchor(one)]))).toContain(
    'the next certificate may come from Two or Three (backup) of Example CA, as known on ' +
      `2026-08-21, and no record 2 1 1 is of that key; publish ${three[1]} and ${three[2]}`,
  );
  expect(await because(served([leafKey, anchor(one), anchor(two)]))).toContain(
    'the next certificate may come from Three (backup) of Example CA, as known on 2026-08-21, ' +
      'and no record 2 1 1 is of that key; the record of the key matches only while the key ' +
      `stays; publish ${three[2]}`,
  );
});

it('reports what the certificates of this installation showed', async () => {
  expect(await because(informed(elseOne, byOne, byTwo))).toContain(
    'the next certificate may come from Two of ca.example, as a certificate of this installation ' +
      `showed on 2026-11-20, and no record 2 1 1 is of that key; publish ${three[1]}`,
  );
  expect(await because(informed(elsewhere([anchor(root)], CHAIN), bare))).toContain(
    'on 2026-11-20 ca.example sent this installation a certificate without certificate 2 of the ' +
      `chain; from then on no record 2 1 1 is of the key of One; publish ${three[0]}`,
  );
});

it('reports the day on which a certificate leaves the chain', async () => {
  expect(await because(served([anchor(root)], CHAIN, MONTH))).toContain(
    'Example CA sends the cross-signed New Root until 2026-12-21T12:00:00Z, as known on ' +
      '2026-08-21; from then on no record 2 1 1 is of the key of One, Two or Three (backup); publish ' +
      three.join(' and '),
  );
  expect(await because(elsewhere([anchor(endingMiddle)], [leafOfEnding, endingMiddle]))).toContain(
    'certificate 1 of the chain expires at 2027-03-01T12:00:00Z, before the next certificate ' +
      'would; from then on no record 2 1 1 matches',
  );
  expect(await because(served([anchor(root)]))).toContain(
    'one day Example CA will not send the cross-signed New Root any more (no date was known ' +
      'on 2026-08-21); from then on no record 2 1 1 is of the key of One, Two or Three (backup); publish ' +
      three.join(' and '),
  );
});

it('two chains with the same missing records are one finding', async () => {
  const other = await issue({ dns, issuer: two });
  const scene = {
    ...served([anchor(one), anchor(two)]),
    shows: { '192.0.2.1': { ecdsa: CHAIN, rsa: [other, two, cross] } },
  };
  const { findings } = await serviceOn(scene);
  expect(findings.filter((it) => it.rule === 'next-issuer')).toHaveLength(1);
});

it('every certificate of the built-in list has four digests of its own', () => {
  const all = LETS_ENCRYPT.flatMap(({ issuing, above }) => [...issuing, ...above]);
  const digests = all.flatMap((it) => Object.entries(it.digests));
  for (const [combination, digest] of digests) {
    expect(digest).toMatch(combination.endsWith('1') ? /^[0-9a-f]{64}$/ : /^[0-9a-f]{128}$/);
  }
  const formerOnes = LETS_ENCRYPT.flatMap((set) => set.former);
  for (const digest of formerOnes) expect(digest).toMatch(/^[0-9a-f]{64}$/);
  const values = [...digests.map(([, digest]) => digest), ...formerOnes];
  expect(new Set(values).size).toBe(values.length);
  for (const { knownOn } of LETS_ENCRYPT) expect(knownOn).toMatch(/^\d{4}-\d{2}-\d{2}$/);
});
