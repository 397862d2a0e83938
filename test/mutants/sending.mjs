// Targets on other machines: two phases, the fence, what lies there.

const sending = 'src/rollover/plan/deploy/sending.ts';
const planned = ['test/rollover/sending.test.ts'];
const receiver = 'src/deploy/remote/receiver.ts';
const machine = ['test/deploy/ssh.test.ts'];

export const sendings = [
  {
    rule: 'a generation is sent before one machine loads it',
    naive: 'each machine gets it when it is deployed',
    file: sending,
    in: 'afterSending',
    find: '  if (unsent.length === 0 || isPublishing) return deployment;',
    put: '  if (unsent.length === 0 || deployment.kind === "step") return deployment;',
    tests: planned,
  },
  {
    rule: 'a machine that does not have it holds up the deployment',
    naive: 'those that have it load it',
    file: sending,
    in: 'afterSending',
    find: '  const goesOn = isEnough || isUrgent(',
    put: '  const goesOn = !isEnough || isUrgent(',
    tests: planned,
  },
  {
    rule: 'a certificate that ends soon is not held up',
    naive: 'all or none',
    file: sending,
    in: 'isUrgent',
    find: '  return now > endsSoonAt(leaf);',
    put: '  return now > leaf.notAfter;',
    tests: planned,
  },
  {
    rule: 'another generation that was sent does not count',
    naive: 'the machine has one',
    file: sending,
    in: 'unsentTargets',
    find: '    if (sent?.generation !== number) return',
    put: '    if (sent === undefined) return',
    tests: planned,
  },
  {
    rule: 'a fence on the host that is larger than the last one here is of another sender',
    naive: 'the next number is larger anyway',
    file: 'src/deploy/remote/fence.ts',
    in: 'fenceOver',
    find: 'kept > before && !used',
    put: 'kept > number && !used',
    tests: machine,
  },
  {
    rule: 'a number that another generation has on the host is not used',
    naive: 'numbers are the same on both machines',
    file: receiver,
    in: 'freeAt',
    find: '  return numbers.includes(wanted) ? Math.max(...numbers) + 1 : wanted;',
    put: '  return numbers.length < 0 ? Math.max(...numbers) + 1 : wanted;',
    tests: machine,
  },
  {
    rule: 'after an act a machine is asked again',
    naive: 'what it said a moment ago',
    file: 'src/deploy/remote/recent-look.ts',
    in: 'forget',
    find: '    this.#known = undefined;',
    put: '    this.#failures = 0;',
    tests: machine,
  },
  {
    rule: 'an answer without its last line was cut',
    naive: 'what came is true',
    file: 'src/deploy/remote/receiver-answer.ts',
    in: 'readAnswer',
    find: "  if (!text.endsWith('\\n') || lines.at(-1)?.[0] !== 'result') return undefined;",
    put: "  if (!text.endsWith('\\n')) return undefined;",
    tests: machine,
  },
  {
    rule: 'status says what was seen on another machine, and what was sent there',
    naive: 'what is live here is there, too',
    file: 'src/app/status/places.ts',
    in: 'holdsAt',
    find: '  if (target.stage !== undefined) return rememberedAt(target, lineage);\n',
    put: '',
    tests: ['test/app/status.test.ts'],
  },
];
