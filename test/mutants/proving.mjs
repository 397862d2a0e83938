// The challenges by which names are proven, and the records that stay for them.

const record = { tests: ['test/acme/challenge.test.ts'], file: 'src/acme/challenge.ts' };
const stays = { tests: ['test/engine/standing-challenges.test.ts'] };

export const proving = [
  {
    ...{ rule: 'the record that stays is for our account alone', naive: 'as the CA says' },
    ...{ ...record, in: 'accountUri', find: 'named !== account', put: "named === ''" },
  },
  {
    ...{ rule: 'issuers of a challenge are those of the directory', naive: 'as the CA says' },
    ...{ ...record, in: 'issuerName', find: 'missing !== undefined ||', put: '' },
  },
  {
    ...{ rule: 'issuers of a challenge are those of CAA', naive: 'as the CA says', ...record },
    ...{ in: 'issuerName', find: '|| foreign !== undefined', put: '' },
  },
  {
    ...{ rule: 'a record of dns-persist-01 stays', naive: 'as for dns-01', ...stays },
    ...{ file: 'src/engine/act/order/withdraw.ts', in: 'isNeeded' },
    ...{ find: '  return isAsked && isItsWay', put: '  return false && isItsWay' },
  },
  {
    ...{ rule: '30: a record that stays goes with the certificate', naive: 'it stays', ...stays },
    ...{ file: 'src/engine/act/order/withdraw.ts', in: 'isNeeded' },
    find: ' || memory.lineage.orders?.leaving !== undefined',
    put: '',
  },
  {
    ...{ rule: 'a record that stays follows the account', naive: 'it stays', ...stays },
    ...{ file: 'src/engine/act/order/challenges.ts', in: 'isFollowed' },
    ...{ find: 'stays === by.stays && ', put: 'stays !== by.stays && ' },
  },
  {
    ...{ rule: 'the record of the operator is not withdrawn', naive: 'all are ours', ...stays },
    ...{ file: 'src/engine/act/order/challenges.ts', in: 'publishChallenges' },
    find: 'if (txt.stays === undefined || recordOf(txt, memory))',
    put: 'if (txt.owner)',
  },
  {
    ...{ rule: 'caches may have the record before', naive: 'served is seen', ...stays },
    ...{ file: 'src/engine/act/order/challenge-evidence.ts', in: 'cachedWithout' },
    ...{ find: '  if (until <= now) return [];', put: '  if (until >= now) return [];' },
  },
  {
    ...{ rule: 'a record for another name goes', naive: 'it is below the name', ...stays },
    ...{ file: 'src/engine/act/order/withdraw.ts', in: 'isNeeded' },
    ...{ find: 'owners.includes(owner)', put: "owner.startsWith('_validation-persist.')" },
  },
  {
    ...{ rule: 'a record that is written once more begins anew', naive: 'it is late', ...stays },
    ...{ file: 'src/engine/act/order/challenges.ts', in: 'recordIntended' },
    find: ' || (sweep !== undefined && known.sentAt === undefined)',
    put: '',
  },
];
