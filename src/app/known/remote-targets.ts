// [target.NAME] in the form of the engine. Secrets and CA files are read when they are needed.
import { join } from 'node:path';
import { AppError } from '../../base/errors.ts';
import type { SecretRef } from '../../config/fields.ts';
import { readPemFile } from '../../config/pem-file.ts';
import type { TargetConfig } from '../../config/schema.ts';
import { createHaproxyTarget } from '../../deploy/remote/haproxy.ts';
import { createKubernetesTarget } from '../../deploy/remote/kubernetes.ts';
import type { KubernetesTargetOptions } from '../../deploy/remote/kubernetes.ts';
import type { RemoteServer } from '../../deploy/remote/remote-http.ts';
import { createSshTarget } from '../../deploy/remote/ssh.ts';
import { createVaultTarget } from '../../deploy/remote/vault.ts';
import { createWebhookTarget } from '../../deploy/remote/webhook.ts';
import { readTrusted } from '../../files/trusted.ts';
import { createHttpClient } from '../../http/client.ts';
import { registerSecret } from '../../observe/redact.ts';
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
    case 'kubernetes':
      return createKubernetesTarget({ ...clusterOf(options), target, name });
  }
}

type Cluster = Extract<TargetConfig, { readonly type: 'kubernetes' }>;

/** Where the kubelet keeps what a pod needs to reach its own cluster. */
const POD = '/var/run/secrets/kubernetes.io/serviceaccount';
const OWN_CLUSTER = 'https://kubernetes.default.svc';
const MOST_TOKEN_BYTES = 65_536;

function clusterOf({
  server: named,
  caFile: ca,
  token,
  namespace,
  force,
  timeout,
}: Cluster): Omit<KubernetesTargetOptions, 'target' | 'name'> {
  const server = named ?? OWN_CLUSTER;
  const caFile = ca ?? (named === undefined ? join(POD, 'ca.crt') : undefined);
  return {
    ...{ ...serverOf({ caFile, timeout }), server, namespace, force },
    token: () => (token === undefined ? podToken(join(POD, 'token')) : readRegistered(token)),
  };
}

/** Its mode is that of the kubelet, which lets all users of the pod read it. */
async function podToken(file: string): Promise<string> {
  const text = await readTrusted(file, { most: MOST_TOKEN_BYTES, code: 'SECRET_UNREADABLE' });
  if (text !== undefined) {
    registerSecret(text.trim());
    return text.trim();
  }
  throw new AppError('SECRET_UNREADABLE', `there is no token of a pod (${file})`, {
    hint: 'outside of the cluster, name server and token in [target.NAME]; in a pod, set automountServiceAccountToken',
  });
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
