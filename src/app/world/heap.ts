// How much garbage the engine lets pile up. By default its heap grows up to four times what is in
// use before all of it is collected: a run over 1,000 certificates, which needs 40 MB, then takes
// more than 200 MB on a busy machine, where the collector is late as well.
import { setFlagsFromString } from 'node:v8';

/** By half; measured without cost in processor time. It is read before each collection. */
export const HEAP_GROWTH = '--heap-growing-percent=50';

/** By a fifth, for a process that stays: it costs a little more processor time in each round. */
export const LASTING_HEAP_GROWTH = '--heap-growing-percent=20';

export function boundHeap(): void {
  setFlagsFromString(HEAP_GROWTH);
}

export function boundLastingHeap(): void {
  setFlagsFromString(LASTING_HEAP_GROWTH);
}
