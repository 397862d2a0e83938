// holger notify: whether messages reach those who are to get them.
import type { Syntax } from '../syntax.ts';

export function addNotify({ program, openNotifiers, done, invocation }: Syntax): void {
  program
    .command('notify')
    .description('about the notifiers of [monitor]')
    .command('test')
    .description('send a test message to each, and say what became of it')
    .action(async () => {
      const { notifyTest } = await import('./notify.ts');
      done(await notifyTest({ openNotifiers }, invocation()));
    });
}
