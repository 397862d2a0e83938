// What the engine's heap takes beyond what is in use.
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { HEAP_GROWTH, LASTING_HEAP_GROWTH } from '../../src/app/world/heap.ts';

/** 40 MB stay in use, and what is made besides is soon not needed any more. */
const PROGRAM = `
import { PerformanceObserver, constants } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
if (process.argv[1]) setFlagsFromString(process.argv[1]);
let collections = 0;
new PerformanceObserver((list) => {
  for (const { detail } of list.getEntries())
    if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) collections += 1;
}).observe({ entryTypes: ['gc'] });
const used = Array.from({ length: 30_000 }, (_, i) => ({ i, all: new Array(80).fill(i) }));
const recent = new Array(60_000);
for (let i = 0; i < 4_000_000; i += 1) {
  recent[i % recent.length] = { i, all: [i, i + 1, i + 2, i + 3], text: 'y' + i };
  if (i % recent.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
}
console.log(used.length === 30_000 && collections);
`;

function collections(...flags: readonly string[]): number {
  const argv = ['--input-type=module', '-e', PROGRAM, '--', ...flags];
  const { stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
  expect(stderr).toBe('');
  return Number(stdout);
}

it('all garbage is collected more often than by default', { timeout: 60_000 }, () => {
  const often = collections(HEAP_GROWTH);
  expect(often).toBeGreaterThan(1.3 * collections());
  expect(collections(LASTING_HEAP_GROWTH)).toBeGreaterThan(1.2 * often);
});
