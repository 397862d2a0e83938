// Hosts that exist only through a wildcard: a record below such a name would end that (rule 26).
import type { Scene } from './scene.ts';
import type { Story } from './story.ts';

const ADDRESS = 'c0000207';

/** Everything in the zone that is not a record of holger. */
function standing(scene: Scene, ...owners: readonly string[]): void {
  scene.zone.standing.clear();
  for (const owner of owners) scene.zone.standing.set(`${owner}. A`, [ADDRESS]);
}

export const stories: readonly Story[] = [
  {
    name: 'host-below-a-wildcard',
    about:
      'The mail host exists only through *.example.org. A TLSA record below its name would remove its address, so holger writes nothing, orders nothing, and names the records to add first.',
    tell: async (scene) => {
      standing(scene, '*.example.org');
      scene.begin();
      await scene.pass('3h');
      scene.endsNeedingPerson(/end the answers of a wildcard for mx1\.example\.org \(A\)/);
      scene.happens('the operator adds the address at the name itself', () =>
        standing(scene, '*.example.org', 'mx1.example.org'),
      );
      await scene.untilIdle();
      scene.endsProven(1, '3 1 1 key-1');
    },
  },
  {
    name: 'addresses-gone-after-the-write',
    about:
      'While holger publishes its first record the address of the host disappears. After each write the name servers are asked for it again, and its absence is an error at once.',
    tell: async (scene) => {
      standing(scene, 'mx1.example.org');
      scene.holger.at(/^before publish$/, () =>
        scene.happens('the address record of the host disappears', () =>
          standing(scene, 'other.example.org'),
        ),
      );
      scene.begin();
      await scene.pass('3h');
      scene.endsNeedingPerson(/no address of mx1\.example\.org any more/);
      scene.happens('the address is back', () => standing(scene, 'mx1.example.org'));
      await scene.untilIdle();
      scene.endsProven(1, '3 1 1 key-1');
    },
  },
];
