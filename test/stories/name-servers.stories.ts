// Name servers that lag, fail, refuse, or answer only in part; and zones that cannot be validated.
import type { Story } from './story.ts';

const DAY = 86_400;

export const stories: readonly Story[] = [
  {
    name: 'plain-renewal',
    about:
      'An ordinary renewal. mx1.example.org serves SMTP at one address; ns1 and ns2 serve the zone; a timer starts holger every hour.',
    tell: async (scene) => {
      await scene.enrolled();
      await scene.pass('2h');
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'secondary-lags',
    about:
      'A secondary transfers the zone five hours late. The wait starts when the slowest server serves the change, not at the UPDATE.',
    tell: async (scene) => {
      await scene.enrolled();
      scene.happens('from now on ns2 transfers the zone 5 hours late', () => {
        scene.server(1).lag = 5 * 3600;
      });
      await scene.pass('2h');
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'secondary-dead-comes-back',
    about:
      'A secondary goes down before it has transferred the new record, and comes back two days later with the old zone. Silence proves nothing: it may still serve what it served last.',
    tell: async (scene) => {
      await scene.enrolled();
      scene.holger.at(/^before publish$/, () =>
        scene.happens('ns2 goes down, just before the new record is written', () => {
          scene.server(1).lag = Infinity;
          scene.server(1).silentUntil = Infinity;
        }),
      );
      await scene.pass('2d');
      scene.happens('ns2 is back, and still has the zone of two days ago', () => {
        scene.server(1).silentUntil = -Infinity;
      });
      await scene.pass('3h');
      scene.happens('ns2 transfers the zone', () => scene.zone.catchUp(scene.server(1)));
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'secondary-dead-for-good',
    about:
      'A secondary goes down before it has transferred the new record, and is not removed from the NS set. What it may serve ends when its signatures expire.',
    tell: async (scene) => {
      scene.holger.intent = { ...scene.holger.intent, renewBefore: 40 * DAY };
      await scene.enrolled();
      scene.holger.at(/^before publish$/, () =>
        scene.happens('ns2 goes down permanently, just before the new record is written', () => {
          scene.server(1).lag = Infinity;
          scene.server(1).silentUntil = Infinity;
        }),
      );
      await scene.until(
        'generation 2 is proven',
        () => scene.holger.generation(2)?.provenAt !== undefined,
        '60d',
      );
      scene.ends(
        'generation 2 is proven, though ns2 never came back',
        scene.holger.generation(2)?.provenAt !== undefined,
      );
    },
  },
  {
    name: 'secondary-dead-during-the-order',
    about:
      'A secondary goes down before a renewal begins. The CA may ask it for the challenge, so holger waits for it, and reports which server is silent and since when; the operator says that it is gone.',
    tell: async (scene) => {
      await scene.enrolled();
      scene.happens('ns2 does not answer any more', () => {
        scene.server(1).silentUntil = Infinity;
      });
      await scene.pass('12h');
      scene.ends('nothing is ordered yet', scene.holger.generation(2)?.chain === undefined);
      scene.happens('ns2 is switched off', () => scene.zone.remove(scene.server(1)));
      await scene.order('an operator: holger forget mail 192.0.2.54', {
        kind: 'forget',
        address: '192.0.2.54',
      });
      await scene.until('generation 2 is proven', () => scene.proven(2));
      scene.ends('generation 2 is proven', scene.proven(2));
    },
  },
  {
    name: 'old-zone-over-ipv6',
    about:
      'ns2 has two addresses, and the machine behind the IPv6 one does not transfer the zone any more. Resolvers use either one, so each address is swept for itself.',
    setting: {
      nameServers: [
        { server: 'ns1.example.org', address: '192.0.2.53' },
        { server: 'ns2.example.org', address: '192.0.2.54' },
        { server: 'ns2.example.org', address: '2001:db8::54' },
      ],
    },
    tell: async (scene) => {
      await scene.enrolled();
      scene.holger.at(/^before publish$/, () =>
        scene.happens('the machine behind 2001:db8::54 stops transferring the zone', () => {
          scene.server(2).lag = Infinity;
        }),
      );
      await scene.pass('20h');
      scene.happens('an operator repairs the transfer to 2001:db8::54', () =>
        scene.zone.catchUp(scene.server(2)),
      );
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'servfail-for-tlsa-alone',
    about:
      'A load balancer in front of ns2 does not know the TLSA type and answers SERVFAIL to it alone. A failure is not an absence.',
    tell: async (scene) => {
      await scene.enrolled();
      scene.holger.at(/^before publish$/, () =>
        scene.happens(
          'ns2 is put behind the load balancer, just before the new record is written',
          () => {
            scene.server(1).refuses = { status: 'servfail', type: 'TLSA' };
          },
        ),
      );
      await scene.pass('9h');
      scene.happens('ns2 answers TLSA queries again', () => {
        delete scene.server(1).refuses;
      });
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'zone-turns-bogus',
    about:
      'During the wait the chain of trust is broken (a DS without its key). What cannot be validated allows no step; after the repair the rollover continues where it was.',
    tell: async (scene) => {
      await scene.enrolled();
      await scene.pass('90m');
      scene.happens('the zone fails DNSSEC validation', () => {
        scene.zone.security = 'bogus';
      });
      await scene.pass('5h');
      scene.happens('the zone validates again', () => {
        scene.zone.security = 'secure';
      });
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'two-machines-behind-one-address',
    about:
      'ns2 is an anycast address, and one of the two machines behind it does not transfer any more. A query reaches the one or the other. A version that was gone and is seen again is served again: one good answer deploys nothing.',
    tell: async (scene) => {
      await scene.enrolled();
      const ns2 = scene.server(1);
      scene.happens('one of the two machines behind ns2 stops transferring the zone', () => {
        ns2.late = { copy: ns2.copy, turn: false };
      });
      await scene.pass('12h');
      scene.ends('nothing is deployed', scene.presents(0) === 'key-1 < X1');
      scene.happens('it is taken out of service', () => {
        delete ns2.late;
      });
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'signatures-end-during-the-wait',
    about:
      'The signer makes short signatures and stops during the wait. They end before the wait does, and holger warns in time; from then on the zone is bogus, and no step is made. When the zone is signed again the rollover continues where it was.',
    tell: async (scene) => {
      await scene.enrolled();
      scene.happens('from now on the signer makes signatures for 90 minutes', () => {
        scene.zone.signedFor = 90 * 60;
      });
      await scene.pass('2h 29m');
      scene.happens('the signer is down; resolvers still have the keys in their caches');
      await scene.pass('2h');
      scene.happens('now the whole zone is bogus to every resolver', () => {
        scene.zone.security = 'bogus';
      });
      await scene.pass('5h');
      scene.happens('the signer runs again and signs the zone for a month', () => {
        scene.zone.signedFor = 30 * DAY;
        scene.zone.security = 'secure';
        scene.zone.resign();
      });
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'signatures-renewed-during-the-wait',
    about:
      'Signatures for 90 minutes again, but the signer renews them every hour. The wait does not change.',
    tell: async (scene) => {
      await scene.enrolled();
      scene.zone.signedFor = 90 * 60;
      for (let hour = 0; hour < 12; hour += 1) {
        scene.timeline.in(hour * 3600, () => scene.zone.resign());
      }
      await scene.pass('9h');
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'zone-unsigned-midway',
    about:
      'During the wait the DS disappears from the parent: TLSA records have no effect any more. Only a person can fix that, and holger says what to do.',
    tell: async (scene) => {
      await scene.enrolled();
      await scene.pass('90m');
      scene.happens('the DS of the zone disappears', () => {
        scene.zone.security = 'insecure';
      });
      await scene.pass('5h');
      scene.endsNeedingPerson(/not signed/);
      scene.happens('the DS is back', () => {
        scene.zone.security = 'secure';
      });
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
];
