import { expect, it } from 'vitest';
import { faultOf } from '../../src/app/world/document-shapes.ts';

const watchOf = (waiting: unknown) => ({
  ...{ schema: 1, memory: { targets: {} } },
  outbox: [{ notice: { id: 'a' }, waiting }],
});

it.each([
  ['tries of one notifier, as older versions wrote them', { pager: 2 }, undefined],
  ['recipients that are left', { email: { tries: 1, to: ['ops@example.org'] } }, undefined],
  ['a notifier without single recipients', { webhook: { tries: 0 } }, undefined],
  ['neither', { email: 'soon' }, expect.stringContaining('outbox[0].waiting.email')],
])('what a watch has not delivered yet is read: %s', (_, waiting, expected) => {
  const fault = faultOf('watch/monitor', watchOf(waiting));
  if (expected === undefined) expect(fault).toBeUndefined();
  else expect(fault).toEqual(expected);
});
