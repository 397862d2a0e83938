// The streams of the process as a command sees them: how wide, in colours or not, and the one line
// of a terminal that is rewritten in place.
import type { WriteStream } from 'node:tty';
import { defined } from '../../base/defined.ts';
import type { Io } from './io.ts';

type Stream = Pick<NodeJS.WriteStream, 'write'> & Partial<Pick<WriteStream, 'isTTY' | 'columns'>>;

/** Erase the line and return to its beginning (ECMA-48 §8.3.41). */
const CLEAR = '\r\u001b[2K';

/** https://no-color.org: whatever NO_COLOR holds, unless it is empty. */
function wantsColour(stream: Stream, env: NodeJS.ProcessEnv): boolean {
  const refused = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  return stream.isTTY === true && !refused;
}

export function createScreen(
  stdout: Stream,
  stderr: Stream,
  env: NodeJS.ProcessEnv,
): Pick<Io, 'out' | 'err' | 'terminal' | 'columns' | 'colour' | 'rewrite'> {
  let rewritten = '';
  const write = (stream: Stream, text: string): void => {
    // The line that is rewritten is always the last one: others are written in its place.
    if (rewritten !== '') stderr.write(CLEAR);
    stream.write(text);
    if (rewritten !== '') stderr.write(rewritten);
  };
  const terminal = stderr.isTTY === true;
  // A terminal that cannot go back to the beginning of a line gets no line that is rewritten.
  const rewrite =
    terminal && env['TERM'] !== 'dumb'
      ? {
          rewrite: (line: string): void => {
            if (rewritten !== '' || line !== '') stderr.write(CLEAR + line);
            rewritten = line;
          },
        }
      : {};
  const columns = stdout.columns ?? stderr.columns;
  return {
    out: (text) => write(stdout, text),
    err: (text) => write(stderr, text),
    terminal,
    colour: { out: wantsColour(stdout, env), err: wantsColour(stderr, env) },
    ...defined({ columns }),
    ...rewrite,
  };
}
