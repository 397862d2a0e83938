// How the tests cut the power.
import process from 'node:process';

/**
 * Ends the process at the Nth instant between two instructions, or at a label ("after order").
 */
const CRASH_VARIABLE = 'HOLGER_TEST_CRASH_AT';
/** "a > b": at the first b after the first a. */
const THEN = ' > ';

export function crashPoint(): (label: string) => void {
  const wanted = process.env[CRASH_VARIABLE];
  const ahead = wanted?.split(THEN) ?? [];
  let count = 0;
  return (label) => {
    if (wanted === undefined) return;
    count += 1;
    if (label === ahead[0]) ahead.shift();
    if (ahead.length === 0 || wanted === String(count)) process.kill(process.pid, 'SIGKILL');
  };
}
