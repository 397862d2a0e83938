// Certificates that are ordered with a request of the operator.

const read = { file: 'src/x509/request.ts', tests: ['test/x509/request.test.ts'] };
const planned = {
  file: 'src/rollover/plan/order/request.ts',
  tests: ['test/rollover/requests.test.ts'],
};
const made = { file: 'src/engine/act/create-key.ts', tests: ['test/engine/requests.test.ts'] };
const configured = {
  file: 'src/config/request-rules.ts',
  tests: ['test/config/request-rules.test.ts'],
};
const stored = {
  file: 'src/store/generation-files.ts',
  tests: ['test/store/generation-files.test.ts'],
};

export const requests = [
  {
    ...{ rule: 'a request is signed by its own key', naive: 'the CA checks it', ...read },
    ...{ in: 'isSigned', find: '=== true;', put: '!== undefined;' },
  },
  {
    ...{ rule: 'a request asks for its common name, too', naive: 'SAN alone counts', ...read },
    ...{ in: 'fieldsOf', find: '...commonNamesIn(der, subject)', put: '' },
  },
  {
    ...{ rule: 'a request asks for DNS names alone', naive: 'others do no harm', ...read },
    ...{ in: 'requestFrom', find: 'if (others) throw', put: 'if (others && der.length < 0) throw' },
  },
  {
    ...{ rule: 'a request has its key in the form of certificates', naive: 'any form', ...read },
    ...{ in: 'isUsualForm', find: '.startsWith(head)', put: '.startsWith(head.slice(0, 0))' },
  },
  {
    ...{ rule: 'a request is for exactly the domains', naive: 'for these at least', ...planned },
    ...{
      in: 'namesFault',
      find: '!domains.includes(name)',
      put: "name === '' && !domains.includes(name)",
    },
  },
  {
    ...{ rule: 'a request is for all of the domains', naive: 'the CA adds them', ...planned },
    ...{
      in: 'namesFault',
      find: '!names.includes(domain)',
      put: "domain === '' && !names.includes(domain)",
    },
  },
  {
    ...{ rule: '29: a compromised key comes back in no request', naive: 'it is new', ...planned },
    ...{
      in: 'keyFault',
      find: 'one.compromised === true',
      put: 'one.compromised === undefined && one.number < 0',
    },
  },
  {
    ...{ rule: 'the key of a request is refused by the CA once', naive: 'order again', ...planned },
    ...{
      in: 'keyFault',
      find: 'keyRefused === true',
      put: 'keyRefused === undefined && spki === file',
    },
  },
  {
    ...{ rule: 'a request with the same key keeps its age', naive: 'each is new', ...planned },
    ...{ in: 'beginWith', find: 'before === undefined ? {}', put: 'before !== undefined ? {}' },
  },
  {
    ...{
      rule: 'a replaced request ends an order that fails',
      naive: 'at the next renewal',
      ...planned,
    },
    ...{
      in: 'isReplaced',
      find: 'request.spki !== staged.spki',
      put: 'request.spki === staged.spki',
    },
  },
  {
    ...{ rule: 'a changed request alone orders nothing', naive: 'it is wanted now' },
    ...{ file: 'src/rollover/plan/order/order-floor.ts', in: 'isOfKind' },
    ...{
      find: 'return request === true;',
      put: 'return request === true && keyType === intent.keyType;',
    },
    tests: ['test/rollover/requests.test.ts'],
  },
  {
    ...{ rule: 'a request that cannot be used stops no repair', naive: 'first the order' },
    ...{ file: 'src/rollover/plan/plan.ts', in: 'orElse' },
    ...{
      find: "if (next.kind !== 'blocked') return next;",
      put: 'if (next !== undefined) return next;',
    },
    tests: ['test/rollover/requests.test.ts'],
  },
  {
    ...{ rule: 'a request is judged again when it is used', naive: 'it was judged', ...made },
    ...{
      in: 'usableRequest',
      find: 'if (fault !== undefined) throw',
      put: "if (fault?.rule === 'own-files') throw",
    },
  },
  {
    ...{
      rule: '29: a trial refuses a compromised key as a run does',
      naive: 'it reads no state',
      file: 'src/engine/try-out.ts',
      tests: ['test/engine/requests.test.ts'],
    },
    ...{
      in: 'requestFor',
      find: 'stored?.value ?? newLineage(name), world)',
      put: 'stored === null ? stored : newLineage(name), world)',
    },
  },
  {
    ...{
      rule: '29: a request is judged by the keys of the certificates beside it when it is used',
      naive: 'by its own',
      ...made,
    },
    ...{
      in: 'usableRequest',
      find: '...{ lineage, neighbours },',
      put: '...{ lineage, neighbours: [] },',
    },
  },
  {
    ...{
      rule: 'a request does not become the key of the next generation',
      naive: 'it is what was stored',
      ...made,
    },
    ...{ in: 'ownKey', find: '!isRequest(old) &&', put: '' },
  },
  {
    ...{ rule: 'no target places a key that is not here', naive: 'it fails later', ...configured },
    ...{
      in: 'targetRules',
      find: "typeof target[one] === 'string'",
      put: "typeof target[one] === 'number'",
    },
  },
  {
    ...{
      rule: 'a request is not overwritten by a target',
      naive: 'the operator knows',
      ...configured,
    },
    ...{
      in: 'filesOfRequests',
      find: "if (typeof csr !== 'string') return [];",
      put: 'if (csr !== 1) return [];',
    },
  },
  {
    ...{ rule: 'a generation has a key or a request, never both', naive: 'two files', ...stored },
    ...{
      in: 'createGenerationFiles',
      find: 'isRequest(other) !== isRequest(privkeyPem)',
      put: 'isRequest(other) !== isRequest(other)',
    },
  },
];
