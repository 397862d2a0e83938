// Reads the imports of the source text and holds the directions: floors, one importer for each package, pure floors stay pure.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '..');

/** From the ground up: a folder imports from lines above its own, or from itself. */
const FLOORS: readonly (readonly string[])[] = [
  ['base'],
  ['dns'],
  ['dane'],
  ['x509'],
  ['rollover'],
  ['ports'],
  ['files', 'process'],
  ['http'],
  ['resolver'],
  ['acme', 'store', 'deploy', 'probe', 'notify', 'observe'],
  ['providers'],
  ['engine', 'check'],
  ['config'],
  ['app'],
  ['cli'],
  ['main'],
];
const ADAPTERS = [...FLOORS.slice(6, 11).flat()];
const PURE = ['base', 'dns', 'dane', 'rollover'];

const PACKAGES: Readonly<Record<string, string>> = {
  '@peculiar/x509': 'x509',
  jose: 'acme',
  commander: 'cli',
  'dns-packet': 'dns',
  keyv: 'store',
  nodemailer: 'notify',
  'p-limit': 'base',
  'reflect-metadata': 'x509',
  'smol-toml': 'config',
  undici: 'http',
  winston: 'observe',
  zod: 'config',
};

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

/** Comments out, so that words in them are no imports and no clocks. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}

function read(folder: string): readonly Source[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => {
      const file = path.join(ROOT, folder, name);
      const text = withoutComments(readFileSync(file, 'utf8'));
      const found = text.matchAll(/(?:\bfrom|\bimport|\bimport\()\s*['"]([^'"]+)['"]/g);
      return { file, folder: folderOf(file), text, imports: [...found].map(([, it = '']) => it) };
    });
}

function sources(): readonly Source[] {
  const providers = readdirSync(ROOT).includes('providers') ? read('providers') : [];
  return [...read('src'), ...providers];
}

const all = sources();
const floorOf = (folder: string): number => FLOORS.findIndex((floor) => floor.includes(folder));
const shown = (source: Source): string => path.relative(ROOT, source.file);

describe('floors', () => {
  it('hold every folder', () => {
    expect([...new Set(all.map((it) => it.folder))].filter((it) => floorOf(it) < 0)).toEqual([]);
  });

  it('import only from below or from their own folder', () => {
    const wrong = all.flatMap((source) =>
      source.imports
        .filter((it) => it.startsWith('.'))
        .map((it) => folderOf(path.resolve(path.dirname(source.file), it)))
        .filter((to) => to !== source.folder && floorOf(to) >= floorOf(source.folder))
        .map((to) => `${shown(source)} imports from ${to}`),
    );
    expect(wrong).toEqual([]);
  });

  it('keep engine and check away from adapters: they know ports', () => {
    const wrong = all
      .filter((source) => source.folder === 'engine' || source.folder === 'check')
      .flatMap((source) =>
        source.imports
          .filter((it) => it.startsWith('.'))
          .map((it) => folderOf(path.resolve(path.dirname(source.file), it)))
          .filter((to) => ADAPTERS.includes(to))
          .map((to) => `${shown(source)} imports from ${to}`),
      );
    expect(wrong).toEqual([]);
  });

  it('have no barrels', () => {
    const barrels = all.filter((it) => path.basename(it.file) === 'index.ts').map(shown);
    expect(barrels.filter((it) => it !== path.join('providers', 'index.ts'))).toEqual([]);
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
        .filter((name) => PACKAGES[name] !== source.folder)
        .map((name) => `${shown(source)} imports ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it('are exactly the declared dependencies', () => {
    const manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    expect(Object.keys(manifest.dependencies).sort()).toEqual(Object.keys(PACKAGES).sort());
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

  it.each(PURE)('%s has no clock, socket, file, environment or randomness', (folder) => {
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

  it('leave the environment to the edges that are known', () => {
    // What kind of terminal it is; secrets; the PATH of commands that are run; the switch with which the wiring lets tests crash it.
    const edges = [
      'src/main.ts',
      'src/config/secrets.ts',
      'src/process/run-command.ts',
      'src/app/world/proxy.ts',
      'src/app/wire.ts',
    ];
    const users = all.filter((source) => /\bprocess\.env\b/.test(source.text)).map(shown);
    expect(users.filter((it) => !edges.includes(it))).toEqual([]);
  });
});

describe('signals', () => {
  it('are combined by hand: AbortSignal.any and AbortSignal.timeout are forgotten by Node 20 and leak in Node 22', () => {
    const users = all.filter((source) => /\bAbortSignal\.(any|timeout)\b/.test(source.text));
    expect(users.map(shown)).toEqual([]);
  });
});
