// A CA that is down, refuses, or signs with another intermediate than before.
import { AppError } from '../../src/base/errors.ts';
import type { Scene } from './scene.ts';
import type { Story } from './story.ts';

const HOUR = 3600;

const ONLY_CA = { records: ['2 1 1'], trustAnchors: 'issuer' } as const;

async function firstFails(scene: Scene): Promise<void> {
  await scene.enrolled();
  scene.happens('the first CA refuses every order', () => {
    scene.authority.refuses = () => new AppError('ACME_PROBLEM', 'this account is suspended');
  });
  await scene.pass('4h');
  await scene.untilIdle();
}

export const stories: readonly Story[] = [
  {
    name: 'ca-is-down',
    about:
      'The CA does not answer for a day when the certificate is due. Nothing else changes meanwhile.',
    tell: async (scene) => {
      await scene.enrolled();
      scene.happens('the CA does not answer any more', () => {
        scene.authority.failure = new AppError('ACME_UNREACHABLE', 'the CA does not answer');
      });
      await scene.pass('1d');
      scene.happens('the CA is back', () => {
        scene.authority.failure = undefined;
      });
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'ca-limits-for-hours',
    about:
      'The CA limits orders and names a time twenty hours later. The timer starts holger every hour. The time is stored: no run asks the CA before it, and none sleeps until then.',
    tell: async (scene) => {
      await scene.enrolled();
      scene.happens('the CA accepts no order for 20 hours', () => {
        scene.authority.failure = new AppError('ACME_RATE_LIMITED', 'too many new orders', {
          notBefore: scene.timeline.now() + 20 * HOUR,
          hint: 'wait; the CA names the time',
        });
      });
      await scene.pass('2h');
      scene.happens('the CA would answer a request now, but it gets none', () => {
        scene.authority.failure = new AppError('BUG', 'the CA was asked before its time');
      });
      await scene.pass('17h');
      scene.happens('twenty hours have passed', () => {
        scene.authority.failure = undefined;
      });
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'ca-changes-its-issuer',
    about:
      'Records of the CA are published beside those of the key (3 1 1 and 2 1 1). The next certificate comes from another intermediate, without warning: its 2 1 1 is published before the chain is served.',
    setting: { policy: { records: ['3 1 1', '2 1 1'], trustAnchors: 'issuer' } },
    tell: async (scene) => {
      await scene.enrolled();
      scene.happens('the CA signs with X2 from now on', () => {
        const [, other] = scene.authority.intermediates;
        if (other !== undefined) scene.authority.signer = () => other;
      });
      await scene.pass('2h');
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2', '2 1 1 X2');
    },
  },
  {
    name: 'only-ca-records-and-a-new-issuer',
    about:
      'DNS names only the CA (2 1 1), as many hosts do, and the CA changes its intermediate. A client with the old record refuses the new chain, so its deployment waits until no cache holds that record alone.',
    setting: { policy: { records: ['2 1 1'], trustAnchors: 'issuer' } },
    tell: async (scene) => {
      await scene.enrolled();
      scene.happens('the CA signs with X2 from now on', () => {
        const [, other] = scene.authority.intermediates;
        if (other !== undefined) scene.authority.signer = () => other;
      });
      await scene.pass('2h');
      await scene.untilIdle();
      scene.endsProven(2, '2 1 1 X2');
    },
  },
  {
    name: 'next-issuer',
    about:
      'Two CAs are listed, and DNS names only the CA (2 1 1). The first CA refuses orders for longer than issuer_patience, and the second one signs. DNS does not name it yet: its chain waits until no cache holds the old record alone.',
    setting: { policy: ONLY_CA, fallback: { known: false } },
    tell: async (scene) => {
      await firstFails(scene);
      scene.endsProven(3, '2 1 1 Y1');
    },
  },
  {
    name: 'next-issuer-published-before',
    about:
      'The same, and trust_anchor_file names the CA certificates of both: their records are published before they are needed. Each new chain is deployed in the run in which it was issued, and DNS does not change.',
    setting: { policy: ONLY_CA, fallback: { known: true } },
    tell: async (scene) => {
      await firstFails(scene);
      scene.endsProven(3, '2 1 1 X1', '2 1 1 Y1');
      scene.happens('the first CA takes orders again, and an operator orders early', () => {
        scene.authority.refuses = () => undefined;
      });
      await scene.run({ force: true });
      await scene.untilIdle();
      scene.endsProven(4, '2 1 1 X1', '2 1 1 Y1');
    },
  },
  {
    name: 'next-issuer-named-no-more',
    about:
      'The record of the second CA is published before it is needed. The state documents are lost, and holger recognises the record as its own. Then the operator removes trust_anchor_file, and the record is withdrawn.',
    setting: { policy: ONLY_CA, fallback: { known: true } },
    tell: async (scene) => {
      await scene.enrolled('idle');
      scene.happens('the state documents are gone', () => scene.holger.storage.loseDocuments());
      await scene.untilIdle();
      scene.happens('the operator removes trust_anchor_file', () => {
        const { anchors: _known, ...rest } = scene.holger.intent;
        scene.holger.intent = rest;
      });
      await scene.pass('1d');
      await scene.untilIdle();
      scene.endsProven(1, '2 1 1 X1');
    },
  },
  {
    name: 'ca-refuses-the-order-after-the-key-is-published',
    about:
      'Strategy prepublished: the record of the next key is already in DNS, and then the CA refuses the order for a day. The key stays the same, and so does its record.',
    setting: { strategy: 'prepublished' },
    tell: async (scene) => {
      await scene.enrolled();
      scene.happens('the CA refuses each order: a CAA record forbids it', () => {
        scene.authority.failure = new AppError(
          'ACME_PROBLEM',
          'CAA record for mx1.example.org prevents issuance',
          { hint: 'allow this CA in the CAA record of the name' },
        );
      });
      await scene.pass('20h');
      scene.endsNeedingPerson(/CAA/);
      scene.happens('the CAA record allows the CA again, and an operator runs holger', () => {
        scene.authority.failure = undefined;
      });
      await scene.run({ named: true });
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2', '3 1 1 key-3');
    },
  },
  {
    name: 'ca-refuses-a-key-twice',
    about:
      'Strategy reuse-key, and one day the CA does not certify the same key again. The renewal uses a new key, with its record, its wait and its proof.',
    setting: { strategy: 'reuse-key' },
    tell: async (scene) => {
      await scene.enrolled();
      scene.happens('the CA certifies no key twice from now on', () => {
        scene.authority.refusesKey = (key) =>
          key === 'key-1'
            ? new AppError('ACME_PROBLEM', 'this public key was used before', {
                details: { type: 'badPublicKey' },
              })
            : undefined;
      });
      await scene.pass('2h');
      await scene.untilIdle();
      scene.endsProven(3, '3 1 1 key-2');
    },
  },
];
