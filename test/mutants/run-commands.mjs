// The commands of the operator around all orders and deployments of a run.

const spans = { tests: ['test/engine/work-span.test.ts'] };
const gates = { tests: ['test/engine/gates.test.ts'] };

export const runCommands = [
  {
    ...{ rule: '[run]: nothing is ordered before `before`', naive: 'it is a message', ...spans },
    ...{ file: 'src/engine/advance.ts', in: '#beginWork' },
    ...{ find: '    await this.#world.work?.begin();\n', put: '' },
  },
  {
    ...{ rule: '[run]: a deployment is work, too', naive: 'orders are all', ...gates },
    ...{ file: 'src/engine/gates.ts', in: 'isOrderOrDeployment' },
    ...{ find: "'deploy', 'reload'", put: "'reload'" },
  },
  {
    ...{
      rule: '[run]: what only changes records calls no command',
      naive: 'every step is work',
      ...gates,
    },
    ...{ file: 'src/engine/gates.ts', in: 'isOrderOrDeployment' },
    ...{ find: "['obtain', 'send',", put: "['publish', 'obtain', 'send'," },
  },
  {
    ...{ rule: '[run]: `before` is called once', naive: 'for each certificate', ...spans },
    ...{ file: 'src/engine/work-span.ts', in: 'begin' },
    ...{ find: '(this.#begun ??= this.#open())', put: '(this.#begun = this.#open())' },
  },
  {
    ...{ rule: '[run]: `after` follows in every case', naive: 'where all went well', ...spans },
    ...{ file: 'src/engine/run.ts', in: 'run' },
    ...{
      find: '    await work.end();\n',
      put: '    if (course.results.size < 0) await work.end();\n',
    },
  },
  {
    ...{
      rule: '[run]: `after` waits for what others have begun',
      naive: 'a pause is an end',
      ...spans,
    },
    ...{ file: 'src/engine/run.ts', in: 'isBetween' },
    ...{ find: 'paused === undefined', put: 'paused !== null' },
  },
  {
    ...{
      rule: '[run]: no command stays in effect during a long wait',
      naive: 'the process goes on',
      ...spans,
    },
    ...{ file: 'src/engine/turns.ts', in: 'takeTurns' },
    ...{ find: '        await between?.();\n', put: '' },
  },
  {
    ...{
      rule: '[run]: `after` follows a `before` that failed',
      naive: 'it has done nothing',
      ...spans,
    },
    ...{ file: 'src/engine/work-span.ts', in: '#open' },
    ...{
      find: "this.#isOpen = error.details['isStarted'] !== false;",
      put: 'this.#isOpen = false;',
    },
  },
  {
    ...{
      rule: '[run]: `after` does not follow a `before` that was not started',
      naive: 'it closes what is open',
      ...spans,
    },
    ...{ file: 'src/engine/work-span.ts', in: '#open' },
    ...{
      find: "this.#isOpen = error.details['isStarted'] !== false;",
      put: 'this.#isOpen = true;',
    },
  },
  {
    ...{
      rule: '[run]: a run that is stopped during `before` orders nothing',
      naive: 'it has begun',
      ...spans,
    },
    ...{ file: 'src/engine/advance.ts', in: '#beginWork' },
    ...{ find: '    call.signal?.throwIfAborted();\n', put: '    void call;\n' },
  },
  {
    ...{
      rule: '[run]: the law is asked after `before`, not before it',
      naive: 'the order does not matter',
      ...spans,
    },
    ...{ file: 'src/engine/advance.ts', in: '#round' },
    find: '    if (isOrderOrDeployment(next.step)) await this.#beginWork(job);\n    this.#budget = withStep(this.#budget);\n    if (!(await this.#mayAct(job, next.step))) return undefined;\n',
    put: '    this.#budget = withStep(this.#budget);\n    if (!(await this.#mayAct(job, next.step))) return undefined;\n    if (isOrderOrDeployment(next.step)) await this.#beginWork(job);\n',
  },
  {
    ...{
      rule: '[run]: two runs are not both between the commands',
      naive: 'certificates are locked',
      ...spans,
    },
    ...{ file: 'src/engine/work-span.ts', in: '#open' },
    ...{ find: '    this.#lease = await this.#lock();\n', put: '' },
  },
  {
    ...{
      rule: '[run]: a `before` that keeps failing needs a person',
      naive: 'time cures it',
      ...spans,
    },
    ...{ file: 'src/engine/work-span.ts', in: '#lasting' },
    ...{
      find: 'if (!isOverdue(since, now)) return error;',
      put: 'if (since <= now) return error;',
    },
  },
  {
    ...{
      rule: '[run]: how long it failed is forgotten when it succeeds',
      naive: 'it is history',
      ...spans,
    },
    ...{ file: 'src/engine/work-span.ts', in: '#succeeded' },
    find: 'if (known !== undefined) await',
    put: 'if (known === null) await',
  },
  {
    ...{ rule: '[run]: an `after` that fails is exit 4', naive: 'the work is done', ...spans },
    ...{ file: 'src/engine/work-span.ts', in: '#after' },
    ...{ find: '      this.#exit = exit;\n', put: '' },
  },
  {
    ...{ rule: '[run]: a dry run shows the commands', naive: 'they are not steps', ...spans },
    ...{ file: 'src/engine/advance.ts', in: '#preview' },
    ...{ find: 'this.#world.work?.foresee();', put: 'return preview(look, job.task, job.world);' },
  },
  {
    ...{
      rule: '[run]: a trial orders nothing before `before`, either',
      naive: 'it is only a trial',
      ...spans,
    },
    ...{ file: 'src/engine/try-out.ts', in: 'issue' },
    ...{ find: '  await given.work?.begin();\n', put: '' },
  },
];
