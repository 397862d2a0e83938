// Reads the imports of the source text and checks the directions: floors, one importer for each
// package, pure floors stay pure.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '..');

interface Table {
  /** From the ground up: a folder imports from floors below its own, or from itself. */
  readonly floors: readonly (readonly string[])[];
  /** The same within a folder: a room is a file of it, or a folder in it. */
  readonly rooms: Readonly<Record<string, readonly (readonly string[])[]>>;
  readonly pure: readonly string[];
  readonly adapters: readonly string[];
  readonly portsOnly: readonly string[];
  /** Each npm package and the one folder that may import it. */
  readonly packages: Readonly<Record<string, string>>;
}
const TABLE = JSON.parse(readFileSync(path.join(ROOT, '.ci/floors.json'), 'utf8')) as Table;

interface Source {
  readonly file: string;
  readonly folder: string;
  readonly text: string;
  readonly imports: readonly string[];
}

function folderOf(file: string): string {
  const [top = '', next = ''] = path.relative(ROOT, file).split(path.sep);
  return top === 'providers' ? 'providers' : next.replace(/\.ts$/, '');
}

/** Without comments, whose words are neither imports nor clocks. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}

function read(folder: string): readonly Source[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => {
      const file = path.join(ROOT, folder, name);
      const text = withoutComments(readFileSync(file, 'utf8'));
      const found = text.matchAll(/(?:\bfrom|\bimport|\bimport\()\s*['"]([^'"\n]+)['"]/g);
      return { file, folder: folderOf(file), text, imports: [...found].map(([, it = '']) => it) };
    });
}

function sources(): readonly Source[] {
  const providers = readdirSync(ROOT).includes('providers') ? read('providers') : [];
  return [...read('src'), ...providers];
}

const all = sources();
const heightIn = (table: readonly (readonly string[])[], name: string): number =>
  table.findIndex((floor) => floor.includes(name));
const floorOf = (folder: string): number => heightIn(TABLE.floors, folder);
const targetsOf = ({ file, imports }: Source): string[] =>
  imports.filter((it) => it.startsWith('.')).map((it) => path.resolve(path.dirname(file), it));
const shown = (source: Source): string => path.relative(ROOT, source.file);

describe('floors', () => {
  it('hold every folder', () => {
    expect([...new Set(all.map((it) => it.folder))].filter((it) => floorOf(it) < 0)).toEqual([]);
  });

  it('import only from below or from their own folder', () => {
    const wrong = all.flatMap((source) =>
      targetsOf(source)
        .map(folderOf)
        .filter((to) => to !== source.folder && floorOf(to) >= floorOf(source.folder))
        .map((to) => `${shown(source)} imports from ${to}`),
    );
    expect(wrong).toEqual([]);
  });

  it('keep decisions away from adapters: they import ports only', () => {
    const wrong = all
      .filter((source) => TABLE.portsOnly.includes(source.folder))
      .flatMap((source) =>
        targetsOf(source)
          .map(folderOf)
          .filter((to) => TABLE.adapters.includes(to))
          .map((to) => `${shown(source)} imports from ${to}`),
      );
    expect(wrong).toEqual([]);
  });

  it('have no barrels', () => {
    const barrels = all.filter((it) => path.basename(it.file) === 'index.ts').map(shown);
    expect(barrels.filter((it) => it !== path.join('providers', 'index.ts'))).toEqual([]);
  });
});

/**
 * The room of a file in a folder that has rooms: the path of its folder, or its own name where it
 * lies in none.
 */
function roomOf(folder: string, file: string): string | undefined {
  const within = path
    .relative(path.join(ROOT, 'src', folder), file)
    .split(path.sep)
    .join('/');
  if (within.startsWith('..')) return undefined;
  return within.includes('/') ? path.posix.dirname(within) : within.replace(/\.ts$/, '');
}

