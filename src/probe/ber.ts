// As much of BER as LDAP has (RFC 4511 §5.1): definite lengths, tags of one octet.
import { DialogueError, octets, quoted, type Part } from './script.ts';

/** In a string of one character for each octet. */
export interface Element {
  readonly tag: number;
  readonly content: string;
}

/**
 * How many octets follow a first length octet that is not itself the length; undefined when it is.
 */
function lengthOctets(first: number): number | undefined {
  if (first < 0x80) return undefined;
  const count = first & 0x7f;
  // 0x80 is the indefinite form; more than four octets would be a length beyond all limits.
  if (count === 0 || count > 4) throw new DialogueError('a BER length of no known form');
  return count;
}

const numberOf = (text: string): number =>
  [...text].reduce((sum, char) => sum * 256 + char.charCodeAt(0), 0);

/**
 * Reads one element from the connection. @throws DialogueError when its tag is another, before any
 * more is waited for
 */
export function* readElement(tag: number, send: string): Part<Element> {
  const head: string = yield octets(2, send);
  if (head.charCodeAt(0) !== tag) throw new DialogueError(`no BER: ${quoted(head)}`);
  const first = head.charCodeAt(1);
  const count = lengthOctets(first);
  const length = count === undefined ? first : numberOf(yield octets(count));
  return { tag, content: length === 0 ? '' : yield octets(length) };
}

/** All elements of a constructed one; they fill it exactly. @throws DialogueError */
export function elementsOf(content: string): readonly Element[] {
  const found: Element[] = [];
  for (let at = 0; at < content.length;) {
    if (at + 2 > content.length) throw new DialogueError('BER ends within an element');
    const first = content.charCodeAt(at + 1);
    const count = lengthOctets(first) ?? 0;
    const start = at + 2 + count;
    const length = count === 0 ? first : numberOf(content.slice(at + 2, start));
    if (start + length > content.length) throw new DialogueError('BER ends within an element');
    found.push({ tag: content.charCodeAt(at), content: content.slice(start, start + length) });
    at = start + length;
  }
  return found;
}

/** A small number that is not negative; undefined for anything else. */
export function smallNumber({ content }: Element): number | undefined {
  const fits = content.length >= 1 && content.length <= 4 && content.charCodeAt(0) < 0x80;
  return fits ? numberOf(content) : undefined;
}
