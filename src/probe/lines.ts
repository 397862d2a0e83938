// Lines out of a stream of bytes, within limits: what is on the other side may be anything.

const LINE_LIMIT = 4096;
const TOTAL_LIMIT = 65_536;
const COUNT_LIMIT = 100;

export interface LineReader {
  /** The next line without its end, or undefined until more bytes come. @throws LimitError */
  next(): string | undefined;
  push(bytes: Uint8Array): void;
  /** Bytes that no line has taken. */
  pending(): number;
}

export class LimitError extends Error {}

/** Lines end with LF; a CR before it is taken away. Bytes become characters one to one (latin1): nothing here needs more than ASCII. */
export function createLineReader(): LineReader {
  let buffer = '';
  let total = 0;
  let count = 0;
  return {
    push: (bytes) => {
      total += bytes.length;
      // What is too much is not kept; `next` then says so.
      if (total <= TOTAL_LIMIT) buffer += Buffer.from(bytes).toString('latin1');
    },
    next: () => {
      if (total > TOTAL_LIMIT) throw new LimitError(`more than ${TOTAL_LIMIT} bytes before TLS`);
      const end = buffer.indexOf('\n');
      if (end > LINE_LIMIT || (end < 0 && buffer.length > LINE_LIMIT)) {
        throw new LimitError(`a line longer than ${LINE_LIMIT} bytes`);
      }
      if (end < 0) return undefined;
      count += 1;
      if (count > COUNT_LIMIT) throw new LimitError(`more than ${COUNT_LIMIT} lines before TLS`);
      const line = buffer.slice(0, end).replace(/\r$/, '');
      buffer = buffer.slice(end + 1);
      return line;
    },
    pending: () => buffer.length,
  };
}
