// The line of a value in a TOML text. The parser returns values without positions; this small
// scanner returns positions without values. It reads only text that was parsed before, so it
// reports no errors, and it never fails: a path that it cannot find gets the line of the nearest
// enclosing table or key.

export type KeyPath = readonly (string | number)[];

/** `certificate[1].key_type` */
export function pathText(path: KeyPath): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    const name = /^[A-Za-z0-9_-]+$/.test(part) ? part : JSON.stringify(part);
    return text === '' ? name : `${text}.${name}`;
  }, '');
}

class Scanner {
  readonly lines = new Map<string, number>();
  readonly #text: string;
  #at = 0;
  #line = 1;
  /** The number of elements so far in each [[array of tables]]. */
  readonly #counts = new Map<string, number>();

  constructor(text: string) {
    this.#text = text;
  }

  scan(): void {
    let table: KeyPath = [];
    for (;;) {
      this.#skip(true);
      if (this.#at >= this.#text.length) return;
      const start = this.#line;
      if (this.#text[this.#at] === '[') table = this.#header();
      else this.#pair(table);
      // The rest of the line is a comment, or the scanner is lost: continue with the next line.
      if (this.#line === start) this.#endOfLine();
    }
  }

  #mark(path: KeyPath): void {
    const text = pathText(path);
    if (!this.lines.has(text)) this.lines.set(text, this.#line);
  }

  #next(): void {
    if (this.#text[this.#at] === '\n') this.#line++;
    this.#at++;
  }

  #endOfLine(): void {
    while (this.#at < this.#text.length && this.#text[this.#at] !== '\n') this.#next();
  }

  /** Blanks and comments, and with `over` line ends too. */
  #skip(over: boolean): void {
    for (;;) {
      const char = this.#text[this.#at];
      if (char === '#') this.#endOfLine();
      else if (char === ' ' || char === '\t' || (over && (char === '\n' || char === '\r')))
        this.#next();
      else return;
    }
  }

  #header(): KeyPath {
    const array = this.#text.startsWith('[[', this.#at);
    this.#at += array ? 2 : 1;
    // A name in the path may itself be an array of tables: its last element is meant.
    const path: (string | number)[] = [];
    const keys = this.#keys(']');
    for (const [index, key] of keys.entries()) {
      path.push(key);
      const name = pathText(path);
      const count = this.#counts.get(name) ?? 0;
      if (array && index === keys.length - 1) {
        this.#counts.set(name, count + 1);
        path.push(count);
      } else if (count > 0) {
        path.push(count - 1);
      }
    }
    this.#mark(path);
    return path;
  }

  /** A dotted key, up to `end`. */
  #keys(end: ']' | '='): string[] {
    const keys: string[] = [];
    while (this.#at < this.#text.length && this.#text[this.#at] !== '\n') {
      const char = this.#text[this.#at] ?? '';
      if (char === end) break;
      if (char === '"' || char === "'") keys.push(this.#string());
      else if (/[A-Za-z0-9_-]/.test(char)) keys.push(this.#bare());
      else this.#next();
    }
    this.#next();
    return keys;
  }

  #bare(): string {
    const start = this.#at;
    while (/[A-Za-z0-9_-]/.test(this.#text[this.#at] ?? '')) this.#next();
    return this.#text.slice(start, this.#at);
  }

  #string(): string {
    const quote = this.#text[this.#at] ?? '"';
    const fence = this.#text.startsWith(quote.repeat(3), this.#at) ? quote.repeat(3) : quote;
    for (const _ of fence) this.#next();
    const start = this.#at;
    while (this.#at < this.#text.length && !this.#text.startsWith(fence, this.#at)) {
      if (this.#text[this.#at] === '\\' && quote === '"') this.#next();
      this.#next();
    }
    const content = this.#text.slice(start, this.#at);
    for (const _ of fence) this.#next();
    return content;
  }

  #pair(table: KeyPath): void {
    const line = this.#line;
    const path = [...table, ...this.#keys('=')];
    const text = pathText(path);
    if (!this.lines.has(text)) this.lines.set(text, line);
    this.#value(path);
  }

  #value(path: KeyPath): void {
    this.#skip(true);
    this.#mark(path);
    const char = this.#text[this.#at];
    if (char === '"' || char === "'") this.#string();
    else if (char === '[') this.#items(']', (index) => this.#value([...path, index]));
    else if (char === '{') this.#items('}', () => this.#pair(path));
    else while (/[^,\]}#\s]/.test(this.#text[this.#at] ?? ' ')) this.#next();
  }

  #items(end: ']' | '}', item: (index: number) => void): void {
    this.#next();
    for (let index = 0; this.#at < this.#text.length; index++) {
      this.#skip(true);
      if (this.#text[this.#at] === end) break;
      const before = this.#at;
      item(index);
      this.#skip(true);
      if (this.#text[this.#at] === ',' || this.#at === before) this.#next();
    }
    this.#next();
  }
}

/**
 * A function from key paths to line numbers (from 1). It scans at the first call: a correct file
 * has no problem to locate.
 */
export function lineFinder(text: string): (path: KeyPath) => number {
  let lines: ReadonlyMap<string, number> | undefined;
  return (path) => {
    lines ??= scanned(text);
    for (let length = path.length; length > 0; length--) {
      const line = lines.get(pathText(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return 1;
  };
}

function scanned(text: string): ReadonlyMap<string, number> {
  const scanner = new Scanner(text);
  scanner.scan();
  return scanner.lines;
}
