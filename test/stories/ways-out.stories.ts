// Operations: rollback, emergency, off and on, adopt, forget, delete; all of them under the same
// laws.
import { pemOf } from '../sim/tokens.ts';
import type { Story } from './story.ts';

export const stories: readonly Story[] = [
  {
    name: 'rollback-at-once',
    about:
      'Right after a deployment the operator wants the previous certificate. Its record is still published, so it is deployed at once.',
    tell: async (scene) => {
      await scene.enrolled();
      await scene.until('generation 2 is proven', () => scene.proven(2));
      await scene.order('an operator: holger rollback mail', { kind: 'rollback' });
      await scene.untilIdle();
      scene.ends('key-1 is presented again', scene.presents(0) === 'key-1 < X1');
    },
  },
  {
    name: 'rollback-days-later',
    about:
      'Days after a deployment the operator wants the previous certificate. Its record was withdrawn: it is published first, and the wait is the usual one.',
    tell: async (scene) => {
      await scene.enrolled();
      await scene.until(
        'holger is idle with generation 2',
        () => scene.proven(2) && scene.holger.isIdle,
      );
      await scene.pass('3d');
      await scene.order('an operator: holger rollback mail', { kind: 'rollback' });
      await scene.untilIdle();
      scene.ends('key-1 is presented again', scene.presents(0) === 'key-1 < X1');
    },
  },
  {
    name: 'emergency-with-the-old-record',
    about:
      'The private key has leaked. The operator keeps DANE on: the replacement is published, and the old record stays until no cache is without the new one.',
    tell: async (scene) => {
      await scene.enrolled('idle');
      await scene.order('an operator: holger emergency mail', {
        kind: 'emergency',
        records: 'keep',
      });
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'emergency-without-dane',
    about:
      'The private key has leaked. The operator withdraws TLSA first: when no cache holds the records any more, no client insists on a key, and TLS is opportunistic for a while.',
    tell: async (scene) => {
      await scene.enrolled('idle');
      await scene.order('an operator: holger emergency mail, records withdrawn', {
        kind: 'emergency',
        records: 'withdraw',
      });
      await scene.untilIdle();
      scene.endsProven(2, '3 1 1 key-2');
    },
  },
  {
    name: 'off-and-on-again',
    about:
      'The operator turns DANE off for a week, and on again. Records are withdrawn whole; what is published later matches what is served.',
    tell: async (scene) => {
      await scene.enrolled('idle');
      await scene.order('an operator: holger off mail', { kind: 'off' });
      await scene.pass('7d');
      await scene.order('an operator: holger on mail', { kind: 'on' });
      await scene.untilIdle();
      scene.endsProven(1, '3 1 1 key-1');
    },
  },
  {
    name: 'adopted-as-it-stands',
    about:
      'mx1 has a key, a certificate and a TLSA record from another program. They are adopted as they are: nothing is ordered and nothing is written until the renewal.',
    tell: async (scene) => {
      scene.serve();
      scene.publishedBefore('3 1 1');
      scene.begin();
      const { tokens } = scene.endpoint().disk;
      await scene.order('an operator: holger adopt mail', {
        kind: 'adopt',
        privkeyPem: 'old-1',
        chainPem: pemOf(tokens),
      });
      await scene.untilIdle();
      await scene.until('the renewal is done', () => scene.proven(2) && scene.holger.isIdle, '70d');
      scene.endsProven(2, '3 1 1 key-1');
    },
  },
  {
    name: 'forgotten-name-server',
    about:
      'A secondary is destroyed before it has transferred the new record. Its silence delays the rollover, until the operator says that it is gone.',
    tell: async (scene) => {
      await scene.enrolled();
      scene.holger.at(/^before publish$/, () =>
        scene.happens('ns2 is destroyed', () => scene.zone.remove(scene.server(1))),
      );
      await scene.pass('12h');
      await scene.order('an operator: holger forget 192.0.2.54', {
        kind: 'forget',
        address: '192.0.2.54',
      });
      await scene.until('generation 3 is proven', () => scene.proven(3), '70d');
      scene.ends('generation 3 is proven too', scene.proven(3));
    },
  },
  {
    name: 'leaves-in-order',
    about:
      'The certificate is removed from the configuration, and the operator deletes it. mx1 still presents it: records are withdrawn first, and nothing is archived while a cache may hold them. The power fails on the way.',
    tell: async (scene) => {
      await scene.enrolled('idle');
      scene.holger.departed = true;
      scene.holger.dieAt(/^after publish$/);
      await scene.order('an operator: holger delete mail', { kind: 'delete' });
      scene.holger.dieAt(/^after archive$/);
      await scene.pass('6h');
      scene.ends(
        'nothing of it is left in the state, and no record in DNS',
        [...scene.holger.storage.written.keys()].every((key) => key.startsWith('challenge/')) &&
          scene.zone.current(scene.owner, 'TLSA').rdata.length === 0,
      );
    },
  },
  {
    name: 'leaves-beside-a-record-that-does-not-match',
    about:
      'Another person has added a record beside ours that matches nothing mx1 presents. Without our records every client would refuse mx1, so they stay, and a person is asked; when the other record is gone the deletion continues by itself.',
    tell: async (scene) => {
      await scene.enrolled('idle');
      const other = `030101${'ab'.repeat(32)}`;
      scene.edit('another person adds a record', (rdata) => [...rdata, other]);
      await scene.pass('3h');
      scene.holger.departed = true;
      await scene.order('an operator: holger delete mail', { kind: 'delete' });
      scene.endsNeedingPerson(/put another certificate in service first/);
      scene.edit('the other person removes it again', (rdata) =>
        rdata.filter((item) => item !== other),
      );
      await scene.pass('12h');
      scene.ends(
        'no record is left in DNS',
        scene.zone.current(scene.owner, 'TLSA').rdata.length === 0,
      );
    },
  },
];
