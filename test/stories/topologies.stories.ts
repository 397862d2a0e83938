// Owners that are aliases, shared, or in several hands.
import { fqdn } from '../../src/dns/name.ts';
import type { Story } from './story.ts';

export const stories: readonly Story[] = [
  {
    name: 'owner-is-an-alias',
    about:
      '_25._tcp.mx1.example.org. is a CNAME to _dane.example.org., where the records stand. The target is written, the alias counts for the wait.',
    setting: { alias: '_dane.example.org' },
    tell: async (scene) => {
      await scene.enrolled();
      await scene.pass('2h');
      await scene.untilRest();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'two-hosts-one-certificate',
    about:
      'One certificate for mx1 and mx2, each with its own records. The certificate goes live on both only when the caches of both owners allow it.',
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
      await scene.untilRest();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
];
