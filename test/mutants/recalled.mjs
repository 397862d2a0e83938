// Mutants of what happens to a staged certificate that the CA asks to replace.
const file = 'src/rollover/plan/order/recalled.ts';
const tests = ['test/rollover/recalled.test.ts'];

export const recalled = [
  {
    rule: '29: a staged certificate that the CA asks to replace is not deployed',
    naive: 'its dates are valid',
    ...{ file, tests },
    in: 'recalled',
    find: 'if (recalledAt === undefined || live === undefined)',
    put: 'if (recalledAt !== null || live === undefined)',
  },
  {
    rule: '29: a recalled staged certificate is deployed before the live one expires',
    naive: 'the next one always comes in time',
    ...{ file, tests },
    in: 'recalled',
    find: ' || orderedAt + Math.max(LEAST_TIME, lineage.lastWait ?? 0) >= end)',
    put: ')',
  },
  {
    rule: '29: a recalled staged certificate replaces a compromised key',
    naive: 'the next one is better',
    ...{ file, tests },
    in: 'recalled',
    find: 'if (leaves || ',
    put: 'if (',
  },
  {
    rule: '23: the records of a recalled staged certificate are published: the next one has its key',
    naive: 'it is given up',
    ...{ file, tests },
    in: 'withoutDeployment',
    find: "if (planned.step.kind !== 'deploy') return step(planned.step, reasons);\n",
    put: '',
  },
  {
    rule: '28: a recalled staged certificate is ordered again after the floor',
    naive: 'at once',
    file: 'src/rollover/plan/plan.ts',
    tests,
    in: 'planStaged',
    find: 'if (asked !== undefined && floor !== undefined) return deployment;',
    put: '',
  },
  {
    rule: '29: a first window that the CA explains announces a revocation',
    naive: 'only one that has moved',
    file: 'src/rollover/plan/order/revoked.ts',
    tests: ['test/acme/behaviours/recalled.test.ts'],
    in: 'isRecalled',
    find: '  return window.explanationUrl !== undefined &&',
    put: '  return window.explanationUrl === null &&',
  },
  {
    rule: '29: a usual window that is over and explained announces nothing',
    naive: 'each explanation is one of an incident',
    file: 'src/rollover/plan/order/revoked.ts',
    tests: ['test/acme/behaviours/recalled.test.ts'],
    in: 'isRecalled',
    find: ' && window.end < notBefore + lifetime * EARLY;',
    put: ' && lifetime > 0;',
  },
  {
    rule: '29: the CA is asked about the staged certificate, too',
    naive: 'about the live one',
    file: 'src/engine/renewal.ts',
    tests: ['test/stories/revoked.test.ts'],
    in: 'askForAdvice',
    find: "  await askAbout(stagedGeneration(lineage), 'stagedRenewal', job);\n",
    put: '',
  },
];
