// What is left on a disk after a power failure: operations on files are recorded, and every state
// is made of them that POSIX allows. Data that was not synced is gone, half there or there; changes
// of a folder that was not synced are there or not, each independently of the others.
import type * as promises from 'node:fs/promises';
import { basename, dirname } from 'node:path';

interface File {
  readonly kind: 'file';
  content: string;
  synced: boolean;
}
interface Link {
  readonly kind: 'link';
  readonly target: string;
}
/** One change is whole or absent: a rename removes one name and sets another. */
type Change = readonly (readonly [name: string, node: Node | undefined])[];
interface Folder {
  readonly kind: 'folder';
  readonly entries: Map<string, Node>;
  readonly durable: Map<string, Node>;
  pending: Change[];
}
type Node = File | Link | Folder;

/** By path below the disk: the content of a file, or "-> target". */
export type Remains = ReadonlyMap<string, string>;

const folder = (): Folder => ({
  kind: 'folder',
  entries: new Map(),
  durable: new Map(),
  pending: [],
});

export class Disk {
  readonly #top: string;
  readonly #root = folder();
  /** Called before each change. */
  beforeEach: () => void = () => undefined;

  constructor(top: string) {
    this.#top = top;
  }

  #find(path: string): Node | undefined {
    if (path === this.#top) return this.#root;
    const above = path.startsWith(`${this.#top}/`) ? this.#find(dirname(path)) : undefined;
    return above?.kind === 'folder' ? above.entries.get(basename(path)) : undefined;
  }

  #change(path: string, change: Change): void {
    const above = this.#find(dirname(path));
    if (above?.kind !== 'folder') return;
    this.beforeEach();
    for (const [name, node] of change) {
      if (node === undefined) above.entries.delete(name);
      else above.entries.set(name, node);
    }
    above.pending.push(change);
  }

  #put(path: string, node: Node): void {
    this.#change(path, [[basename(path), node]]);
  }

  makeFolders(path: string): void {
    if (this.#find(path) !== undefined || path === '/') return;
    this.makeFolders(dirname(path));
    this.#put(path, folder());
  }

  rename(from: string, to: string): void {
    if (dirname(from) !== dirname(to)) throw new RangeError('between two folders');
    this.#change(to, [
      [basename(from), undefined],
      [basename(to), this.#find(from)],
    ]);
  }

  make(path: string): void {
    this.#put(path, { kind: 'file', content: '', synced: false });
  }

  write(path: string, text: string): void {
    const node = this.#find(path);
    if (node?.kind !== 'file') return;
    this.beforeEach();
    node.content += text;
    node.synced = false;
  }

  sync(path: string): void {
    const node = this.#find(path);
    if (node === undefined) return;
    this.beforeEach();
    if (node.kind === 'file') node.synced = true;
    if (node.kind !== 'folder') return;
    for (const change of node.pending) apply(change, node.durable);
    node.pending = [];
  }

  link(from: string, to: string): void {
    const node = this.#find(from);
    if (node !== undefined) this.#put(to, node);
  }

  unlink(path: string): void {
    this.#change(path, [[basename(path), undefined]]);
  }

  /** node:fs/promises unchanged, with every operation recorded. */
  recorded(real: typeof promises): typeof promises {
    const open: typeof promises.open = async (path, flags, mode) => {
      const handle = await real.open(path, flags, mode);
      const name = String(path);
      if (flags === 'wx') this.make(name);
      const [writeFile, sync] = [handle.writeFile.bind(handle), handle.sync.bind(handle)];
      handle.writeFile = async (data, ...rest) => {
        this.write(name, String(data));
        await writeFile(data, ...rest);
      };
      handle.sync = async () => {
        await sync();
        this.sync(name);
      };
      return handle;
    };
    return {
      ...real,
      open,
      mkdir: (async (path: string, options: object) => {
        const made = await real.mkdir(path, options);
        this.makeFolders(path);
        return made;
      }) as typeof promises.mkdir,
      rename: async (from, to) => {
        await real.rename(from, to);
        this.rename(String(from), String(to));
      },
      link: async (from, to) => {
        await real.link(from, to);
        this.link(String(from), String(to));
      },
      unlink: async (path) => {
        await real.unlink(path);
        this.unlink(String(path));
      },
      rmdir: async (path) => {
        await real.rmdir(path);
        this.#change(String(path), [[basename(String(path)), undefined]]);
      },
      symlink: async (target, path) => {
        await real.symlink(target, path);
        this.#put(String(path), { kind: 'link', target: String(target) });
      },
    };
  }

  /**
   * Everything that may be left if the power fails now. `skip`: folders whose files are not
   * compared afterwards.
   */
  remains(skip: readonly string[]): Remains[] {
    return variants(this.#root, '', skip);
  }
}

function apply(change: Change, to: Map<string, Node>): void {
  for (const [name, node] of change) {
    if (node === undefined) to.delete(name);
    else to.set(name, node);
  }
}

function variants(node: Node, path: string, skip: readonly string[]): Remains[] {
  if (node.kind === 'link') return [new Map([[path, `-> ${node.target}`]])];
  if (node.kind === 'file') {
    const { content, synced } = node;
    const texts = synced ? [content] : ['', content.slice(0, content.length / 2), content];
    return [...new Set(texts)].map((text) => new Map([[path, text]]));
  }
  if (skip.includes(basename(path))) return [new Map()];
  return subsets(node.pending).flatMap((kept) => {
    const entries = new Map(node.durable);
    for (const change of kept) apply(change, entries);
    let all: Remains[] = [new Map()];
    for (const [name, child] of entries) {
      const ways = variants(child, `${path}/${name}`, skip);
      all = all.flatMap((one) => ways.map((way) => new Map([...one, ...way])));
    }
    return all;
  });
}

function subsets<T>([first, ...rest]: readonly T[]): T[][] {
  if (first === undefined) return [[]];
  return subsets(rest).flatMap((some) => [some, [first, ...some]]);
}
