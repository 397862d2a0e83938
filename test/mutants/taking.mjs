// Certificates that another program renews, and those that are signed here.

const taken = { tests: ['test/rollover/taken.test.ts'] };
const read = { tests: ['test/engine/take.test.ts'] };
const signed = { tests: ['test/issuers'] };

export const taking = [
  {
    ...{ rule: '25: what lacks a name is not taken', naive: 'the other program knows', ...taken },
    ...{ file: 'src/rollover/plan/order/offer.ts', in: 'faultOf' },
    ...{ find: '  if (missing.length > 0) {', put: '  if (missing.length > 99) {' },
  },
  {
    ...{
      rule: '25: a compromised key comes back from no other program',
      naive: 'it is new',
      ...taken,
    },
    ...{ file: 'src/rollover/plan/order/offer.ts', in: 'faultOf' },
    find: 'one.compromised === true && one.spki === offer.spki',
    put: "one.compromised === true && one.spki === ''",
  },
  {
    ...{
      rule: 'an older certificate is taken only when a person insists',
      naive: 'another is new',
      ...taken,
    },
    ...{ file: 'src/rollover/plan/order/offer.ts', in: 'isOlder' },
    ...{
      find: '  return notBefore < known.notBefore;',
      put: '  return notBefore < 0 * known.notBefore;',
    },
  },
  {
    ...{
      rule: 'a program that renews too often delays no deployment',
      naive: 'the newest counts',
      ...taken,
    },
    ...{ file: 'src/rollover/plan/order/offer.ts', in: 'tooMany' },
    ...{
      find: '  if (first === undefined) return undefined;',
      put: '  if (first !== -1) return undefined;',
    },
  },
  {
    ...{ rule: 'what is being written is waited for', naive: 'it is wrong', ...taken },
    ...{ file: 'src/rollover/plan/order/offer.ts', in: 'isBeingWritten' },
    find: 'now >= changedAt + WRITING) return undefined;',
    put: 'now >= changedAt) return undefined;',
  },
  {
    ...{
      rule: 'another program that is late is reported',
      naive: 'it renews when it wants',
      ...taken,
    },
    ...{ file: 'src/rollover/plan/taken.ts', in: 'lateness' },
    ...{ find: 'now >= lateAtOf(newest)', put: 'now >= lateAtOf(newest) + Infinity' },
  },
  {
    ...{
      rule: 'a service that reads the files of the other program is reported',
      naive: 'it is right',
      ...taken,
    },
    ...{ file: 'src/rollover/plan/taken.ts', in: 'readsOtherFiles' },
    ...{ find: '  if (at.length === 0) return [];', put: '  if (at.length >= 0) return [];' },
  },
  {
    ...{
      rule: 'what has changed since it was judged is not taken',
      naive: 'it is the newest',
      ...read,
    },
    ...{ file: 'src/engine/act/take.ts', in: 'take' },
    ...{ find: ' || read.offer.chain.id !== judged) return;', put: ') return;' },
    also: [{ in: 'take', find: '{ chain: judged }', put: '{ chain: _judged }' }],
  },
  {
    ...{ rule: 'the key of another program is read as a secret', naive: 'as any file', ...read },
    ...{ file: 'src/issuers/files.ts', in: 'createFilesSource' },
    ...{ find: '{ ...rules, secret: true }', put: 'rules' },
  },
  {
    ...{ rule: 'a CA is followed before it ends', naive: 'the first one signs', ...signed },
    ...{ file: 'src/issuers/private-ca.ts', in: 'signerUntil' },
    ...{
      find: '    if (ca.notAfter >= until) return ca;',
      put: '    if (ca.notAfter >= 0) return ca;',
    },
  },
  {
    ...{ rule: 'a private CA is made once by two runs', naive: 'each has its own', ...signed },
    ...{ file: 'src/issuers/private-ca.ts', in: 'kept' },
    find: '  return (await readFileIfAny(path)) ?? made;',
    put: '  return made;',
  },
];
