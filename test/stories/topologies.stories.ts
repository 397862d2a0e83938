// Owners that are aliases, shared, or served by several providers.
import { fqdn } from '../../src/dns/name.ts';
import type { Story } from './story.ts';

export const stories: readonly Story[] = [
  {
    name: 'owner-is-an-alias',
    about:
      '_25._tcp.mx1.example.org. is a CNAME to _dane.example.org., where another person keeps a record of the old certificate. holger writes at the canonical owner, and what is not ours stays there.',
    setting: { alias: '_dane.example.org' },
    tell: async (scene) => {
      scene.serve();
      scene.publishedBefore('3 1 1');
      await scene.enrolled();
      await scene.pass('2h');
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2', '3 1 1 old-1');
    },
  },
  {
    name: 'service-out-of-reach',
    about:
      'The operator says that mx1 cannot be reached from here (reachable = false). What was deployed there and acknowledged counts instead of handshakes.',
    setting: { services: { reachable: false } },
    tell: async (scene) => {
      await scene.enrolled();
      await scene.pass('2h');
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'two-hosts-one-certificate',
    about:
      'One certificate for mx1 and mx2, each with its own records. The certificate is deployed at both only when the caches of both owners allow it.',
    setting: { hosts: ['mx1.example.org', 'mx2.example.org'] },
    tell: async (scene) => {
      await scene.enrolled();
      scene.zone.fate = ({ type, owner }) => {
        if (type !== 'TLSA' || owner !== fqdn('_25._tcp.mx2.example.org')) return undefined;
        scene.zone.fate = () => undefined;
        return 'request-lost';
      };
      scene.happens('the first UPDATE for mx2 will be lost on its way');
      await scene.pass('2h');
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'zone-at-two-providers',
    about:
      'Two providers serve the zone, and each signs it by itself. The second one does not take the change that the first one took: it is sent again until both serve it, though the first one, whose serial is higher, lacks nothing.',
    setting: { signers: 2 },
    tell: async (scene) => {
      await scene.enrolled();
      scene.happens('the second provider is down for two hours from the change on');
      scene.zone.fate = ({ type }, signer) => {
        if (type !== 'TLSA' || signer === 0) return undefined;
        const up = scene.timeline.now() + 7200;
        scene.zone.fate = (_edit, other) =>
          other === 1 && scene.timeline.now() < up ? 'request-lost' : undefined;
        return 'request-lost';
      };
      await scene.pass('3h');
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'two-installations-one-rrset',
    about:
      'mx1 and mx2 each have an installation of holger, and both owners are CNAMEs to _dane.example.org. Both renew in the same hours: neither withdraws what the other one needs.',
    setting: { hosts: ['mx1.example.org', 'mx2.example.org'], alias: '_dane.example.org' },
    tell: async (scene) => {
      scene.holger.intent = scene.intentOf(['mx1.example.org']);
      const other = scene.install('holger 2', 'other', scene.intentOf(['mx2.example.org']));
      scene.serve();
      scene.publishedBefore('3 1 1');
      await scene.enrolled();
      await scene.pass('6h');
      await scene.until('both are idle', () => scene.holger.isIdle && other.isIdle);
      scene.ends(
        'each serves its second generation, and the RRset holds the records of both',
        scene.presents(0) === 'key-2 < X1' &&
          scene.presents(1) === 'other-2 < X1' &&
          scene.records() === '3 1 1 key-2, 3 1 1 old-1, 3 1 1 old-2, 3 1 1 other-2',
      );
    },
  },
];
