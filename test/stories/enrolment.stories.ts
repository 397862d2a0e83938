// The first certificate: what was in DNS before holger was installed.
import type { Story } from './story.ts';

export const stories: readonly Story[] = [
  {
    name: 'first-enrolment',
    about:
      'mx1 serves a self-signed certificate and has no TLSA records. The records of the served key and of the next key are published together, never the next one alone.',
    tell: async (scene) => {
      scene.begin();
      await scene.pass('2d');
      await scene.untilIdle();
      scene.endsProven(1, '3 1 1 key-1');
    },
  },
  {
    name: 'first-enrolment-with-broken-dane',
    about:
      'The only TLSA record is of a certificate that was replaced last year: DANE clients refuse mx1 today. No client may be refused that is accepted now, and the others are accepted as soon as possible.',
    tell: async (scene) => {
      scene.clientsAreRefused('the records were wrong before holger was installed');
      scene.serve();
      scene.zone.change(scene.owner, 'TLSA', [`030101${'5a'.repeat(32)}`], 3600, 'start');
      scene.begin();
      await scene.pass('3d');
      await scene.untilIdle();
      scene.endsProven(1, '3 1 1 key-1', '3 1 1 unknown');
    },
  },
  {
    name: 'first-enrolment-beside-anothers-records',
    about:
      'Another program has published a matching 3 1 1 and a 3 0 1. They are not ours: they stay, and each combination gets a record of the new certificate before it is deployed.',
    tell: async (scene) => {
      scene.serve();
      scene.publishedBefore('3 1 1', '3 0 1');
      scene.begin();
      await scene.pass('3d');
      await scene.untilIdle();
      scene.endsProven(1, '3 1 1 key-1', '3 1 1 old-1', '3 0 1 key-1', '3 0 1 old-1');
    },
  },
  {
    name: 'endpoint-without-tls',
    about:
      'mx1 has two addresses, and one of them offers no STARTTLS. Any TLSA record makes TLS mandatory, so none is published before that is fixed.',
    tell: async (scene) => {
      scene.addEndpoint('mx1.example.org', '192.0.2.1', 'old-1');
      const plain = scene.addEndpoint('mx1.example.org', '192.0.2.2', 'old-2', { tls: false });
      scene.begin();
      await scene.pass('2d');
      scene.happens('an operator switches STARTTLS on at 192.0.2.2', () =>
        scene.services.switchOn(plain),
      );
      await scene.untilIdle();
      scene.endsProven(1, '3 1 1 key-1');
    },
  },
  {
    name: 'new-address-appears',
    about:
      'mx1 gets a second address with a certificate of its own while a renewal waits. It is part of the host as soon as DNS names it.',
    tell: async (scene) => {
      await scene.enrolled();
      await scene.pass('90m');
      scene.clientsAreRefused('the new machine serves a certificate that no record matches');
      scene.happens(
        'mx1 gets the address 192.0.2.2, where a self-signed certificate is served',
        () => scene.addEndpoint('mx1.example.org', '192.0.2.2', 'self-made'),
      );
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
];