describe.each(Object.entries(TABLE.rooms))('the rooms of %s', (folder, table) => {
  const inside = all.filter((source) => source.folder === folder);

  it('are all in the table, and there is none besides', () => {
    const found = new Set(inside.map((source) => roomOf(folder, source.file)));
    expect([...found].sort()).toEqual([...table.flat()].sort());
  });

  it('import only from below or from themselves', () => {
    const wrong = inside.flatMap((source) => {
      const own = roomOf(folder, source.file) ?? '';
      return targetsOf(source)
        .map((target) => roomOf(folder, target))
        .filter(
          (to) => to !== undefined && to !== own && heightIn(table, to) >= heightIn(table, own),
        )
        .map((to) => `${shown(source)} imports from ${to ?? ''}`);
    });
    expect(wrong).toEqual([]);
  });
});

describe('packages', () => {
  it('are imported by their one folder', () => {
    const wrong = all.flatMap((source) =>
      source.imports
        .filter((it) => !it.startsWith('.') && !it.startsWith('node:'))
        .map((it) =>
          it
            .split('/')
            .slice(0, it.startsWith('@') ? 2 : 1)
            .join('/'),
        )
        .filter((name) => TABLE.packages[name] !== source.folder)
        .map((name) => `${shown(source)} imports ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it('are exactly the declared dependencies', () => {
    const manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    expect(Object.keys(manifest.dependencies).sort()).toEqual(Object.keys(TABLE.packages).sort());
  });
});

describe('pure floors', () => {
  /** What may be imported from node: arithmetic and text. */
  const ARITHMETIC = new Set(['node:crypto', 'node:url', 'node:net']);
  const IMPURE: readonly RegExp[] = [
    /\bDate\.now\b/,
    /\bnew Date\(\s*\)/,
    /\bMath\.random\b/,
    /\bprocess\b/,
    /\bset(Timeout|Interval|Immediate)\b/,
    /\bperformance\b/,
    /\bfetch\(/,
    /\bconsole\b/,
    /\b(randomBytes|randomUUID|randomInt|getRandomValues|generateKeyPair(Sync)?)\b/,
    /\b(createConnection|createServer|createSocket|connect)\(/,
  ];

  it.each([...TABLE.pure])('%s has no clock, socket, file, environment or randomness', (folder) => {
    const wrong = all
      .filter((source) => source.folder === folder)
      .flatMap((source) => [
        ...source.imports
          .filter((it) => it.startsWith('node:') && !ARITHMETIC.has(it))
          .map((it) => `${shown(source)} imports ${it}`),
        ...IMPURE.filter((it) => it.test(source.text)).map((it) => `${shown(source)} has ${it}`),
      ]);
    expect(wrong).toEqual([]);
  });

  it('read the environment only where that is listed', () => {
    // What kind of terminal it is; secrets; the PATH of commands that are run; the switch with
    // which tests crash it.
    const edges = [
      'src/main.ts',
      'src/config/secrets.ts',
      'src/process/run-command.ts',
      'src/app/world/proxy.ts',
      'src/app/world/crash-point.ts',
    ];
    const users = all.filter((source) => /\bprocess\.env\b/.test(source.text)).map(shown);
    expect(users.filter((it) => !edges.includes(it))).toEqual([]);
  });
});

describe('signals', () => {
  it('are combined by hand: AbortSignal.any and AbortSignal.timeout are lost in Node 20 and leak in Node 22', () => {
    const users = all.filter((source) => /\bAbortSignal\.(any|timeout)\b/.test(source.text));
    expect(users.map(shown)).toEqual([]);
  });
});

describe('comments', () => {
  it('are at most 100 columns wide', () => {
    const files = ['src', 'providers', 'test'].flatMap((folder) =>
      readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => path.join(folder, name)),
    );
    const wide = files.flatMap((file) =>
      readFileSync(path.join(ROOT, file), 'utf8')
        .split('\n')
        .flatMap((line, index) =>
          /^\s*(?:\/\/|\/?\*)/.test(line) && [...line].length > 100 && !/https?:\/\//.test(line)
            ? [`${file}:${index + 1}`]
            : [],
        ),
    );
    expect(wide).toEqual([]);
  });
});
