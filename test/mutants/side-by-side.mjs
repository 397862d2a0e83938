// Many certificates at once: what one of them takes from the others, and what they share.

const tests = ['test/engine/side-by-side.test.ts', 'test/engine/turns.test.ts'];
const noteTests = ['test/engine/notes.test.ts'];
const caaTests = ['test/engine/caa.test.ts'];

export const sideBySide = [
  {
    rule: 'a free place for an order wakes one certificate',
    naive: 'all that wait for a place try to take it',
    file: 'src/engine/turns.ts',
    in: 'take',
    find: '    turn.begin?.();\n',
    put: '',
    tests,
  },
  {
    rule: 'what was noted is on disk before a record is published',
    naive: 'it is written at the end of the turn',
    file: 'src/engine/act/publish.ts',
    in: 'publish',
    find: '  await job.memory.flush();\n',
    put: '',
    tests: noteTests,
  },
  {
    rule: 'what was noted is on disk while a certificate waits',
    naive: 'the next turn writes it',
    file: 'src/engine/advance.ts',
    in: 'advance',
    find: '    await job.memory.flush();\n    return ending;',
    put: '    return ending;',
    tests: noteTests,
  },
  {
    rule: 'what was noted in a turn that fails is on disk',
    naive: 'the turn has failed',
    file: 'src/engine/advance.ts',
    in: 'advance',
    find: '      await job.memory.flush().catch(() => undefined);\n',
    put: '',
    tests: noteTests,
  },
  {
    rule: 'what is saved as it was before replaces what was noted',
    naive: 'there is nothing to write',
    file: 'src/engine/state/memory.ts',
    in: '#save',
    find: '      slot.value = value;\n      return;',
    put: '      return;',
    tests: noteTests,
  },
  {
    rule: 'a certificate of which nothing was noted gets no document',
    naive: 'a flush writes what there is',
    file: 'src/engine/state/memory.ts',
    in: 'flush',
    find: 'if (this.#isNoted) await',
    put: 'await',
    tests: noteTests,
  },
  {
    rule: 'CAA records of a zone are asked for once by certificates that ask at the same time',
    naive: 'each asks',
    file: 'src/engine/caa-answers.ts',
    in: 'at',
    find: '    if (asked !== undefined) return asked.found;\n',
    put: '',
    tests: caaTests,
  },
  {
    rule: 'CAA records are shared for seconds only',
    naive: 'for the whole run',
    file: 'src/engine/caa-answers.ts',
    in: 'isFresh',
    find: 'now < at + KEPT',
    put: 'now < at + 60 * KEPT',
    tests: caaTests,
  },
  {
    rule: 'CAA records that a server did not answer for are asked for again',
    naive: 'the next certificate takes what is known',
    file: 'src/engine/caa-answers.ts',
    in: 'at',
    find: 'unanswered.length > 0 && forget()',
    put: 'unanswered.length > 99 && forget()',
    tests: caaTests,
  },
];
