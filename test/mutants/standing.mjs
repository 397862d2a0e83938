// Mutants of the records of dns-persist-01 after a loss of the documents.
const file = 'src/engine/act/order/standing-records.ts';
const tests = ['test/engine/standing-challenges.test.ts'];

export const standing = [
  {
    rule: '30: a record that stays is found again by the account that it names',
    naive: 'it belongs to the operator',
    ...{ file, tests },
    in: 'findAt',
    find: 'if (ours.length === 0) return;',
    put: 'if (ours.length >= 0) return;',
  },
  {
    rule: 'a record that stays and names another account is left alone',
    naive: 'it is at the name of the certificate',
    ...{ file, tests },
    in: 'findAt',
    find: "accounts.includes(accountIn(rdata) ?? '') &&",
    put: "accounts.includes(accountIn(rdata) ?? '') !== null &&",
  },
  {
    rule: 'a record that stays with two accounts is left alone',
    naive: 'the first one counts',
    ...{ file, tests },
    in: 'accountIn',
    find: 'uris.length === 1 ?',
    put: 'uris.length >= 1 ?',
  },
  {
    rule: 'a record that the operator wrote before the first order stays the operator’s',
    naive: 'it names the account',
    ...{ file, tests },
    in: 'noteLostStanding',
    find: '  if ((await world.files.numbers(task.intent.name)).length === 0) return;\n',
    put: '',
  },
  {
    rule: 'a record that stays is searched for again where the CA did not answer',
    naive: 'once is enough',
    ...{ file, tests },
    in: 'findLostStanding',
    find: 'message: reasonOf(error) });\n    return;',
    put: 'message: reasonOf(error) });',
  },
];
