import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest-first.ts';
import { PROJECTS } from './test/projects.ts';

/** A lab takes seconds to start; two at a time keep two processors busy. */
const ON_SERVERS = {
  testTimeout: 180_000,
  hookTimeout: 60_000,
  fileParallelism: true,
  maxWorkers: 2,
};

export default defineConfig({
  test: {
    maxWorkers: '100%',
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          ...PROJECTS.unit,
          testTimeout: 20_000,
          // Modules are loaded once for all files: that is half of the time. `.ci/run` also runs
          // each file by itself.
          isolate: false,
        },
      },
      { test: { name: 'slow', ...PROJECTS.slow, testTimeout: 20_000 } },
      { test: { name: 'real', ...PROJECTS.real, ...ON_SERVERS } },
      { test: { name: 'long', ...PROJECTS.long, ...ON_SERVERS } },
    ],
  },
});
