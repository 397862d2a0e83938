// The target `ssh`: another machine, reached through the system's OpenSSH client, where
// holger-receive keeps the files (docs/receive.md). Staging and activating are two operations. What
// lies there is asked for, never assumed.
import type { DeployTarget, PlacedPem, TargetFact } from '../../ports/target.ts';
import { targetId } from '../identity.ts';
import { stagedAs, Receiver } from './receiver.ts';
import { PATHS } from './receiver-answer.ts';
import type { HostState, ReceiverVersion } from './receiver-answer.ts';
import { remoteTarget } from './remote-target.ts';
import { sshConnection } from './ssh-connection.ts';
import type { SshOptions } from './ssh-connection.ts';

export interface SshTargetOptions extends SshOptions {
  /** The target in the configuration. */
  readonly target: string;
  /** Of the section in receive.conf. */
  readonly name: string;
}

/** `program`: for tests. */
export function createSshTarget(
  options: SshTargetOptions,
  program: readonly string[] = ['ssh'],
): DeployTarget {
  const { target, name, host } = options;
  const receiver = new Receiver(sshConnection(options, program), name);
  const place = (kind: string): string => `${target} ${name} ${kind}`;
  return remoteTarget({
    ...{ id: targetId({ ...options, timeout: undefined }), label: `ssh ${target}`, host },
    look: () => receiver.state(),
    makeKey: (wish) => receiver.makeKey(wish),
    stage: (what) => receiver.stage(what),
    place: (what) => receiver.activate(what),
    reload: (what) => receiver.reload(what),
    reads: ['live', ...PATHS].map(place),
    examine: async () => factsOf(await receiver.version(), await receiver.state()),
    placed: (state) => placedIn(state, place),
    differences: (what, state) => differencesIn(state, stagedAs(what, state), place),
  });
}

function factsOf({ version, protocol, openssl }: ReceiverVersion, state: HostState): TargetFact[] {
  const { live, generations, paths, fence, freeKib } = state;
  const waiting = generations.filter(({ number }) => number !== live);
  const numbers = waiting.map(({ number, fits }) => `${number}${fits ? '' : ' (damaged)'}`);
  const outside = [...paths].map(([kind, isRight]) => `${kind} ${isRight ? 'right' : 'differs'}`);
  const known: readonly (readonly [string, string | undefined])[] = [
    ['holger-receive', `${version}, protocol ${protocol}`],
    ['OpenSSL', openssl],
    ['live', live === undefined ? 'nothing yet' : `generation ${live} of this machine`],
    ['others', numbers.join(', ')],
    ['files outside', outside.join(', ')],
    ['fence', fence === 0 ? 'none yet' : String(fence)],
    ['free space', freeKib === undefined ? undefined : `${Math.floor(freeKib / 1024)} MiB`],
  ];
  return known.flatMap(([name, value]) => (value ? { name, value } : []));
}

function placedIn({ chains }: HostState, place: (kind: string) => string): PlacedPem[] {
  return [...chains].map(([kind, pem]) => ({ place: place(kind), pem }));
}

function differencesIn(
  { live, paths }: HostState,
  wanted: number | undefined,
  place: (kind: string) => string,
): string[] {
  if (live === undefined) return [`${place('live')} is nothing yet`];
  if (live !== wanted) return [`${place('live')} is another generation`];
  return [...paths].flatMap(([kind, isRight]) =>
    isRight ? [] : `${place(kind)} is not the file of the live generation`,
  );
}
