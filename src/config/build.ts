// From the document, each option read, to the configuration as the program uses it.
import path from 'node:path';
import type { Document } from './options/document.ts';
import { hasOwnPolicy, policyOf, withoutPolicy } from './options/policy.ts';
import { providerConfig } from './providers.ts';
import type { Config } from './schema.ts';
import { settled } from './settled.ts';

export function buildConfig(
  { provider, zone, defaults, certificate, monitor, ...rest }: Document,
  file: string,
): Omit<Config, 'digest' | 'warnings'> {
  const folder = path.dirname(path.resolve(file));
  const common = policyOf(defaults);
  return {
    path: path.resolve(file),
    ...settled(rest, folder),
    providers: Object.entries(provider).map(([name, it]) => providerConfig(name, it, folder)),
    zones: settled(zone, folder),
    defaults: common,
    // V8 gives each object that is made with a spread of many fields a description of its own:
    // 0.8 KB for each certificate.
    certificates: certificate.map((it) =>
      Object.assign(
        settled(withoutPolicy(it), folder),
        hasOwnPolicy(it) ? policyOf(it, defaults) : common,
      ),
    ),
    // The targets are the program's own values already.
    monitor: { ...settled(monitor, folder), targets: monitor.targets },
  };
}
