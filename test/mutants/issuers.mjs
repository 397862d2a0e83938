// Mutants of what is known of the certificates from which a CA issues.
const file = 'src/check/issuers/seen-issuers.ts';
const tests = ['test/check/next-issuer.test.ts'];

export const issuers = [
  {
    rule: 'what a CA has sent here counts for any CA',
    naive: 'the built-in list does',
    ...{ file, tests },
    in: 'withSeen',
    find: '.filter((one) => !known.some((set) => isOfOneCa(set, one)))',
    put: '.slice(learned.length)',
  },
  {
    rule: 'an intermediate that signed long ago is a former one',
    naive: 'it still signs',
    ...{ file, tests },
    in: 'learnedFrom',
    find: 'issuedAt(one) > issuedAt(newest) - SPAN',
    put: 'issuedAt(one) > -Infinity',
  },
  {
    rule: 'an intermediate of the list that does not sign any more is not announced',
    naive: 'it was seen here',
    ...{ file, tests },
    in: 'extended',
    find: ', ...known.former]);\n  const others',
    put: ']);\n  const others',
  },
  {
    rule: 'certificates with another kind of key have other intermediates',
    naive: 'a CA has one list',
    ...{ file, tests },
    in: 'withSeen',
    find: 'const key = `${one.directory} ${one.algorithm}`;',
    put: 'const key = one.directory;',
  },
  {
    rule: 'a chain that the operator has chosen is not the default of the CA',
    naive: 'it came from the CA',
    ...{ file, tests },
    in: 'intermediateOf',
    find: '      isDefault && ',
    put: '      isDefault !== undefined && ',
  },
  {
    rule: 'a root that was added by hand stays when the CA leaves it out',
    naive: 'it leaves with the chain of the CA',
    file: 'src/check/rules/anchor-leaves.ts',
    tests,
    in: 'leftOut',
    find: ' || isSelfSigned(fromHex(one.der)) ? [] : [position];\n  });\n  const [first]',
    put: ' ? [] : [position];\n  });\n  const [first]',
  },
  {
    rule: 'a chain that was not ordered here says nothing of the CA',
    naive: 'its directory does',
    file: 'src/app/known/seen-chains.ts',
    tests: ['test/app/seen-chains.test.ts'],
    in: 'seenChains',
    find: 'const isOrdered = orderUrl !== undefined && ',
    put: 'const isOrdered = ',
  },
];
