import { describe, expect, it } from 'vitest';
import { fqdn } from '../../src/dns/name.ts';
import { encodeUpdate } from '../../src/dns/update.ts';
import { readMessage } from '../../src/dns/wire-reader.ts';

const zone = fqdn('example.org');
const owner = fqdn('_25._tcp.mx.example.org');
const type = 'TLSA' as const;
const brief = (records: readonly { class: number; ttl: number; rdata: string; type: number }[]) =>
  records.map((record) => [record.type, record.class, record.ttl, record.rdata]);

describe('encodeUpdate', () => {
  it('encodes each prerequisite and change as RFC 2136 §2.4 and §2.5 do', () => {
    const bytes = encodeUpdate({
      id: 5,
      zone,
      prerequisites: [
        { kind: 'rrset-is', owner, type, rdata: ['03010100', '03010101'] },
        { kind: 'rrset-absent', owner, type: 'CNAME' },
      ],
      changes: [
        { kind: 'add', owner, type, ttl: 300, rdata: '03010102' },
        { kind: 'delete', owner, type, rdata: '03010100' },
      ],
    });
    const message = readMessage(bytes);
    expect(message).toMatchObject({ id: 5, opcode: 5, isResponse: false });
    expect(message.questions).toEqual([{ name: zone, type: 6, class: 1 }]);
    expect(brief(message.answers)).toEqual([
      [52, 1, 0, '03010100'],
      [52, 1, 0, '03010101'],
      [5, 254, 0, ''],
    ]);
    expect(brief(message.authorities)).toEqual([
      [52, 1, 300, '03010102'],
      [52, 254, 0, '03010100'],
    ]);
  });

  it('refuses what does not fit into a message', () => {
    const rdata = `030000${'00'.repeat(40_000)}`;
    const change = { kind: 'add', owner, type, ttl: 1, rdata } as const;
    const update = { id: 1, zone, prerequisites: [], changes: [change, change] };
    expect(() => encodeUpdate(update)).toThrow('does not fit into one message');
  });
});
