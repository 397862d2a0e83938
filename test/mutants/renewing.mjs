// What `check` says of the chain after the next renewal.

const tests = ['test/check/next-issuer.test.ts'];
const sets = { file: 'src/check/issuers/issuing-set.ts', tests };
const ahead = { file: 'src/check/rules/ahead.ts', tests };
const issuer = { file: 'src/check/rules/next-issuer.ts', tests };
const leaves = { file: 'src/check/rules/anchor-leaves.ts', tests };

export const renewing = [
  {
    ...{
      rule: 'check: a CA is known by who signed the leaf',
      naive: 'its root is enough',
      ...sets,
    },
    in: 'nextIssuers',
    find: 'signersOf({ certificates }).map(keyDigest);',
    put: 'certificates.map(keyDigest);',
    also: [
      {
        in: 'nextIssuers',
        find: 'const signsStill = set.issuing.some(',
        put: 'const signsStill = [...set.issuing, ...set.above].some(',
      },
    ],
  },
  {
    ...{ rule: 'check: a CA is known by former issuers', naive: 'by those of today', ...sets },
    in: 'nextIssuers',
    find: '!set.former.some((digest) => keys.includes(digest))',
    put: "!set.former.some((digest) => digest === '')",
  },
  {
    ...{
      rule: 'check: a list of issuers that has ended says nothing',
      naive: 'it is right',
      ...sets,
    },
    in: 'nextIssuers',
    find: 'notAfter > at)',
    put: 'notAfter > -at)',
  },
  {
    ...{ rule: 'check: the next issuers bring their root', ...sets },
    ...{ naive: 'only what is sent counts', in: 'nextIssuers' },
    find: 'signsStill ? [] : set.above.filter(',
    put: 'signsStill || keys.length > 0 ? [] : set.above.filter(',
  },
  {
    ...{ rule: 'check: a root that a known issuer does not bring is not sent', ...sets },
    ...{ naive: 'the CA sends it by default', in: 'nextIssuers' },
    find: 'signsStill ? [] : set.above.filter(',
    put: 'keys.length === 0 ? [] : set.above.filter(',
  },
  {
    ...{ rule: 'check: a root that the CA has left out does not come', naive: 'always', ...sets },
    in: 'nextIssuers',
    find: 'leaves > at)',
    put: 'leaves > -at)',
  },
  {
    ...{ rule: 'check: full data is of an issuer, too', naive: 'only digests are', ...sets },
    in: 'isRecordOf',
    find: 'if (matchingType !== 0) return',
    put: 'if (matchingType !== 9) return',
  },
  {
    ...{ rule: 'check: the next issuer may be a backup', naive: 'it does not sign', ...ahead },
    in: 'lostIn',
    find: 'next.issuers.filter((one) =>',
    put: 'next.issuers.filter((one) => one.backup !== true &&',
  },
  {
    ...{ rule: 'check: each combination needs the next issuer', naive: 'one is enough', ...ahead },
    in: 'lostIn',
    find: 'then.filter(({ record }) => combinationText(record) === combination);',
    put: "then.filter(({ record }) => combinationText(record) !== '' || combination === '');",
  },
  {
    ...{ rule: 'check: what does not match now is not lost', naive: 'it never matches', ...ahead },
    in: 'lostIn',
    find: 'now.flatMap((one) => (one.matched ? combinationText(one.record) : []));',
    put: 'now.flatMap((one) => combinationText(one.record));',
  },
  {
    ...{ rule: 'check: a root matches above every issuer', naive: 'only its own record', ...ahead },
    in: 'matches',
    find: 'if (matched && depth > 1) return true;',
    put: 'if (matched && depth > 99) return true;',
  },
  {
    ...{ rule: 'check: what matches the present issuer does not match the next', ...ahead },
    ...{ naive: 'what matches, matches', in: 'matches' },
    find: 'if (matched && depth > 1) return true;',
    put: 'if (matched && depth > 0) return true;',
  },
  {
    ...{
      rule: 'check: beside a record of the key the next issuer is worth a note alone',
      ...ahead,
    },
    ...{ naive: 'one of two is lost', in: 'severityFor' },
    find: "return byKey ? 'ok' : 'warning';",
    put: "return byKey ? 'warning' : 'warning';",
  },
  {
    ...{ rule: 'check: the digest of a leaf does not outlive it', naive: 'it matches', ...ahead },
    in: 'severityFor',
    find: ' && one.selector === 1);',
    put: ' && one.selector < 2);',
  },
  {
    ...{
      rule: 'check: holger keeps the records of its own services',
      naive: 'warn all',
      ...issuer,
    },
    in: 'nextIssuerFindings',
    find: "target.configured?.records === 'wanted'",
    put: "target.configured?.records === undefined && target.url === ''",
  },
  {
    ...{ rule: 'check: the next issuer of an unsigned zone does not count', ...issuer },
    ...{ naive: 'there are records', in: 'nextIssuerFindings' },
    find: "tlsa.state !== 'secure' ||",
    put: "tlsa.state === 'absent' ||",
  },
  {
    ...{ rule: 'check: a root that was added by hand stays', naive: 'it leaves', ...leaves },
    in: 'crossSigns',
    find: 'known === undefined || isSelfSigned(fromHex(one.der))',
    put: "known === undefined || isSelfSigned(fromHex(''))",
  },
  {
    ...{ rule: 'check: above a cross-signed root all leave', naive: 'only itself', ...leaves },
    in: 'announced',
    ...{ find: 'cuts: true', put: 'cuts: false' },
  },
  {
    ...{ rule: 'check: an issuer that expires is replaced below its root', ...leaves },
    ...{ naive: 'the chain ends there', in: 'ending' },
    ...{ find: 'cuts: false', put: 'cuts: true' },
  },
  {
    ...{ rule: 'check: a CA has to outlive the next certificate', naive: 'this one', ...leaves },
    in: 'ending',
    find: 'leaf.notAfter + lifeOf(leaf),',
    put: 'leaf.notAfter + 0 * lifeOf(leaf),',
  },
  {
    ...{ rule: 'check: the end of a path is reported once', naive: 'by each rule', ...leaves },
    in: 'ending',
    find: 'notAfter >= from',
    put: 'notAfter >= at',
  },
  {
    ...{ rule: 'check: the end of a CA is not reported years before', naive: 'it is', ...leaves },
    in: 'ending',
    find: 'at + FARTHEST)',
    put: 'at + 99 * FARTHEST)',
  },
  {
    ...{ rule: 'check: a loss is reported once', naive: 'by each rule', ...leaves },
    in: 'leavingFindings',
    find: '!known.includes(combination));',
    put: '!known.includes(`${combination} `));',
  },
  {
    ...{ rule: 'check: without a date a record of the key is enough', naive: 'tell', ...leaves },
    in: 'leavingFindings',
    find: "ahead.severity === 'ok' ? []",
    put: "ahead.severity === 'critical' ? []",
  },
];
