// Whether bytes that arrived are the response to what was asked. A response that only looks like
// one is never an answer.
import { AppError } from '../base/errors.ts';
import { readHeader, readMessage, readQuestions, type Message } from '../dns/wire-reader.ts';

export type Match =
  | { readonly kind: 'response'; readonly message: Message }
  /** It is the response, but cut off: ask again over TCP. */
  | { readonly kind: 'truncated' }
  /** Another id, another question, or not a response: it belongs to another query, or is forged. */
  | { readonly kind: 'foreign' }
  | { readonly kind: 'malformed'; readonly reason: string };

export function matchResponse(request: Uint8Array, response: Uint8Array): Match {
  try {
    const asked = readHeader(request);
    const header = readHeader(response);
    if (header.id !== asked.id) return { kind: 'foreign' };
    if (!header.isResponse || header.opcode !== asked.opcode) return { kind: 'foreign' };
    if (!sameQuestions(request, response)) return { kind: 'foreign' };
    if (header.truncated) return { kind: 'truncated' };
    return { kind: 'response', message: readMessage(response) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { kind: 'malformed', reason: error.message };
  }
}

function sameQuestions(request: Uint8Array, response: Uint8Array): boolean {
  const { questions: asked } = readQuestions(request);
  const { questions: told } = readQuestions(response);
  // Errors, and responses to UPDATE, may come without the question (RFC 2136 §3.8).
  const { rcode, opcode } = readHeader(response);
  if (told.length === 0) return opcode !== 0 || (rcode !== 0 && rcode !== 3);
  return (
    told.length === asked.length &&
    told.every((question, index) => {
      const other = asked[index];
      return (
        question.name === other?.name &&
        question.type === other.type &&
        question.class === other.class
      );
    })
  );
}
