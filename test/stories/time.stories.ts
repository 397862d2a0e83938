// Certificates that expire during a wait, clocks that are wrong, and processes that end early.
import type { GenerationState, Lineage } from '../../src/rollover/model.ts';
import type { Story } from './story.ts';

const HOUR = 3600;
const DAY = 86_400;

function same(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return JSON.stringify([...a]) === JSON.stringify([...b]);
}

export const stories: readonly Story[] = [
  {
    name: 'one-call-through-the-night',
    about:
      'An operator calls holger run --wait --force in the evening and goes home. In the night the zone is bogus for forty minutes. holger tries again, and has finished in the morning.',
    tell: async (scene) => {
      await scene.enrolled('idle');
      scene.timeline.in(30 * 60, () => {
        scene.happens('the zone fails DNSSEC validation', () => {
          scene.zone.security = 'bogus';
        });
      });
      scene.timeline.in(70 * 60, () => {
        scene.happens('the zone validates again', () => {
          scene.zone.security = 'secure';
        });
      });
      await scene.run({ force: true, wait: true });
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'one-call-gives-up',
    about:
      'As before, but the zone stays bogus. A call that has waited tries for half an hour and ends; the timer or a person continues.',
    tell: async (scene) => {
      await scene.enrolled('idle');
      scene.timeline.in(30 * 60, () => {
        scene.happens('the zone fails DNSSEC validation', () => {
          scene.zone.security = 'bogus';
        });
      });
      await scene.run({ force: true, wait: true });
      scene.ends(
        'it has ended with an error, and nothing was lost',
        scene.presents(0) === 'key-1 < X1',
      );
    },
  },
  {
    name: 'renewal-due-while-waiting',
    about:
      'One address of mx1 is unreachable after a deployment until the next renewal is due. The certificate at the other address must not expire because of that.',
    setting: { addresses: 2 },
    tell: async (scene) => {
      await scene.enrolled();
      await scene.pass('90m');
      scene.happens('192.0.2.2 cannot be reached any more', () => {
        scene.endpoint(1).silentUntil = Infinity;
      });
      await scene.until(
        'generation 3 is presented',
        () => scene.presents(0) === 'key-3 < X1',
        '80d',
      );
      scene.happens('192.0.2.2 can be reached again', () => {
        scene.endpoint(1).silentUntil = -Infinity;
      });
      await scene.untilIdle();
      scene.endsProven(3, '3 1 1 key-3');
    },
  },
  {
    name: 'staged-certificate-runs-out',
    about:
      'During the wait the zone turns bogus, and the operator repairs it only after ten weeks. The staged certificate has nearly expired then: it is ordered again with its key, whose record is in DNS.',
    tell: async (scene) => {
      await scene.enrolled();
      await scene.pass('90m');
      scene.happens('the zone fails DNSSEC validation', () => {
        scene.zone.security = 'bogus';
      });
      await scene.pass('70d');
      scene.happens('the zone validates again', () => {
        scene.zone.security = 'secure';
      });
      await scene.untilIdle();
      scene.endsProven(3, '3 1 1 key-2');
    },
  },
  {
    name: 'ca-recalls-the-staged-certificate',
    about:
      'During the wait the CA announces that it will revoke what it has just issued. The certificate is not deployed: another one is ordered with its key, whose record is in DNS, as soon as a tenth of the lifetime is over.',
    setting: { renewalInfo: true },
    tell: async (scene) => {
      const { authority } = scene;
      // The wait for the caches is shorter than the usual six hours.
      authority.window = ({ from }, now) => ({
        ...{ start: from + 59 * DAY, end: from + 61 * DAY, nextLookAt: now + HOUR / 3 },
      });
      await scene.enrolled();
      await scene.pass('90m');
      const { window } = authority;
      const issued = scene.timeline.now();
      scene.happens('the CA moves the renewal window of the new certificate into the past', () => {
        authority.window = (leaf, now) =>
          Math.abs(leaf.from - issued) < 2 * HOUR
            ? { start: now - HOUR, end: now - HOUR / 2, nextLookAt: now + HOUR / 3 }
            : window(leaf, now);
      });
      await scene.pass('8d');
      scene.ends('the old one is presented', scene.presents(0) === 'key-1 < X1');
      await scene.untilIdle();
      scene.endsProven(3, '3 1 1 key-2');
    },
  },
  {
    name: 'clock-goes-back',
    about:
      "During the wait the machine's clock is set back by six hours. The length of the wait does not change. (The times that holger prints are those of its clock.)",
    tell: async (scene) => {
      await scene.enrolled();
      await scene.pass('90m');
      scene.happens("the clock of holger's machine goes back by 6 hours", () => {
        scene.timeline.clockError = -6 * HOUR;
      });
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'power-fails-after-the-update',
    about:
      'The machine loses power right after the UPDATE was sent, before its answer was read. The next process finds that a write was begun, and asks the servers.',
    tell: async (scene) => {
      await scene.enrolled();
      scene.holger.dieAt(/^after publish$/);
      await scene.pass('2h');
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'power-fails-while-deploying',
    about:
      'The machine loses power between placing the files and reloading the service. The new chain counts as live as soon as its files are there; the next run does the rest.',
    tell: async (scene) => {
      await scene.enrolled();
      scene.holger.dieAt(/^after place/);
      await scene.until('the process died', () => scene.holger.last === undefined);
      scene.happens('the machine boots, and mx1 loads the files that are there', () =>
        scene.services.restart(scene.endpoint()),
      );
      await scene.pass('1h');
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'asked-to-stop',
    about:
      'Each time that holger has begun something, the machine asks it to stop. It finishes that one act, stores the result, and ends; the next run continues from there, with the one order that was placed.',
    tell: async (scene) => {
      await scene.enrolled();
      const before = scene.holger.generation(1)?.orderUrl;
      for (const what of [/order/, /publish TXT/, /finalize/, /publish/, /place/]) {
        scene.holger.stopAt(new RegExp(`^before ${what.source}`));
        await scene.until('it was asked to stop', () => scene.holger.last?.exit === 3);
      }
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
      const [first, second] = [before, scene.holger.generation(2)?.orderUrl].map((url) =>
        Number(url?.replace(/\D/g, '')),
      );
      scene.ends('the CA was asked for one order', second === Number(first) + 1);
    },
  },
  {
    name: 'state-documents-lost',
    about:
      'During the wait the state documents are lost; keys and certificates are still there. The rollover continues with them. What caches may hold is not known any more, so holger waits for a day.',
    tell: async (scene) => {
      await scene.enrolled();
      await scene.pass('90m');
      scene.happens('the state documents are gone', () => scene.holger.storage.loseDocuments());
      await scene.pass('3d');
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'state-documents-damaged',
    about:
      'While holger is idle, the disk damages the state documents. They are set aside, and holger observes again what they said.',
    tell: async (scene) => {
      await scene.enrolled('idle');
      await scene.pass('10m');
      scene.happens('the state documents are damaged', () =>
        scene.holger.storage.truncateDocuments(),
      );
      await scene.untilIdle();
      scene.endsProven(1, '3 1 1 key-1');
    },
  },
  {
    name: 'state-of-a-newer-version',
    about:
      'During the wait an operator installs a newer holger, which writes a state that this version does not know, and then installs this version again. It leaves what it does not understand as it is, and does nothing for the certificate.',
    tell: async (scene) => {
      await scene.enrolled();
      await scene.pass('90m');
      const { storage } = scene.holger;
      let putBack = (): void => undefined;
      scene.happens(
        'a newer holger parks generation 2, and this version is installed again',
        () => {
          putBack = storage.rewrite<Lineage>('certificate/', (lineage) => ({
            ...lineage,
            generations: lineage.generations.map((one) =>
              one.number === 2 ? { ...one, state: 'parked' as GenerationState } : one,
            ),
          }));
        },
      );
      const parked = storage.written;
      await scene.pass('6h');
      scene.endsNeedingPerson(/install that version again/);
      scene.ends('every document is as the newer holger left it', same(storage.written, parked));
      scene.happens('the newer holger, installed again, continues with generation 2', putBack);
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'disk-is-full',
    about:
      'The disk of the state directory is full when the certificate is due. What cannot be stored is not done: no key, no order, no record.',
    tell: async (scene) => {
      await scene.enrolled();
      scene.happens('the disk is full', () => {
        scene.holger.storage.full = true;
      });
      await scene.pass('6h');
      scene.happens('an operator makes room', () => {
        scene.holger.storage.full = false;
      });
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'two-processes-at-once',
    about:
      'An operator starts holger while the timer has just done so. One process works, the other one reports that the certificate is in use by another process.',
    tell: async (scene) => {
      await scene.enrolled();
      scene.happens('an operator starts holger in the very minute of the timer');
      scene.timeline.advanceTo(scene.timeline.now() + 120);
      await Promise.all([scene.run(), scene.run({ force: true })]);
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'clock-jumps-ahead',
    about:
      "During the wait the machine's clock is set ahead by six hours. By the clock the wait is over; for the caches it is not. (The times that holger prints are those of its clock.)",
    tell: async (scene) => {
      await scene.enrolled();
      await scene.pass('90m');
      scene.happens("the clock of holger's machine jumps ahead by 6 hours", () => {
        scene.timeline.clockError = 6 * HOUR;
      });
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'nobody-started-holger',
    about:
      'The timer was switched off for half a year, and the certificate expired. Usage 3 ignores dates, so DANE clients did not notice; the rollover is an ordinary one.',
    tell: async (scene) => {
      await scene.enrolled();
      scene.happens('the timer is switched off', () =>
        scene.timeline.advanceTo(scene.timeline.now() + 180 * DAY),
      );
      scene.happens('the timer is switched on again');
      await scene.pass('2h');
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
];
