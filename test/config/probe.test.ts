import { describe, expect, it } from 'vitest';
import { probing } from '../../src/app/world/world.ts';
import { parseConfig } from '../../src/config/load.ts';

const probe = (lines: string) => parseConfig(`[probe]\n${lines}\n`, 'config.toml').probe;

describe('K15: one limit for every command that connects to services', () => {
  it('is 30 s, and an option', () => {
    expect(parseConfig('', 'config.toml').probe.timeout).toBe(30);
    expect(probing(probe('timeout = "2m"')).timeoutMs).toBe(120_000);
  });

  it.each(['0', '500ms', '1h', '0.5s'])('"%s" is refused', (text) => {
    expect(() => probe(`timeout = "${text}"`)).toThrow(/probe\.timeout/);
  });
});

describe('K18: the name in EHLO is an option', () => {
  it.each([
    ['mx1.example.org', 'mx1.example.org'],
    ['MX1.Example.org.', 'mx1.example.org'],
    ['[192.0.2.1]', '[192.0.2.1]'],
    ['[IPv6:2001:db8::1]', '[IPv6:2001:db8::1]'],
  ])('%s', (text, name) => {
    expect(probing(probe(`ehlo = "${text}"`)).clientName).toBe(name);
  });

  it.each(['mx1', '192.0.2.1', '[mx1]', 'mx 1.example.org', '[192.0.2]', 'mx_1.example.org'])(
    'and "%s" is refused',
    (text) => {
      expect(() => probe(`ehlo = "${text}"`)).toThrow(/probe\.ehlo/);
    },
  );
});
