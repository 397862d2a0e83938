// Services whose clients also trust public CAs, and use usages 0 and 1.
import type { Scene } from './scene.ts';
import type { Story } from './story.ts';

const HOST = 'www.example.org';

function addByHand(scene: Scene): void {
  scene.edit('another person adds a 1 1 1 record of the certificate that is served', (rdata) => [
    ...rdata,
    scene.recordOf('1 1 1', 1),
  ]);
}

export const stories: readonly Story[] = [
  {
    name: 'pkix-record-by-hand',
    about:
      'A web service, and beside the 3 1 1 another person added a 1 1 1 by hand. Clients that support only that one need a match there, so the next key gets one too, and its chain waits until no cache is without it.',
    setting: { hosts: [HOST], webTrusts: ['root'] },
    tell: async (scene) => {
      await scene.enrolled();
      addByHand(scene);
      await scene.pass('2h');
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2', '1 1 1 key-1', '1 1 1 key-2');
    },
  },
  {
    name: 'pkix-record-and-a-private-ca',
    about:
      'The same, and the CA begins to sign below a root that no client trusts. No record makes clients of the 1 1 1 accept such a chain: it is not deployed until that record is removed.',
    setting: { hosts: [HOST], webTrusts: ['root'] },
    tell: async (scene) => {
      await scene.enrolled();
      addByHand(scene);
      scene.happens('the CA signs with P1 from now on, below a root that no client trusts', () => {
        const issuer = { ...scene.authority.signer(), serial: 99, key: 'P1', signer: 'private' };
        scene.authority.signer = () => issuer;
      });
      await scene.pass('6h');
      scene.endsNeedingPerson(
        /leads to no CA of the PKIX store, so it cannot match 1 1 1 .* pkix\.ca_file/,
      );
      scene.edit('the other person removes the 1 1 1 record of key-1', (rdata) =>
        rdata.filter((record) => record !== scene.recordOf('1 1 1', 1)),
      );
      await scene.pass('2h');
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'pkix-record-configured',
    about:
      'A web service is adopted while it presents a certificate of a private CA; 3 1 1 and 1 1 1 are configured. With the 1 1 1 clients would refuse it today: that record is added when the new certificate is seen.',
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
      await scene.untilIdle();
      scene.endsProven(1, '3 1 1 key-1', '1 1 1 key-1');
    },
  },
];
