import { describe, expect, it } from 'vitest';
import { createScreen } from '../../src/cli/terminal/screen.ts';

function screen(isTTY: boolean, env: NodeJS.ProcessEnv = {}) {
  let shown = '';
  const stream = { isTTY, columns: 70, write: (text: string) => ((shown += text), true) };
  return { ...createScreen(stream, stream, env), shown: () => shown };
}

describe('K38: the line that is rewritten', () => {
  it('is always the last one, and is removed at the end', () => {
    const { rewrite, err, out, shown } = screen(true);
    rewrite?.('waits 3 s');
    err('event\n');
    out('result\n');
    rewrite?.('');
    rewrite?.('');
    const clear = '\r\u001b[2K';
    expect(shown()).toBe(
      `${clear}waits 3 s${clear}event\nwaits 3 s${clear}result\nwaits 3 s${clear}`,
    );
  });

  it.each([
    ['no terminal', false, {}],
    ['a terminal that cannot go back', true, { TERM: 'dumb' }],
  ])('does not exist where there is %s', (_, isTTY, env) => {
    expect(screen(isTTY, env).rewrite).toBeUndefined();
  });
});

describe('K38: colours', () => {
  it.each([
    [true, {}, true],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { TERM: 'dumb' }, false],
    [false, {}, false],
  ])('with a terminal %j and %j are %j', (isTTY, env, expected) => {
    expect(screen(isTTY, env).colour).toEqual({ out: expected, err: expected });
  });
});
