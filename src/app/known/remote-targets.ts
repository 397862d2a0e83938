// [target.NAME] in the form of the engine. Secrets and CA files are read when they are needed.
import type { SecretRef } from '../../config/fields.ts';
import { readPemFile } from '../../config/pem-file.ts';
import type { TargetConfig } from '../../config/schema.ts';
import { createHaproxyTarget } from '../../deploy/haproxy.ts';
import type { RemoteServer } from '../../deploy/remote-http.ts';
import { createSshTarget } from '../../deploy/ssh.ts';
import { createVaultTarget } from '../../deploy/vault.ts';
import { createWebhookTarget } from '../../deploy/webhook.ts';
import { createHttpClient } from '../../http/client.ts';
import type { DeployTarget } from '../../ports/target.ts';
import { proxyFromEnvironment } from '../world/proxy.ts';
import { readRegistered } from '../world/registered-secret.ts';

/** `target`: its name; `name`: what a certificate is called there. */
export function remoteTargetOf(options: TargetConfig, target: string, name: string): DeployTarget {
  switch (options.type) {
    case 'ssh':
      return createSshTarget({ ...options, target, name });
    case 'haproxy':
      return createHaproxyTarget({ ...options, target, name });
    case 'webhook': {
      const { url, bearer, hmac } = options;
      return createWebhookTarget({
        ...{ ...serverOf(options), target, name, url },
        secrets: async () => ({ bearer: await secretIf(bearer), hmac: await secretIf(hmac) }),
      });
    }
    case 'vault': {
      const { url, namespace, mount, path, token } = options;
      return createVaultTarget({
        ...{ ...serverOf(options), target, name, url, namespace, mount, path },
        token: () => readRegistered(token),
      });
    }
  }
}

interface Reached {
  readonly caFile?: string | undefined;
  readonly timeout: number;
}

function serverOf({ caFile, timeout }: Reached): RemoteServer {
  return {
    timeout,
    open: async (secrets) =>
      createHttpClient({
        ...{ secrets, proxy: proxyFromEnvironment() },
        ...(caFile !== undefined && { caPem: await readPemFile('ca_file', caFile) }),
      }),
  };
}

async function secretIf(ref: SecretRef | undefined): Promise<string | undefined> {
  return ref === undefined ? undefined : readRegistered(ref);
}
