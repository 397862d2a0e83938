// holger notify: whether messages reach their recipients.
import type { Syntax } from '../syntax.ts';

export function addNotify({ program, openNotifiers, done, invocation }: Syntax): void {
  program
    .command('notify')
    .description('about the notifiers of [monitor]')
    .command('test')
    .description('send a test message to each, and report the results')
    .action(async () => {
      const { notifyTest } = await import('./notify.ts');
      done(await notifyTest({ openNotifiers }, invocation()));
    });
}
