// The floors of the program, as .ci/floors.json lists them from the ground up: a folder imports
// only from floors below its own, or from itself; so does a room within its folder.
// test/architecture.test.ts reads the same table and holds it from the source text; this is the
// second net, and finds circles.
import { readFileSync } from 'node:fs';

const { floors, rooms, packages, adapters, portsOnly, filesUsers } = JSON.parse(
  readFileSync(new URL('.ci/floors.json', import.meta.url), 'utf8'),
);

const escape = (text) => text.replace(/[/.@]/g, '\\$&');
const placeOf = (name) => {
  if (name === 'providers') return '^providers/';
  return name === 'main' ? '^src/main\\.ts$' : `^src/${name}/`;
};
/** A room is a file of the folder, or a folder in it without the folders in that one. */
const roomOf = (folder, name) => `^src/${folder}/${name}(\\.ts|/[^/]+)$`;

/**
 * One rule for each name: it imports neither its neighbours on the same floor nor anything above.
 */
const fromBelow = (table, place, more = () => []) =>
  table
    .flatMap((floor, index) =>
      floor.map((name) => {
        const others = [...floor, ...table.slice(index + 1).flat(), ...more(name)];
        return {
          name: `${place(name).replace(/[^a-z0-9]+/g, '-')}imports-only-from-below`,
          severity: 'error',
          from: { path: place(name) },
          to: { path: [...new Set(others)].filter((other) => other !== name).map(place) },
        };
      }),
    )
    .filter(({ to }) => to.path.length > 0);

const directions = [
  ...fromBelow(floors, placeOf, (folder) => [
    ...(portsOnly.includes(folder) ? adapters : []),
    // Files as others may have made them, and durable writing: for those who read and write on
    // disk.
    ...(filesUsers.includes(folder) ? [] : ['files']),
  ]),
  ...Object.entries(rooms).flatMap(([folder, table]) =>
    fromBelow(table, (name) => roomOf(folder, name)),
  ),
];

/** Each npm package and the one folder that may import it. */
const importers = Object.entries(packages).map(([name, folder]) => ({
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
    ...importers,
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
