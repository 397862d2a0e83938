// The part of XML 1.0 that Route 53 uses: elements that contain text or elements. Attributes are
// ignored; a document type, CDATA or anything else is an error, so that no answer is half
// understood.
import { AppError } from '../../src/base/errors.ts';

/** A text in an element. */
export function escaped(text: string): string {
  return text.replace(/[&<>]/g, (char) => ({ '&': '&amp;', '<': '&lt;' })[char] ?? '&gt;');
}

export class Xml {
  readonly name: string;
  readonly #host: string;
  readonly #children: readonly Xml[];
  readonly #text: string;

  private constructor(name: string, host: string, children: readonly Xml[], text: string) {
    this.name = name;
    this.#host = host;
    this.#children = children;
    this.#text = text;
  }

  /** @throws AppError PROVIDER_FAILED */
  static parse(document: string, host: string): Xml {
    const rest = document.replace(/^\uFEFF?(<\?xml [^<>]*\?>)?\s*/, '');
    const tokens = rest.match(/<[^<>]*>|[^<>]+|[<>]/g) ?? [];
    const open: { readonly name: string; readonly children: Xml[]; text: string }[] = [];
    const top: Xml[] = [];
    for (const token of tokens) {
      const [, end, name = '', isEmpty] = TAG.exec(token) ?? [];
      const inner = open.at(-1);
      if (!token.startsWith('<')) {
        if (inner !== undefined) inner.text += decoded(token, host);
        else if (token.trim() !== '') throw unreadable(host);
      } else if (name === '' || (end && inner?.name !== name)) throw unreadable(host);
      else if (!end && !isEmpty) open.push({ name, children: [], text: '' });
      else {
        const { children = [], text = '' } = (end ? open.pop() : undefined) ?? {};
        if (children.length > 0 && text.trim() !== '') throw unreadable(host);
        (open.at(-1)?.children ?? top).push(new Xml(name, host, children, text));
      }
    }
    const [root, ...others] = top;
    if (root === undefined || others.length > 0 || open.length > 0) throw unreadable(host);
    return root;
  }

  /**
   * The one element of this name. @throws AppError PROVIDER_FAILED if there is none, or more than
   * one
   */
  one(name: string): Xml {
    const [found, ...more] = this.all(name);
    if (found !== undefined && more.length === 0) return found;
    throw unreadable(this.#host, `${this.name} does not have exactly one ${name}`);
  }

  all(name: string): readonly Xml[] {
    return this.#children.filter((child) => child.name === name);
  }

  text(): string {
    if (this.#children.length === 0) return this.#text;
    throw unreadable(this.#host, `${this.name} is not a text`);
  }

  flag(): boolean {
    const text = this.text();
    if (text === 'true' || text === 'false') return text === 'true';
    throw unreadable(this.#host, `${this.name} is not true or false`);
  }

  number(): number {
    if (/^\d+$/.test(this.text())) return Number(this.text());
    throw unreadable(this.#host, `${this.name} is not a number`);
  }
}

/** A start tag, an end tag, or both in one; attributes with their values in quotation marks. */
const TAG = /^<(\/?)([A-Za-z][\w.-]*)(?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*(\/?)>$/;

const ENTITIES = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);

function decoded(text: string, host: string): string {
  return text.replace(/&([^;&]*);?/g, (whole, entity: string) => {
    const [, hex, decimal] = /^#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}))$/.exec(entity) ?? [];
    const code = hex === undefined ? Number(decimal ?? NaN) : parseInt(hex, 16);
    const char = code <= 0x10ffff ? String.fromCodePoint(code) : ENTITIES.get(entity);
    if (char === undefined || !whole.endsWith(';')) throw unreadable(host);
    return char;
  });
}

function unreadable(host: string, why = 'it is not XML as Route 53 writes it'): AppError {
  return new AppError('PROVIDER_FAILED', `the answer of ${host} is not understood: ${why}`, {
    hint: 'it may come from a proxy, or the service has a failure; try again later',
  });
}
