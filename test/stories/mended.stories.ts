// Targets that the configuration describes wrongly: holger says what to correct, and after the
// correction the operator copies no files by hand.
import type { Mistake } from './mistakes.ts';
import type { Scene } from './scene.ts';
import type { Story } from './story.ts';

function misconfigured(scene: Scene, text: string, kind: Mistake['kind']): void {
  scene.happens(text, () => scene.mistakes.set(scene.endpoint(), { kind }));
}

/** After the correction the next run of the timer is enough. */
async function corrected(scene: Scene, text: string): Promise<void> {
  scene.happens(text, () => scene.mistakes.delete(scene.endpoint()));
  await scene.run();
  scene.ends('mx1 presents generation 2', scene.presents(0) === 'key-2 < X1');
  await scene.untilIdle();
  scene.endsProven(2, '3 1 1 key-2');
}

export const stories: readonly Story[] = [
  {
    name: 'deploy-into-no-folder-corrected',
    about:
      'The path in deploy has a typing error, and there is no such folder. Nothing is placed, mx1 keeps its certificate, and its record stays.',
    tell: async (scene) => {
      await scene.enrolled();
      misconfigured(scene, 'an operator mistypes the path in deploy', 'no-folder');
      await scene.pass('1d');
      scene.endsNeedingPerson(/the folder \/etc\/postfix\/tsl does not exist.*correct the path/);
      await corrected(scene, 'the operator corrects the path');
    },
  },
  {
    name: 'deploy-to-an-unread-path-corrected',
    about:
      'The path in deploy exists, but mx1 loads other files. Files and reload succeed; mx1 still presents the old certificate, and after a quarter of an hour that is an error.',
    tell: async (scene) => {
      await scene.enrolled();
      misconfigured(scene, 'an operator names a path that mx1 does not load', 'elsewhere');
      await scene.pass('1d');
      scene.endsNeedingPerson(/still presents generation 1.*another path than in deploy/);
      await corrected(scene, 'the operator corrects the path');
    },
  },
  {
    name: 'deploy-beside-a-foreign-key-corrected',
    about:
      'The configuration says that the key of mx1 comes from another source, and the key there is the old one. A pair that does not match is placed nowhere.',
    tell: async (scene) => {
      await scene.enrolled();
      misconfigured(scene, 'an operator writes existing_key instead of key', 'foreign-key');
      await scene.pass('1d');
      scene.endsNeedingPerson(
        /nothing was placed: .* contains another key.*let holger place the key/,
      );
      await corrected(scene, 'the operator writes key again');
    },
  },
  {
    name: 'reload-of-another-unit-corrected',
    about:
      'The reload command names a unit that does not exist. A reload may fail for a moment; one that still fails after a quarter of an hour needs a person.',
    tell: async (scene) => {
      await scene.enrolled();
      misconfigured(scene, 'an operator mistypes the unit in reload', 'no-such-unit');
      await scene.pass('1d');
      scene.endsNeedingPerson(/systemctl ended with status 5.*run the command by hand/);
      await corrected(scene, 'the operator corrects the unit');
    },
  },
  {
    name: 'deploy-changed-at-rest',
    about:
      'Long after a rollover an operator moves the files of mx1. The next run places what the new target lacks, though nothing is due.',
    tell: async (scene) => {
      await scene.enrolled('idle');
      misconfigured(scene, 'an operator names another path, and mistypes it', 'no-folder');
      await scene.pass('3h');
      scene.endsNeedingPerson(/the folder .* does not exist/);
      scene.happens('the operator corrects it', () => scene.mistakes.delete(scene.endpoint()));
      await scene.run();
      scene.endsProven(1, '3 1 1 key-1');
    },
  },
];
