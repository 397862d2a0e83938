import { describe, expect, test } from 'vitest';
import { currentProcess, lifeOf } from '../../src/store/process-identity.ts';

const first = 'pid:[4026531836]';
const self = {
  ...currentProcess(),
  ...{ host: 'mail', machine: '0123456789abcdef0123456789abcdef', namespace: first },
};
const rebooted = { ...self, boot: 'another', started: '1' };
const other = 'fedcba9876543210fedcba9876543210';

describe('K31: a machine is identified by its machine-id, not by its host name', () => {
  test.each<[string, Partial<typeof self>, 'dead' | 'unknown']>([
    ['of this machine, before it was restarted', {}, 'dead'],
    ['of another machine of the same name', { machine: other }, 'unknown'],
    ['of another machine', { machine: other, host: 'mx2' }, 'unknown'],
    ['of a clone that got a name of its own', { host: 'mx2' }, 'unknown'],
    ['of a machine without a machine-id', { machine: '' }, 'unknown'],
    [
      'of a container that got machine-id and name from its image',
      { namespace: 'pid:[1]' },
      'unknown',
    ],
  ])('a process %s: %s', (_, difference, life) => {
    expect(lifeOf({ ...rebooted, ...difference }, self)).toBe(life);
  });

  test('what an earlier version wrote without a machine-id lasts until it expires', () => {
    const { machine: _later, ...earlier } = rebooted;
    expect(lifeOf(earlier, self)).toBe('unknown');
  });

  test('without a machine-id of its own a process takes nothing over because of a name', () => {
    expect(lifeOf({ ...rebooted, machine: '' }, { ...self, machine: '' })).toBe('unknown');
  });

  test('a container that restarts under its name does not count another one as itself', () => {
    const container = { ...self, namespace: 'pid:[4026532000]' };
    expect(lifeOf({ ...rebooted, namespace: 'pid:[4026532000]' }, container)).toBe('unknown');
  });
});
