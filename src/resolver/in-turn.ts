// How many questions one name server has at the same time, however many certificates ask it. One
// that is silent is not busy: after a second it does not count.
import { createKeyedLimit } from '../base/limit.ts';
import { serverText, type ServerAddress } from './transport.ts';

const MOST = 4;
const SILENT_AFTER_MS = 1000;

/** Of this process. */
const limited = createKeyedLimit(MOST);

/** The time that `work` allows itself begins with its turn. */
export function inTurn<T>(server: ServerAddress, work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    void limited(serverText(server), async () => {
      const done = work();
      done.then(resolve, reject);
      await endOrSilence(done);
    });
  });
}

async function endOrSilence(done: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, SILENT_AFTER_MS);
  });
  await Promise.race([done.then(noop, noop), silence]);
  clearTimeout(timer);
}

const noop = (): void => undefined;
