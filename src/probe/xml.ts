// As much of XML as a stream of XMPP may contain (RFC 6120 §11.1): no comments, no processing
// instructions, no DTD, no entities but the five of XML itself. Element by element, as they come;
// names are resolved by their namespaces.
import { DialogueError, quoted, tag, type Part } from './script.ts';

export interface XmlElement {
  readonly space: string;
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
}

export interface XmlStream {
  /** The start tag of the root. */
  readRoot(send: string): Part<XmlElement>;
  /**
   * The next element below the root, with all that is in it; undefined at the end tag of the root.
   */
  readChild(send: string): Part<XmlElement | undefined>;
}

/** A tag as it is written; the scope is what its prefixes mean. */
interface OpenTag extends XmlElement {
  readonly written: string;
  readonly scope: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  readonly isEmpty: boolean;
}

const DEPTH_LIMIT = 16;
const TAG_LIMIT = 4096;
const NAME = '[A-Za-z_\\x80-\\xff][\\w.\\x80-\\xff-]*';
const OPEN = new RegExp(`^((?:${NAME}:)?${NAME})`);
const CLOSE = new RegExp(`^/((?:${NAME}:)?${NAME})\\s*$`);
const ATTRIBUTE = new RegExp(`\\s+((?:${NAME}:)?${NAME})\\s*=\\s*(?:"([^"<]*)"|'([^'<]*)')`, 'y');
const BLANK = /^\s*$/;
const TEXT = /^(?:[^&]|&(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[\da-f]{1,6});)*$/i;

export function createXmlStream(): XmlStream {
  const open: OpenTag[] = [];
  const scopeNow = (): ReadonlyMap<string, string> =>
    open.at(-1)?.scope ?? new Map([['xml', 'http://www.w3.org/XML/1998/namespace']]);

  return {
    *readRoot(send) {
      let text = yield* nextTag(send, BLANK);
      // The declaration, which may stand at the very beginning only.
      if (/^\?xml\s[^<]*\?$/.test(text)) text = yield* nextTag('', BLANK);
      const root = openTag(text, scopeNow());
      if (root.isEmpty) throw new DialogueError('an empty XML document');
      open.push(root);
      return root;
    },

    *readChild(send) {
      for (let wish = send; ; wish = '') {
        const text = yield* nextTag(wish, TEXT);
        if (text.startsWith('![CDATA[')) continue;
        let ended: OpenTag | undefined;
        if (text.startsWith('/')) {
          ended = open.pop();
          if (CLOSE.exec(text)?.[1] !== ended?.written) throw malformed(text);
          if (open.length === 0) return undefined;
        } else {
          const element = openTag(text, scopeNow());
          if (open.length > 1) open.at(-1)?.children.push(element);
          if (element.isEmpty) ended = element;
          else open.push(element);
          if (open.length > DEPTH_LIMIT) throw new DialogueError('XML nested too deeply');
        }
        if (ended !== undefined && open.length === 1) return ended;
      }
    },
  };
}

/**
 * What is between '<' and '>'. Text before it is skipped; '>' may also occur in text, in an
 * attribute and in CDATA.
 */
function* nextTag(send: string, allowed: RegExp): Part<string> {
  let all: string = yield tag(send);
  for (;;) {
    const at = all.indexOf('<');
    if (!allowed.test(at < 0 ? all : all.slice(0, at))) throw malformed(all);
    const written = all.slice(at + 1);
    if (at >= 0 && isWhole(written)) return written;
    if (all.length > TAG_LIMIT) throw new DialogueError('XML without an end in sight');
    const more: string = yield tag();
    all = at < 0 ? more : `${all}>${more}`;
  }
}

function isWhole(written: string): boolean {
  if (written.startsWith('![CDATA[')) return written.endsWith(']]');
  return /^(?:[^"']|"[^"]*"|'[^']*')*$/.test(written);
}

function openTag(text: string, outer: ReadonlyMap<string, string>): OpenTag {
  const isEmpty = text.endsWith('/');
  const body = isEmpty ? text.slice(0, -1) : text;
  const written = OPEN.exec(body)?.[1];
  if (written === undefined) throw malformed(text);
  const attributes = attributesOf(body, written.length);
  const scope = new Map(outer);
  for (const [name, value] of attributes) {
    if (name === 'xmlns') scope.set('', value);
    else if (name.startsWith('xmlns:')) scope.set(name.slice('xmlns:'.length), value);
  }
  const [prefix, name] = written.includes(':') ? written.split(':') : ['', written];
  const space = scope.get(prefix ?? '') ?? (prefix === '' ? '' : undefined);
  if (space === undefined || name === undefined) throw malformed(text);
  return { space, name, attributes, children: [], written, scope, isEmpty };
}

function attributesOf(body: string, start: number): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let at = start;
  for (;;) {
    ATTRIBUTE.lastIndex = at;
    const match = ATTRIBUTE.exec(body);
    if (match === null) break;
    const [whole, name = '', double, single] = match;
    const value = double ?? single ?? '';
    if (found.has(name) || !TEXT.test(value)) throw malformed(body);
    found.set(name, value);
    at += whole.length;
  }
  if (body.slice(at).trim() !== '') throw malformed(body);
  return found;
}

const malformed = (text: string): DialogueError =>
  new DialogueError(`XML that is not well-formed, or not allowed: ${quoted(`<${text}>`)}`);
