// Mail domains: where their MX records lead. The hosts are those of the other tables.
import type { MailCase } from './case.ts';

export const mailCases: readonly MailCase[] = [
  {
    name: 'one MX host with good records',
    ...{ domain: 'fine', mx: ['10 leaf-issuer.dane.test.'], kind: 'listed' },
    ...{ severity: 'ok', outcome: ['secure'], finds: [] },
  },
  {
    name: 'an international name',
    ...{ domain: 'bücher', mx: ['10 leaf-issuer.dane.test.'], kind: 'listed' },
    ...{ severity: 'ok', outcome: ['secure'], finds: [] },
  },
  {
    name: 'unsigned MX records that lead to a signed host',
    ...{ domain: 'fine', zone: 'plain.test', mx: ['10 leaf-issuer.dane.test.'], kind: 'listed' },
    ...{ severity: 'warning', outcome: ['secure'], finds: ['mx-insecure'] },
  },
  {
    name: 'MX records that fail validation',
    ...{ domain: 'broken', zone: 'bogus.test', mx: ['10 leaf-issuer.dane.test.'], kind: 'failed' },
    ...{ severity: 'critical', outcome: [], finds: ['mx-bogus'] },
  },
  {
    name: 'an MX record that names an alias',
    ...{ domain: 'to-alias', zone: 'far.test', mx: ['10 alias.dane.test.'], kind: 'listed' },
    ...{ severity: 'warning', outcome: ['secure'], finds: ['mx-is-alias'] },
  },
  {
    name: 'records at the mail domain',
    ...{ domain: 'misplaced', mx: ['10 open.dane.test.'], kind: 'listed' },
    more: [`_25._tcp.misplaced TLSA 3 1 1 ${'ab'.repeat(32)}`],
    ...{ severity: 'warning', outcome: ['no-tlsa'], finds: ['no-tlsa', 'at-mail-domain'] },
  },
  {
    name: 'records at one of two MX hosts',
    domain: 'partial',
    mx: ['10 leaf-issuer.dane.test.', '20 open.dane.test.'],
    ...{ kind: 'listed', severity: 'warning', outcome: ['secure', 'no-tlsa'] },
    finds: ['partial-mx', 'no-tlsa'],
  },
  {
    name: 'two MX hosts with one key',
    domain: 'same-key',
    mx: ['10 leaf-issuer.dane.test.', '20 current-next.dane.test.'],
    ...{ kind: 'listed', severity: 'ok', outcome: ['secure', 'secure'], finds: ['same-key'] },
  },
  {
    name: 'an MX host without address',
    ...{ domain: 'nowhere', zone: 'far.test', mx: ['10 missing.dane.test.'], kind: 'listed' },
    ...{ severity: 'critical', outcome: [], finds: ['no-address', 'no-mail-host', 'no-tlsa'] },
  },
  {
    name: 'K20: an MX record that names an address',
    ...{ domain: 'literal', zone: 'far.test', mx: ['10 127.53.0.10.'], kind: 'listed' },
    ...{ severity: 'critical', outcome: [], finds: ['mx-no-host', 'no-mail-host'] },
  },
  {
    name: 'K20: an MX record that names a number',
    ...{ domain: 'number', zone: 'far.test', mx: ['10 0.'], kind: 'listed' },
    ...{ severity: 'critical', outcome: [], finds: ['mx-no-host', 'no-mail-host'] },
  },
  {
    name: 'an MX host whose zone fails validation',
    ...{ domain: 'to-bogus', mx: ['10 mx.bogus.test.'], kind: 'listed' },
    ...{ severity: 'critical', outcome: [], finds: ['address-fails', 'tlsa-bogus'] },
  },
  {
    name: 'a null MX',
    ...{ domain: 'no-mail', mx: ['0 .'], kind: 'null' },
    ...{ severity: 'ok', outcome: [], finds: ['null-mx'] },
  },
  {
    name: 'no MX records, and an address',
    ...{ domain: 'current-next', mx: [], kind: 'implicit' },
    ...{ severity: 'ok', outcome: ['secure'], finds: ['implicit-mx'] },
  },
  {
    name: 'a domain that does not exist',
    ...{ domain: 'nobody', mx: [], kind: 'none' },
    ...{ severity: 'critical', outcome: [], finds: ['no-mail'] },
  },
];
