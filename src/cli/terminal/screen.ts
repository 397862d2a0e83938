// The streams of the process as a command sees them: the width, colours or not, and the one line of
// a terminal that is rewritten in place.
import type { WriteStream } from 'node:tty';
import { defined } from '../../base/defined.ts';
import type { Io } from './io.ts';

type Stream = Pick<NodeJS.WriteStream, 'write'> & Partial<Pick<WriteStream, 'isTTY' | 'columns'>>;

/** Erase the line and return to its beginning (ECMA-48 §8.3.41). */
const CLEAR = '\r\u001b[2K';

/** https://no-color.org: any value of NO_COLOR counts, unless it is empty. */
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
    // The rewritten line is always the last one; other lines are written in its place.
    if (rewritten !== '') stderr.write(CLEAR);
    stream.write(text);
    if (rewritten !== '') stderr.write(rewritten);
  };
  const terminal = stderr.isTTY === true;
  // If a terminal cannot return to the beginning of a line, no line is rewritten.
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
