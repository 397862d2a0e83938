// One host fails, and the operator wants all hosts on one certificate (rollback_after).
import type { Story } from './story.ts';

const HOUR = 3600;
const HOSTS = ['mx1.example.org', 'mx2.example.org'];
const setting = { hosts: HOSTS, policy: { rollbackAfter: 6 * HOUR } };

export const stories: readonly Story[] = [
  {
    name: 'all-go-back',
    about:
      'rollback_after = "6h". mx1 gets the new certificate, the disk of mx2 is read-only. After six hours of attempts mx1 gets the certificate again that mx2 still has, and the next one is ordered only when an operator asks for it.',
    setting,
    tell: async (scene) => {
      await scene.enrolled();
      scene.endpoint(1).readOnlyUntil = Infinity;
      scene.happens('the disk of mx2 is read-only from now on');
      await scene.pass('1d');
      scene.ends(
        'mx1 and mx2 present generation 1',
        scene.presents(0) === 'key-1 < X1' && scene.presents(1) === 'key-1 < X1',
      );
      scene.happens('the disk of mx2 can be written again', () => {
        scene.endpoint(1).readOnlyUntil = -Infinity;
      });
      await scene.untilIdle();
      scene.ends('generation 1 is proven again, as generation 3', scene.proven(3));
      scene.happens('an operator: holger run --force mail');
      await scene.run({ force: true });
      await scene.untilIdle();
      scene.endsProven(4, '3 1 1 key-3');
    },
  },
  {
    name: 'all-go-back-once',
    about:
      'rollback_after = "6h", mx2 stays read-only, and the operator does not react. The restored certificate is renewed after half of its remaining time, and this time mx1 keeps the new one: it must not expire because of mx2.',
    setting: { ...setting, timer: '6h' },
    tell: async (scene) => {
      await scene.enrolled();
      scene.endpoint(1).readOnlyUntil = Infinity;
      scene.happens('the disk of mx2 is read-only from now on');
      await scene.pass('35d');
      scene.ends(
        'mx1 has a certificate that is valid, mx2 one that has expired',
        scene.presents(0) !== 'key-1 < X1' && scene.presents(1) === 'key-1 < X1',
      );
    },
  },
  {
    name: 'all-go-back-and-the-power-fails',
    about:
      'rollback_after = "6h", and the power fails again and again during the rollback. Each run continues from what it finds.',
    setting,
    tell: async (scene) => {
      await scene.enrolled();
      scene.endpoint(1).reloadFailsUntil = scene.timeline.now() + 17 * HOUR;
      scene.happens('the reload of mx2 fails from now on');
      await scene.pass('9h 30m');
      for (const label of [
        /^before bring back$/,
        /^after bring back$/,
        /^after save certificate\/mail$/,
        /^before place files of 192.0.2.1$/,
        /^after place files of 192.0.2.1$/,
        /^after live link$/,
      ]) {
        scene.holger.dieAt(label);
        await scene.pass('70m');
      }
      scene.happens('the reload of mx2 works again');
      await scene.untilIdle();
      scene.endsProven(3, '3 1 1 key-1');
    },
  },
  {
    name: 'nothing-to-go-back-to',
    about:
      'rollback_after = "6h" at the first enrolment, and the disk of mx2 is read-only. There is no earlier generation: mx1 keeps the first one.',
    setting,
    tell: async (scene) => {
      scene.serve();
      scene.endpoint(1).readOnlyUntil = Infinity;
      scene.begin();
      await scene.pass('2d 12h');
      scene.ends('mx1 presents generation 1', scene.presents(0) === 'key-1 < X1');
      scene.happens('the disk of mx2 can be written again', () => {
        scene.endpoint(1).readOnlyUntil = -Infinity;
      });
      await scene.untilIdle();
      scene.endsProven(1, '3 1 1 key-1');
    },
  },
  {
    name: 'operator-goes-back-by-hand',
    about:
      'mx1 has the new certificate, mx2 takes no files, and the operator does not want to wait: the generation before the one that is not proven yet is deployed again.',
    setting: { hosts: HOSTS },
    tell: async (scene) => {
      await scene.enrolled();
      scene.endpoint(1).readOnlyUntil = Infinity;
      scene.happens('the disk of mx2 is read-only from now on');
      await scene.pass('5h');
      await scene.order('an operator: holger rollback mail', { kind: 'rollback' });
      await scene.pass('10m');
      scene.ends('mx1 presents generation 1 again', scene.presents(0) === 'key-1 < X1');
      scene.happens('the disk of mx2 can be written again', () => {
        scene.endpoint(1).readOnlyUntil = -Infinity;
      });
      await scene.untilIdle();
      scene.endsProven(3, '3 1 1 key-1');
    },
  },
];
