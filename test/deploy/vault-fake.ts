// A key-value store of version 2 behind HTTP, made from the public API descriptions of HashiCorp
// Vault (developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2, system/capabilities-self,
// system/internal-ui-mounts) and of OpenBao (openbao.org/api-docs, the same pages). It keeps
// versions, deletes them, compares for check-and-set, and checks token, namespace and policy.
// No real server was asked.
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

interface Version {
  data: Readonly<Record<string, unknown>> | null;
}

export interface VaultFake {
  readonly url: string;
  /** By path below the mount. */
  readonly secrets: Map<string, Version[]>;
  /** Of the token, for every path of the store. */
  capabilities: readonly string[];
  /** Of the mount "kv". */
  kvVersion: '1' | '2';
  sealed: boolean;
  readonly asked: string[];
  /** Called before a write is compared. */
  beforeWrite: (() => void) | undefined;
}

export const TOKEN = 'hvs.t0ken-5ecre7';
export const NAMESPACE = 'mail';
const MOUNT = 'kv';

type Answer = readonly [status: number, body?: unknown];

const errors = (status: number, ...texts: readonly string[]): Answer => [status, { errors: texts }];

export async function startVaultFake(): Promise<VaultFake> {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      fake.asked.push(`${request.method} ${request.url}`);
      const [status, answer] = answerTo(request, body, fake);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(answer === undefined ? '' : JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const fake: VaultFake = {
    ...{ url: `http://127.0.0.1:${port}`, secrets: new Map(), asked: [], sealed: false },
    ...{ capabilities: ['create', 'update', 'read'], kvVersion: '2', beforeWrite: undefined },
  };
  return fake;
}

function answerTo(request: IncomingMessage, body: string, fake: VaultFake): Answer {
  const { method, url = '', headers } = request;
  if (fake.sealed) return errors(503, 'Vault is sealed');
  const isKnown = headers['x-vault-token'] === TOKEN && headers['x-vault-namespace'] === NAMESPACE;
  if (!isKnown) return errors(403, 'permission denied');
  const path = url.replace(/^\/v1\//, '');
  const sent = (body === '' ? {} : JSON.parse(body)) as Sent;
  if (path === 'sys/capabilities-self') {
    const each = (sent.paths ?? []).map((one) => [one, fake.capabilities] as const);
    const all = { ...Object.fromEntries(each), capabilities: fake.capabilities };
    return [200, { ...all, data: all }];
  }
  if (path === `sys/internal/ui/mounts/${MOUNT}`) {
    return [200, { data: { path: `${MOUNT}/`, type: 'kv', options: { version: fake.kvVersion } } }];
  }
  if (!path.startsWith(`${MOUNT}/`)) {
    return errors(404, `no handler for route "${path}". route entry not found.`);
  }
  const name = path.slice(`${MOUNT}/data/`.length);
  if (fake.kvVersion === '1') return method === 'GET' ? errors(404) : [204];
  const versions = fake.secrets.get(name) ?? [];
  if (method === 'GET') return readAnswer(versions, fake);
  fake.beforeWrite?.();
  return written(name, sent, fake);
}

interface Sent {
  readonly paths?: readonly string[];
  readonly options?: { readonly cas?: number };
  readonly data?: Readonly<Record<string, unknown>>;
}

function readAnswer(versions: readonly Version[], { capabilities }: VaultFake): Answer {
  if (!capabilities.includes('read')) return errors(403, 'permission denied');
  const last = versions.at(-1);
  if (last === undefined) return errors(404);
  const metadata = { version: versions.length, destroyed: false };
  const { data } = last;
  return [data === null ? 404 : 200, { data: { data, metadata } }];
}

function written(name: string, { options, data }: Sent, fake: VaultFake): Answer {
  const versions = fake.secrets.get(name) ?? [];
  const needed = versions.length === 0 ? 'create' : 'update';
  if (!fake.capabilities.includes(needed)) return errors(403, 'permission denied');
  if (options?.cas !== undefined && options.cas !== versions.length) {
    return errors(400, 'check-and-set parameter did not match the current version');
  }
  fake.secrets.set(name, [...versions, { data: data ?? {} }]);
  return [200, { data: { version: versions.length + 1, destroyed: false } }];
}
