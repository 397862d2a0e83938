// Secrets of one namespace behind HTTP, made from the public descriptions of Kubernetes:
// server-side apply (kubernetes.io/docs/reference/using-api/server-side-apply), dry run and
// resource versions (…/using-api/api-concepts), Secrets of type kubernetes.io/tls
// (…/concepts/configuration/secret), and Status objects (k8s.io/apimachinery, meta/v1). It knows
// the owner of each field, compares resource versions, and checks token, verbs and namespace. No
// real server was asked.
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

interface Secret {
  type: string;
  version: number;
  readonly annotations: Record<string, string>;
  readonly labels: Record<string, string>;
  readonly data: Record<string, string>;
  /** Field managers by key of data. */
  readonly owners: Record<string, string>;
}

export interface KubernetesFake {
  readonly url: string;
  readonly secrets: Map<string, Secret>;
  /** Of the service account. */
  verbs: readonly string[];
  readonly asked: string[];
  /** Called before a change is compared. */
  beforeChange: (() => void) | undefined;
  /** An admission webhook that puts these fields into every change. */
  admission: Readonly<Record<string, string>>;
}

export const TOKEN = 'eyJ.5ecre7.t0ken';
export const NAMESPACE = 'web';

type Answer = readonly [status: number, body: object];

const status = (code: number, reason: string, message: string, details: object = {}): Answer => [
  code,
  { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, reason, details, code },
];

export function secretOf(
  data: Readonly<Record<string, string>>,
  owner: string,
  more: Partial<Secret> = {},
): Secret {
  const entries = Object.entries(data);
  return {
    ...{ type: 'kubernetes.io/tls', version: 7, annotations: {}, labels: {} },
    data: Object.fromEntries(entries.map(([key, text]) => [key, base64(text)])),
    owners: Object.fromEntries(entries.map(([key]) => [key, owner])),
    ...more,
  };
}

export async function startKubernetesFake(): Promise<KubernetesFake> {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      fake.asked.push(`${request.method} ${request.url}`);
      const [code, answer] = answerTo(request, body, fake);
      response.writeHead(code, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const fake: KubernetesFake = {
    ...{ url: `http://127.0.0.1:${port}`, secrets: new Map(), asked: [] },
    ...{ verbs: ['get', 'create', 'patch'], beforeChange: undefined, admission: {} },
  };
  return fake;
}

function answerTo(request: IncomingMessage, body: string, fake: KubernetesFake): Answer {
  const { method = '', headers } = request;
  const url = new URL(request.url ?? '', fake.url);
  if (headers.authorization !== `Bearer ${TOKEN}`) {
    return status(401, 'Unauthorized', 'Unauthorized');
  }
  const found = /^\/api\/v1\/namespaces\/([^/]+)\/secrets\/([^/]+)$/.exec(url.pathname);
  const [, namespace = '', name = ''] = found ?? [];
  const isThere = namespace === NAMESPACE;
  const held = isThere ? fake.secrets.get(name) : undefined;
  const verb = method === 'GET' ? 'get' : 'patch';
  const needed = verb === 'patch' && held === undefined ? [verb, 'create'] : [verb];
  const lacking = needed.find((one) => !fake.verbs.includes(one));
  if (lacking !== undefined) {
    const words = `secrets "${name}" is forbidden: User "system:serviceaccount:web:holger" cannot ${lacking} resource "secrets" in API group "" in the namespace "${namespace}"`;
    return status(403, 'Forbidden', words, { name, kind: 'secrets' });
  }
  if (method === 'GET') {
    if (held !== undefined) return [200, objectOf(name, held)];
    return status(404, 'NotFound', `secrets "${name}" not found`, { name, kind: 'secrets' });
  }
  if (!isThere) return status(404, 'NotFound', `namespaces "${namespace}" not found`);
  if (headers['content-type'] !== 'application/apply-patch+yaml') {
    return status(415, 'UnsupportedMediaType', 'not a patch that is known here');
  }
  fake.beforeChange?.();
  return applied(name, JSON.parse(body) as Manifest, url.searchParams, fake);
}

interface Manifest {
  readonly type: string;
  readonly metadata: {
    readonly annotations: Readonly<Record<string, string>>;
    readonly resourceVersion?: string;
  };
  readonly data: Readonly<Record<string, string>>;
}

function applied(
  name: string,
  { type, metadata, data }: Manifest,
  query: URLSearchParams,
  { secrets, admission }: KubernetesFake,
): Answer {
  const manager = query.get('fieldManager');
  if (manager === null) return status(400, 'BadRequest', 'fieldManager is required');
  const held = secrets.get(name);
  const { resourceVersion } = metadata;
  if (resourceVersion !== undefined && resourceVersion !== String(held?.version)) {
    const words = `Operation cannot be fulfilled on secrets "${name}": the object has been modified; please apply your changes to the latest version and try again`;
    return status(409, 'Conflict', words, { name, kind: 'secrets' });
  }
  if (held !== undefined && held.type !== type) {
    return status(422, 'Invalid', `Secret "${name}" is invalid: type: field is immutable`);
  }
  const conflicts = Object.entries(held?.owners ?? {}).filter(
    ([key, owner]) => owner !== manager && key in data && held?.data[key] !== data[key],
  );
  if (conflicts.length > 0 && query.get('force') !== 'true') return conflict(conflicts);
  const owned = Object.keys(data).map((key) => [key, manager] as const);
  const next: Secret = {
    ...{ type, version: (held?.version ?? 0) + 1, labels: held?.labels ?? {} },
    annotations: { ...held?.annotations, ...metadata.annotations },
    data: { ...held?.data, ...data, ...admission },
    owners: { ...held?.owners, ...Object.fromEntries(owned) },
  };
  if (query.get('dryRun') !== 'All') secrets.set(name, next);
  return [held === undefined ? 201 : 200, objectOf(name, next)];
}

function conflict(fields: readonly (readonly [string, string])[]): Answer {
  const causes = fields.map(([key, owner]) => ({
    ...{ reason: 'FieldManagerConflict', field: `.data.${key}` },
    message: `conflict with "${owner}" using v1`,
  }));
  const owners = fields.map(([key, owner]) => `conflict with "${owner}" using v1: .data.${key}`);
  const words = `Apply failed with ${fields.length} conflicts: ${owners.join(', ')}`;
  return status(409, 'Conflict', words, { causes });
}

function objectOf(name: string, secret: Secret): object {
  const { type, version, annotations, labels, data } = secret;
  const metadata = { name, namespace: NAMESPACE, resourceVersion: String(version) };
  return {
    ...{ kind: 'Secret', apiVersion: 'v1', type, data },
    metadata: { ...metadata, annotations, labels },
  };
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
