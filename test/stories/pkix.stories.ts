// Services whose clients also trust public CAs, and look at usages 0 and 1.
import type { Scene } from './scene.ts';
import type { Story } from './story.ts';

const HOST = 'www.example.org';

function addByHand(scene: Scene): void {
  scene.edit('somebody adds a 1 1 1 record of the certificate that is served', (rdata) => [
    ...rdata,
    scene.recordOf('1 1 1', 1),
  ]);
}

export const stories: readonly Story[] = [
  {
    name: 'pkix-record-by-hand',
    about:
      'A web service, and beside the 3 1 1 somebody put a 1 1 1 by hand. Clients that know only that one look for a match there, so the next key gets one too, and its chain waits until it has reached every cache.',
    setting: { hosts: [HOST], webTrusts: ['root'] },
    tell: async (scene) => {
      await scene.enrolled();
      addByHand(scene);
      await scene.pass('2h');
      await scene.untilRest();
      scene.endsProven(2, '3 1 1 key-2', '1 1 1 key-1', '1 1 1 key-2');
    },
  },
  {
    name: 'pkix-record-and-a-private-ca',
    about:
      'The same, and the CA begins to sign below a root that no client knows. No record makes clients of the 1 1 1 accept such a chain: it is not deployed until somebody takes the record out.',
    setting: { hosts: [HOST], webTrusts: ['root'] },
    tell: async (scene) => {
      await scene.enrolled();
      addByHand(scene);
      scene.happens('the CA signs with P1 from now on, below a root that nobody knows', () => {
        const issuer = { ...scene.authority.signer(), serial: 99, key: 'P1', signer: 'private' };
        scene.authority.signer = () => issuer;
      });
      await scene.pass('6h');
      scene.endsNeedingPerson(
        /leads to no CA of the PKIX store, so it cannot match 1 1 1 .* pkix\.ca_file/,
      );
      scene.edit('somebody takes the 1 1 1 record of key-1 out', (rdata) =>
        rdata.filter((record) => record !== scene.recordOf('1 1 1', 1)),
      );
      await scene.pass('2h');
      await scene.untilRest();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'pkix-record-configured',
    about:
      'A web service is taken over while it presents a certificate of a private CA; 3 1 1 and 1 1 1 are wanted. The 1 1 1 would turn clients away today: it comes when the new certificate is seen.',
    setting: {
      hosts: [HOST],
      webTrusts: ['root'],
      policy: { records: ['3 1 1', '1 1 1'] },
    },
    tell: async (scene) => {
      const known = scene.authority.signer;
      const issuer = { ...known(), serial: 99, key: 'P1', signer: 'private' };
      scene.authority.signer = () => issuer;
      scene.serve();
      scene.authority.signer = known;
      scene.begin();
      await scene.pass('2d');
      await scene.untilRest();
      scene.endsProven(1, '3 1 1 key-1', '1 1 1 key-1');
    },
  },
];
