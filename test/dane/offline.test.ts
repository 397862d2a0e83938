import { expect, it } from 'vitest';
import { createRecords, verifyRecords } from '../../src/dane/offline.ts';
import { chainFromPem } from '../../src/x509/chain.ts';
import { family, issue, NOW } from '../support/ca.ts';

const HOST = 'mx.example.org';

it('records are made from the leaf or from every CA certificate, and verify against their chain', async () => {
  const { leaf, intermediate, root } = await family([HOST]);
  const chain = chainFromPem(leaf.pem + intermediate.pem + root.pem);
  const created = [...createRecords(chain, 3, 1, 1), ...createRecords(chain, 2, 1, 1)];
  expect(created.map(({ record, certificate }) => [record.usage, certificate])).toEqual([
    [3, 0],
    [2, 1],
    [2, 2],
  ]);
  const records = created.map(({ record }) => record);
  const verdict = verifyRecords(records, chain, { names: [HOST], smtpLike: true, at: NOW });
  expect(verdict.records.map((one) => one.depth)).toEqual([0, 1, 2]);
  expect(verdict.withAgility.accepted).toBe(true);
});

it('a chain without CA certificates gives no 2 1 1', async () => {
  const chain = chainFromPem((await issue({ dns: [HOST] })).pem);
  expect(() => createRecords(chain, 2, 1, 1)).toThrow(
    'usage 2 names a CA certificate, but the chain contains none',
  );
  expect(() => createRecords(chain, 3, 2, 1)).toThrow('RFC 6698 does not assign');
});
