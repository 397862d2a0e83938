// The floors of the program: a folder imports only from lines above its own, or from itself.
// test/architecture.test.ts holds the same directions from the source text; this is the second net, and finds circles.

const FLOORS = [
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
];

/** Each npm package and the one folder that may import it. */
const PACKAGES = {
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

/** Files as others may have made them, and durable writing: for those who read and write on disk. */
const FILES_USERS = ['store', 'deploy', 'config', 'cli', 'app'];

const placeOf = (folder) => (folder === 'providers' ? '^providers/' : `^src/${folder}/`);
const escape = (text) => text.replace(/[/.@]/g, '\\$&');

const directions = FLOORS.flatMap((floor, index) =>
  floor.map((folder) => {
    const forbidden = [
      ...floor.filter((other) => other !== folder),
      ...FLOORS.slice(index + 1).flat(),
      // engine/ and check/ know ports, never the adapters that stand below them.
      ...(folder === 'engine' || folder === 'check' ? FLOORS.slice(6, 11).flat() : []),
      ...(FILES_USERS.includes(folder) ? [] : ['files']),
    ].filter((other) => other !== folder);
    return {
      name: `${folder}-imports-only-from-below`,
      severity: 'error',
      from: { path: placeOf(folder) },
      to: { path: [...new Set(forbidden)].map(placeOf).concat('^src/main\\.ts$') },
    };
  }),
);

const packages = Object.entries(PACKAGES).map(([name, folder]) => ({
  name: `${name.replace(/[^a-z0-9]+/g, '-')}-only-in-${folder}`,
  severity: 'error',
  from: { path: '^(src|providers)/', pathNot: `^src/${folder}/` },
  to: { path: `(^|/)node_modules/${escape(name)}/` },
}));

export default {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'nothing-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-development-packages',
      severity: 'error',
      from: { path: '^(src|providers)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    ...directions,
    ...packages,
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      conditionNames: ['import', 'node', 'types'],
      exportsFields: ['exports'],
    },
  },
};
