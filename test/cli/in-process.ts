// The command line with all that it opens, in this process. No command that uses the network is
// opened: a test that runs one fails.
import { findIdleAs } from '../../src/app/use-cases/all-idle.ts';
import { othersAs } from '../../src/app/use-cases/others.ts';
import { openAppAs } from '../../src/app/wire.ts';
import { notifiersOf } from '../../src/app/world/notifiers.ts';
import { runCli } from '../../src/cli/program.ts';
import { NOW } from '../support/ca.ts';

const VERSION = '1.2.3';
const offline = (): Promise<never> => Promise.reject(new Error('no network is asked here'));

/** The exit status; `say` gets each text as it is printed. */
export function inProcess(
  argv: readonly string[],
  say: (stream: 'out' | 'err', text: string) => void,
): Promise<number> {
  return runCli(
    argv,
    {
      version: VERSION,
      openApp: openAppAs(VERSION),
      findIdle: findIdleAs(VERSION),
      openNotifiers: ({ monitor }) => Promise.resolve(notifiersOf(monitor.notify, 'holger')),
      openOthers: () => Promise.resolve(othersAs({})),
      ...{ openChecker: offline, openWatcher: offline, openServer: offline, openCaa: offline },
    },
    {
      out: (text) => say('out', text),
      err: (text) => say('err', text),
      drained: () => Promise.resolve(),
      terminal: false,
      now: () => NOW,
      signal: new AbortController().signal,
    },
  );
}
