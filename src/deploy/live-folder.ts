// The target of a certificate without `deploy`: its services read
// `<state>/certificates/<name>/live/` themselves. The engine moves that link, so nothing is placed
// here, and what lies there is asked of the store.
import type { DeployTarget } from '../ports/target.ts';

export function createLiveFolderTarget(): DeployTarget {
  return {
    id: 'live folder',
    label: 'live folder',
    place: () => Promise.resolve(),
    reload: () => Promise.resolve(),
    placed: () => Promise.resolve([]),
    differences: () => Promise.resolve([]),
  };
}
