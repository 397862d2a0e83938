// PKCS#12 files at a target: what is in them is compared, as for every other file (rule 27).

const written = { tests: ['test/x509/pkcs12.test.ts'] };
const deployed = { tests: ['test/deploy/pkcs12.test.ts'] };

export const pkcs12 = [
  {
    ...{
      rule: 'PKCS#12: a file that was changed is not opened',
      naive: 'what can be decrypted is right',
      ...written,
    },
    ...{ file: 'src/x509/pkcs12.ts', in: 'openPkcs12' },
    find: '    if (!isAuthentic(safe, macData, password)) return undefined;\n',
    put: '    isAuthentic(safe, macData, password);\n',
  },
  {
    ...{
      rule: 'PKCS#12: what another program wrote must not stop a run',
      naive: 'its count is small',
      ...written,
    },
    ...{ file: 'src/x509/pkcs12-protection.ts', in: 'isAuthentic' },
    ...{ find: 'iterations > MOST_ITERATIONS', put: 'iterations > Infinity' },
  },
  {
    ...{
      rule: 'PKCS#12: what another program encrypted must not stop a run',
      naive: 'its count is small',
      ...written,
    },
    ...{ file: 'src/x509/pkcs12-protection.ts', in: 'decrypt' },
    ...{ find: 'iterationCount > MOST_ITERATIONS', put: 'iterationCount > Infinity' },
  },
  {
    ...{
      rule: 'PKCS#12: a long password is the same one for all programs',
      naive: 'a password has few letters',
      ...written,
    },
    ...{ file: 'src/x509/pkcs12-protection.ts', in: 'filled' },
    find: 'Buffer.alloc(Math.ceil(octets.length / BLOCK_OCTETS) * BLOCK_OCTETS, octets)',
    put: 'Buffer.alloc(BLOCK_OCTETS, octets)',
  },
  {
    ...{
      rule: '27: a PKCS#12 file that nothing changed is not written again',
      naive: 'other octets are another file',
      ...deployed,
    },
    ...{ file: 'src/deploy/pkcs12-form.ts', in: 'pkcs12Form' },
    find: 'isWritten: async (...what) => (await difference(...what)) === undefined',
    put: 'isWritten: async (...what) => (await difference(...what)) === null',
  },
  {
    ...{
      rule: '27: the key and the chain in a PKCS#12 file are compared',
      naive: 'the password opens it',
      ...deployed,
    },
    ...{ file: 'src/deploy/pkcs12-form.ts', in: 'pkcs12Form' },
    ...{ find: 'if (!holdsTheSame(textOf(found), pem))', put: 'if (!holdsTheSame(pem, pem))' },
  },
  {
    ...{
      rule: '27: the name in a PKCS#12 file is compared',
      naive: 'it is a comment',
      ...deployed,
    },
    ...{ file: 'src/deploy/pkcs12-form.ts', in: 'pkcs12Form' },
    ...{ find: 'return found.name === certificate ?', put: "return found.name !== '' ?" },
  },
  {
    ...{
      rule: '15: the chain in a PKCS#12 file may be loaded',
      naive: 'services read PEM',
      ...deployed,
    },
    ...{ file: 'src/deploy/files.ts', in: 'chainFiles' },
    ...{ find: '{ path: options.pkcs12, form: pkcs12 }', put: '{ path: undefined, form: pkcs12 }' },
  },
  {
    ...{
      rule: '27: a changed password is noticed while nothing is due',
      naive: 'the files at the target are all',
      ...deployed,
    },
    ...{ file: 'src/deploy/files.ts', in: 'createFilesTarget' },
    ...{ find: 'password?.file ?? []', put: '[]' },
  },
  {
    ...{
      rule: 'PKCS#12: no file that Java cannot open',
      naive: 'a password is any text',
      ...deployed,
    },
    ...{ file: 'src/deploy/pkcs12-form.ts', in: 'usablePassword' },
    ...{
      find: '  if (/^[ -~]+$/.test(password)) return password;',
      put: '  if (/^[^]+$/.test(password)) return password;',
    },
  },
  {
    ...{
      rule: 'PKCS#12: without its password it is not configured',
      naive: 'an empty one will do',
      tests: ['test/config/deploy-pairs.test.ts'],
    },
    file: 'src/config/options/certificate.ts',
    find: 'if ((pkcs12 === undefined) === (password === undefined)) return;',
    put: "if ((pkcs12 === undefined) === (password === undefined) || pkcs12 !== '') return;",
  },
];
