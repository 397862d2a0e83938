// Which key a renewal gets, and changes of the configuration of a running certificate.
import type { Story } from './story.ts';

const DAY = 86_400;

export const stories: readonly Story[] = [
  {
    name: 'prepublished',
    about:
      'Strategy prepublished: the next key is made right after a deployment, and its record is in DNS long before it is needed. The renewal waits for nothing.',
    setting: { strategy: 'prepublished' },
    tell: async (scene) => {
      await scene.enrolled();
      await scene.pass('2h');
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2', '3 1 1 key-3');
    },
  },
  {
    name: 'reuse-key',
    about:
      'Strategy reuse-key: the renewal keeps the key, so its record is already in DNS. Nothing is written, and nothing waits.',
    setting: { strategy: 'reuse-key' },
    tell: async (scene) => {
      await scene.enrolled();
      await scene.pass('2h');
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-1');
    },
  },
  {
    name: 'reuse-key-until-it-is-old',
    about:
      'Strategy reuse-key with rotate_key_every = "100d": one renewal keeps the key, then the age of the key starts a rollover.',
    setting: { strategy: 'reuse-key', rotateKeyEvery: 100 * DAY },
    tell: async (scene) => {
      await scene.enrolled();
      await scene.until('key-2 is made', () => scene.holger.generation(3) !== undefined, '60d');
      await scene.untilIdle();
      scene.endsProven(3, '3 1 1 key-2');
    },
  },
  {
    name: 'another-kind-of-key',
    about: 'The configuration asks for an RSA key from now on: an ordinary rollover.',
    tell: async (scene) => {
      await scene.enrolled('idle');
      scene.happens('an operator sets key_type = "rsa-2048"', () => {
        scene.holger.intent = { ...scene.holger.intent, keyType: 'rsa-2048' };
      });
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'another-name-during-the-wait',
    about:
      'During the wait another name is added to the configuration. The staged certificate is never deployed: it is ordered again with the same key, whose record is already in DNS.',
    tell: async (scene) => {
      await scene.enrolled();
      await scene.pass('90m');
      scene.happens('an operator adds the name imap.example.org', () => {
        const { intent } = scene.holger;
        scene.holger.intent = { ...intent, domains: [...intent.domains, 'imap.example.org'] };
      });
      await scene.untilIdle();
      scene.endsProven(3, '3 1 1 key-2');
    },
  },
  {
    name: 'ca-records-wanted-later',
    about:
      'The configuration asks for 2 1 1 beside 3 1 1 from now on. The CA certificate was seen in the chain that is sent, so its record may be added at once.',
    tell: async (scene) => {
      await scene.enrolled('idle');
      scene.happens('an operator sets records = ["3 1 1", "2 1 1"]', () => {
        const { intent } = scene.holger;
        const policy = { ...intent.policy, records: ['3 1 1', '2 1 1'] };
        scene.holger.intent = { ...intent, policy };
      });
      await scene.untilIdle();
      scene.endsProven(1, '3 1 1 key-1', '2 1 1 X1');
    },
  },
  {
    name: 'from-3-0-1-to-3-1-1',
    about:
      'The records are 3 0 1 and are to become 3 1 1. Both combinations are published for a while; the old one is withdrawn whole when no client needs it.',
    setting: { policy: { records: ['3 0 1'] } },
    tell: async (scene) => {
      await scene.enrolled('idle');
      scene.happens('an operator sets records = ["3 1 1"]', () => {
        const { intent } = scene.holger;
        scene.holger.intent = { ...intent, policy: { ...intent.policy, records: ['3 1 1'] } };
      });
      await scene.untilIdle();
      scene.ends('only 3 1 1 is published', scene.records() === '3 1 1 key-1');
    },
  },
];
