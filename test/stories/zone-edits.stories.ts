// Writes that get lost, and people who edit the records during a wait.
import type { Story } from './story.ts';

export const stories: readonly Story[] = [
  {
    name: 'update-answer-lost',
    about:
      'The UPDATE reaches a hidden primary, its answer is lost, and the secondaries transfer late. A write that was begun counts as made until every server shows otherwise.',
    setting: { hidden: true },
    tell: async (scene) => {
      await scene.enrolled();
      scene.zone.fate = ({ type }) => {
        if (type !== 'TLSA') return undefined;
        scene.zone.fate = () => undefined;
        for (const address of scene.zone.addresses) address.lag = 4 * 3600;
        scene.happens('the UPDATE is made, its answer is lost, and the transfers take 4 hours');
        return 'answer-lost';
      };
      await scene.pass('6h');
      scene.happens('the transfers are quick again', () => {
        for (const address of scene.zone.addresses) scene.zone.catchUp(address);
      });
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'update-lost-on-its-way',
    about: 'The UPDATE never arrives. It is sent again: its prerequisite makes that harmless.',
    tell: async (scene) => {
      await scene.enrolled();
      scene.zone.fate = ({ type }) => {
        if (type !== 'TLSA') return undefined;
        scene.zone.fate = () => undefined;
        scene.happens('the UPDATE is lost on its way');
        return 'request-lost';
      };
      await scene.pass('3h');
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'edited-in-the-same-moment',
    about:
      "Another person adds a record between holger's sweep and its UPDATE. The UPDATE names the RRset that was judged, so the primary does not make it; the next run judges again.",
    tell: async (scene) => {
      await scene.enrolled();
      scene.holger.at(/^before publish$/, () =>
        scene.edit(
          'another person adds a 3 0 1 record of the certificate that is served',
          (rdata) => [...rdata, scene.recordOf('3 0 1', 1)],
        ),
      );
      await scene.pass('3h');
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2', '3 0 1 key-1', '3 0 1 key-2');
    },
  },
  {
    name: 'a-record-that-we-cannot-supply',
    about:
      'trust_anchors = "none": holger publishes no 2 1 1. A person added one of the CA, clients use it, and the CA changes its intermediate. Waiting cannot help, so holger names the record and the person decides.',
    setting: { policy: { trustAnchors: 'none' } },
    tell: async (scene) => {
      await scene.enrolled();
      const [, other] = scene.authority.intermediates;
      if (other === undefined) throw new RangeError('one intermediate');
      scene.edit('a person adds the 2 1 1 record of X1', (rdata) => [
        ...rdata,
        scene.anchorOf('X1'),
      ]);
      scene.happens('the CA signs with X2 from now on', () => {
        scene.authority.signer = () => other;
      });
      await scene.pass('6h');
      scene.endsNeedingPerson(/2 1 1/);
      scene.edit('the person adds the 2 1 1 record of X2 too', (rdata) => [
        ...rdata,
        scene.anchorOf('X2'),
      ]);
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2', '2 1 1 X1', '2 1 1 X2');
    },
  },
  {
    name: 'update-refused',
    about:
      'After the certificate was ordered, the TSIG key loses the right to write TLSA records. Nothing is deployed; when it has the right again the rollover continues.',
    tell: async (scene) => {
      await scene.enrolled();
      scene.happens('the primary refuses to change TLSA records from now on', () => {
        scene.zone.fate = ({ type }) => (type === 'TLSA' ? 'refused' : undefined);
      });
      await scene.pass('6h');
      scene.endsNeedingPerson(/refused/);
      scene.happens('the primary takes changes again', () => {
        scene.zone.fate = () => undefined;
      });
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'ttl-lowered-before-the-roll',
    about:
      'The records have a TTL of a day. Another person lowers it to a minute just before the renewal, to save time. Caches keep what they have for the TTL with which they got it.',
    setting: { policy: { ttl: 86_400 } },
    tell: async (scene) => {
      await scene.enrolled();
      scene.edit('another person sets the TTL to 60 s', (rdata) => rdata, 60);
      await scene.pass('1d');
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'our-record-deleted',
    about:
      'During the wait another person deletes the record of the staged certificate. It is published again, and the wait begins again.',
    tell: async (scene) => {
      await scene.enrolled();
      await scene.pass('2h 30m');
      const staged = scene.recordOf('3 1 1', 2);
      scene.edit('another person deletes the record of key-2', (rdata) =>
        rdata.filter((item) => item !== staged),
      );
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'records-wiped',
    about:
      'During the wait another person deletes the whole RRset. While it is absent no client insists on anything; both records are published together again, never the next one alone.',
    tell: async (scene) => {
      await scene.enrolled();
      await scene.pass('2h 30m');
      scene.edit('another person deletes all TLSA records', () => []);
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'wiped-and-refused',
    about:
      'Another person deletes the whole RRset, and the primary refuses to publish it again. That the write was not made proves nothing about the days before: caches still hold the RRset, and a renewal meanwhile waits for them.',
    setting: { policy: { ttl: 86_400 } },
    tell: async (scene) => {
      await scene.enrolled('idle');
      await scene.run();
      scene.edit('another person deletes all TLSA records', () => []);
      scene.happens('the primary refuses to change TLSA records from now on', () => {
        scene.zone.fate = ({ type }) => (type === 'TLSA' ? 'refused' : undefined);
      });
      await scene.pass('30m');
      scene.happens('an operator: holger run mail');
      await scene.run({ named: true });
      scene.endsNeedingPerson(/refused/);
      scene.happens('the primary takes changes again', () => {
        scene.zone.fate = () => undefined;
      });
      scene.happens('an operator: holger run --force mail');
      await scene.run({ force: true });
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'record-of-a-stranger',
    about:
      'Another person adds a record that matches nothing, beside ours. It stays: holger removes only what it published. It must not block the rollover either.',
    tell: async (scene) => {
      await scene.enrolled();
      await scene.pass('90m');
      scene.edit('another person adds a 3 1 1 record of a key that is served nowhere', (rdata) => [
        ...rdata,
        `030101${'5a'.repeat(32)}`,
      ]);
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2', '3 1 1 unknown');
    },
  },
  {
    name: 'human-adds-3-0-1',
    about:
      'A person keeps a 3 0 1 record of the certificate beside our 3 1 1. Clients may use either combination, so the next certificate needs a 3 0 1 too before it may be served.',
    tell: async (scene) => {
      await scene.enrolled();
      scene.edit('a person adds a 3 0 1 record of the certificate that is served', (rdata) => [
        ...rdata,
        scene.recordOf('3 0 1', 1),
      ]);
      await scene.pass('2h');
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2', '3 0 1 key-1', '3 0 1 key-2');
    },
  },
];
