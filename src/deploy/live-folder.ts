// The target of a certificate without `deploy`: its services read
// `<state>/certificates/<name>/live/` themselves. The engine changes that link, so nothing is
// placed here, and the store knows what is there.
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
