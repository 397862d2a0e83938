// Services that load late, early, in part or not at all.
import type { Story } from './story.ts';

const HOUR = 3600;

export const stories: readonly Story[] = [
  {
    name: 'reload-does-nothing',
    about:
      'The reload command exits with 0, and the service continues with the old certificate (it needs a restart). An exit code proves nothing: no old record is withdrawn before the new chain was seen.',
    tell: async (scene) => {
      await scene.enrolled();
      scene.endpoint().stuckUntil = Infinity;
      scene.happens('from now on a reload of mx1 does nothing, and reports success');
      await scene.pass('12h');
      scene.happens('an operator restarts mx1', () => scene.services.restart(scene.endpoint()));
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'reload-fails',
    about:
      'The reload command fails for half a day. The files are in place: any reboot may load them, so both chains count as live.',
    tell: async (scene) => {
      await scene.enrolled();
      scene.endpoint().reloadFailsUntil = scene.timeline.now() + 12 * HOUR;
      scene.happens('the reload of mx1 fails from now on');
      await scene.pass('12h');
      scene.happens('the reload of mx1 works again');
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'one-of-two-not-deployed',
    about:
      'One certificate for mx1 and mx2; the disk of mx2 is read-only when it is due. mx1 gets the new certificate, mx2 keeps the old one, and so the old record stays.',
    setting: { hosts: ['mx1.example.org', 'mx2.example.org'] },
    tell: async (scene) => {
      await scene.enrolled();
      scene.endpoint(1).readOnlyUntil = Infinity;
      scene.happens('the disk of mx2 is read-only from now on');
      await scene.pass('12h');
      scene.ends(
        'mx1 presents generation 2, mx2 generation 1',
        scene.presents(0) === 'key-2 < X1' && scene.presents(1) === 'key-1 < X1',
      );
      scene.happens('the disk of mx2 can be written again', () => {
        scene.endpoint(1).readOnlyUntil = -Infinity;
      });
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'one-of-two-never-deployed',
    about:
      'The disk of mx2 stays read-only for months, and the operator does not react. mx1 is renewed in time all the same; each record that mx2 may need stays.',
    setting: { hosts: ['mx1.example.org', 'mx2.example.org'], timer: '6h' },
    tell: async (scene) => {
      await scene.enrolled();
      scene.endpoint(1).readOnlyUntil = Infinity;
      scene.happens('the disk of mx2 is read-only from now on');
      await scene.until('mx1 is renewed again', () => scene.presents(0) === 'key-3 < X1', '80d');
      scene.ends(
        'mx1 presents generation 3, mx2 generation 1',
        scene.presents(0) === 'key-3 < X1' && scene.presents(1) === 'key-1 < X1',
      );
      scene.happens('the disk of mx2 can be written again', () => {
        scene.endpoint(1).readOnlyUntil = -Infinity;
      });
      await scene.untilIdle();
      scene.endsProven(3, '3 1 1 key-3');
    },
  },
  {
    name: 'endpoint-away-for-days',
    about:
      'mx1 has two addresses, and one of them cannot be reached during the rollover. It counts as serving what it served last; the other one continues, and nothing is withdrawn.',
    setting: { addresses: 2 },
    tell: async (scene) => {
      await scene.enrolled();
      await scene.pass('90m');
      scene.happens('192.0.2.2 cannot be reached any more', () => {
        scene.endpoint(1).silentUntil = Infinity;
      });
      await scene.pass('2d');
      scene.happens('192.0.2.2 can be reached again', () => {
        scene.endpoint(1).silentUntil = -Infinity;
      });
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'one-process-keeps-the-old-key',
    about:
      'Two processes answer at one address, and one of them does not reload. Each handshake reaches one of them: the old record stays until no handshake has shown the old key for a while.',
    setting: { workers: 2 },
    tell: async (scene) => {
      await scene.enrolled();
      const [, second] = scene.endpoint().workers;
      scene.happens('one of the two processes at 192.0.2.1 hangs, and reloads nothing', () => {
        if (second !== undefined) second.hangs = true;
      });
      await scene.pass('12h');
      scene.happens('an operator kills it, and another one is started', () => {
        if (second !== undefined) second.hangs = false;
        scene.services.restart(scene.endpoint());
      });
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'loaded-too-early',
    about:
      'During the wait an operator copies the staged certificate by hand and restarts the service. holger cannot prevent that; it must notice, and not make it worse.',
    tell: async (scene) => {
      await scene.enrolled();
      await scene.pass('90m');
      scene.clientsAreRefused('an operator deployed the new certificate too early');
      scene.happens('an operator deploys generation 2 by hand', () =>
        scene.loadByHand(scene.endpoint(), 2),
      );
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'leaf-only',
    about:
      'The service is configured with the leaf certificate alone. 3 1 1 and 2 1 1 are configured; a 2 1 1 needs the CA certificate in the chain as it is sent, and there is none.',
    setting: { leafOnly: true, policy: { records: ['3 1 1', '2 1 1'] } },
    tell: async (scene) => {
      scene.begin();
      await scene.pass('2d');
      await scene.untilIdle();
      scene.endsProven(1, '3 1 1 key-1');
    },
  },
  {
    name: 'served-certificate-replaced-by-hand',
    about:
      'Long after a rollover another person deploys a self-signed certificate. No record matches it: holger reports that, and publishes no record of its key.',
    tell: async (scene) => {
      await scene.enrolled('idle');
      scene.clientsAreRefused('another person deployed a certificate that no record matches');
      scene.happens('another person deploys another certificate at 192.0.2.1', () =>
        scene.loadStrange(scene.endpoint()),
      );
      await scene.pass('1d');
      scene.happens('the other person deploys generation 1 again', () =>
        scene.loadByHand(scene.endpoint(), 1),
      );
      await scene.pass('1d');
      scene.endsProven(1, '3 1 1 key-1');
    },
  },
];
