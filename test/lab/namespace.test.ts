import { describe, expect, it } from 'vitest';
import { withLines } from './namespace.mjs';

const LAB = ['postfix:x:65533:65533::/nonexistent:/bin/false'];

describe('K33: the lab starts on a machine that has its servers installed', () => {
  it.each([
    ['at the end', 'root:x:0:0::/root:/bin/sh\npostfix:x:101:104::/var/spool/postfix:/bin/false\n'],
    ['at the start', 'postfix:x:101:104::/var/spool/postfix:/bin/false\nroot:x:0:0::/root:/bin/sh'],
    ['nowhere', 'root:x:0:0::/root:/bin/sh\n'],
  ])('a user of the machine %s gets the number of the lab', (_, passwd) => {
    const lines = withLines(passwd, LAB).trimEnd().split('\n');
    expect(lines.filter((line) => line.startsWith('postfix:'))).toEqual(LAB);
    expect(lines).toContain('root:x:0:0::/root:/bin/sh');
  });

  it('a user whose name only begins like it is kept', () => {
    expect(withLines('postfix-mta:x:7:7::/:/bin/false\n', LAB)).toContain('postfix-mta:x:7:7');
  });
});
