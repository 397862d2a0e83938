// The proxy of the environment: read once, here, and passed to the HTTP client.
import { defined } from '../../base/defined.ts';
import type { ProxySettings } from '../../http/client.ts';

/** In either case, as curl and most other programs read them; lower case first. */
export function proxyFromEnvironment(
  env: Readonly<Record<string, string | undefined>> = process.env,
): ProxySettings {
  const read = (name: string): string | undefined => env[name] ?? env[name.toUpperCase()];
  const [httpProxy, httpsProxy, noProxy] = ['http_proxy', 'https_proxy', 'no_proxy'].map(read);
  return {
    ...defined({ httpProxy, httpsProxy, noProxy }),
  };
}
