import { describe, expect, it } from 'vitest';
import { redirectionIn } from '../../src/dns/dname.ts';
import { fqdn, type Fqdn } from '../../src/dns/name.ts';
import { targetRdata } from '../../src/dns/rdata.ts';
import { META_TYPE } from '../../src/dns/record-type.ts';
import type { WireRecord } from '../../src/dns/wire-reader.ts';

const dname = (owner: string, target: string): WireRecord => ({
  ...{ owner: fqdn(owner), type: META_TYPE.DNAME, class: 1, ttl: 300 },
  ...{ rdata: targetRdata(fqdn(target)), offset: 0, rdataOffset: 0 },
});
const targetOf = (name: string, ...records: readonly WireRecord[]): Fqdn | undefined =>
  redirectionIn(records, fqdn(name))?.target;

describe('K19: the name that a DNAME makes (RFC 6672 §2.2, table 1)', () => {
  it.each([
    ['com', 'example.com', 'example.net', undefined],
    ['example.com', 'example.com', 'example.net', undefined],
    ['a.example.com', 'example.com', 'example.net', 'a.example.net'],
    ['a.b.example.com', 'example.com', 'example.net', 'a.b.example.net'],
    ['ab.example.com', 'b.example.com', 'example.net', undefined],
    ['foo.example.com', 'example.com', 'example.net', 'foo.example.net'],
    ['a.x.example.com', 'x.example.com', 'example.net', 'a.example.net'],
    ['a.example.com', 'example.com', 'y.example.net', 'a.y.example.net'],
    ['cyc.example.com', 'example.com', 'example.com', 'cyc.example.com'],
    ['shortloop.x.x', 'x', '.', 'shortloop.x'],
    ['shortloop.x', 'x', '.', 'shortloop'],
    ['a.example', '.', 'example.net', 'a.example.example.net'],
  ])('%s with %s to %s', (name, owner, target, expected) => {
    const made = targetOf(name, dname(owner, target));
    expect(made).toBe(expected === undefined ? undefined : fqdn(expected));
  });

  it('does not exist where it would be too long, or where there are two', () => {
    const label = 'x'.repeat(60);
    const long = `${label}.${label}.${label}.example.com`;
    expect(targetOf(long, dname('example.com', `${label}.example.net`))).toBeUndefined();
    const two = [dname('example.com', 'example.net'), dname('example.com', 'example.org')];
    expect(targetOf('a.example.com', ...two)).toBeUndefined();
  });

  it('is made by the closest one', () => {
    const records = [dname('example.com', 'example.net'), dname('b.example.com', 'example.org')];
    expect(targetOf('a.b.example.com', ...records)).toBe('a.example.org.');
  });
});
