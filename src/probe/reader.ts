// Pieces out of a stream of bytes, within limits: what is on the other side may be anything.
import { DialogueError, type Piece } from './script.ts';

const PIECE_LIMIT = 4096;
const TOTAL_LIMIT = 65_536;
const LINE_COUNT_LIMIT = 100;

export interface Reader {
  push(bytes: Uint8Array): void;
  /** The next piece, or undefined until more bytes come. @throws DialogueError beyond the limits */
  take(piece: Piece): string | undefined;
  /** Bytes that no piece has taken. */
  pending(): number;
}

/**
 * Bytes become characters one to one (latin1): nothing here needs more than ASCII, and binary
 * protocols lose nothing.
 */
export function createReader(): Reader {
  let buffer = '';
  let total = 0;
  let lines = 0;

  const taken = (length: number, dropped = 0): string => {
    const piece = buffer.slice(0, length);
    buffer = buffer.slice(length + dropped);
    return piece;
  };
  const octets = (count: number): string | undefined => {
    if (count > PIECE_LIMIT) throw new DialogueError(`a piece of ${count} bytes is announced`);
    return buffer.length < count ? undefined : taken(count);
  };
  const until = (end: '\n' | '>'): string | undefined => {
    const at = buffer.indexOf(end);
    if (at > PIECE_LIMIT || (at < 0 && buffer.length > PIECE_LIMIT)) {
      throw new DialogueError(`a ${end === '>' ? 'tag' : 'line'} longer than ${PIECE_LIMIT} bytes`);
    }
    return at < 0 ? undefined : taken(at, 1);
  };
  const line = (): string | undefined => {
    const found = until('\n');
    if (found === undefined) return undefined;
    lines += 1;
    if (lines > LINE_COUNT_LIMIT) {
      throw new DialogueError(`more than ${LINE_COUNT_LIMIT} lines before TLS`);
    }
    return found.endsWith('\r') ? found.slice(0, -1) : found;
  };

  return {
    push: (bytes) => {
      total += bytes.length;
      // What is too much is not kept; `take` then says so.
      if (total <= TOTAL_LIMIT) buffer += Buffer.from(bytes).toString('latin1');
    },
    take: (piece) => {
      if (total > TOTAL_LIMIT) throw new DialogueError(`more than ${TOTAL_LIMIT} bytes before TLS`);
      if (typeof piece === 'number') return octets(piece);
      return piece === 'line' ? line() : until('>');
    },
    pending: () => buffer.length,
  };
}
