// The target `kubernetes`: a Secret of type kubernetes.io/tls, by server-side apply: its fields
// belong to the field manager "holger", and those of others stay. A change names the version that
// was read.
import { AppError } from '../../base/errors.ts';
import { visibleLine } from '../../base/visible.ts';
import type { DeployPackage, DeployTarget } from '../../ports/target.ts';
import { fenceOver, keptFence } from './fence.ts';
import { targetId } from '../identity.ts';
import { keyOf } from '../key-elsewhere.ts';
import { chainOf } from './payload.ts';
import { holdsTheSame } from '../pem-content.ts';
import { ask, fieldAt, hostIn, isSuccess, statusFailure } from './remote-http.ts';
import type { RemoteAnswer, RemoteServer } from './remote-http.ts';
import { boundedChain, chainFact, fenceFact, remoteTarget } from './remote-target.ts';

export interface KubernetesTargetOptions extends RemoteServer {
  /** The target in the configuration. */
  readonly target: string;
  /** Of the Secret. */
  readonly name: string;
  readonly server: string;
  readonly namespace: string;
  /** Fields of other managers are taken over. */
  readonly force: boolean;
  /** Read again for each call: the kubelet renews it. */
  readonly token: () => Promise<string>;
}

interface Held {
  /** Undefined: there is no such Secret. */
  readonly version: string | undefined;
  readonly type: string | undefined;
  readonly fence: number;
  readonly crt: string | undefined;
  readonly key: string | undefined;
}

const TYPE = 'kubernetes.io/tls';
const FENCE = 'holger/fence';
const MOST_VERSION = 40;
const NOTHING: Held = {
  ...{ version: undefined, type: undefined, fence: 0, crt: undefined, key: undefined },
};

export function createKubernetesTarget(options: KubernetesTargetOptions): DeployTarget {
  const { target, name, server, namespace } = options;
  const secret = new KubernetesSecret(options);
  const place = (key: string): string => `${target} ${name} ${key}`;
  return remoteTarget({
    id: targetId({ type: 'kubernetes', target, name, server, namespace }),
    ...{ label: `kubernetes ${target}`, host: hostIn(server) },
    look: () => secret.read(),
    stage: (what) => secret.apply(what, 'trial'),
    place: (what) => secret.apply(what),
    // Pods see a mounted Secret within a minute or so; controllers watch it.
    reload: () => Promise.resolve(),
    reads: [place('tls.crt')],
    examine: async () => {
      const { version, crt, fence } = await secret.read();
      return [
        { name: 'version', value: visibleLine(version ?? 'none yet', MOST_VERSION) },
        chainFact('tls.crt', boundedChain(crt)),
        fenceFact(fence),
      ];
    },
    placed: ({ crt }) => {
      const pem = boundedChain(crt);
      return pem === undefined ? [] : [{ place: place('tls.crt'), pem }];
    },
    differences: (what, { crt, key }) => {
      const wanted = {
        'tls.crt': [crt, chainOf(what)],
        'tls.key': [key, keyOf(what.pems)],
      } as const;
      return Object.entries(wanted).flatMap(([field, [held, right]]) => {
        if (held === undefined) return [`${place(field)} is missing`];
        return holdsTheSame(held, right) ? [] : [`${place(field)} is of another generation`];
      });
    },
  });
}

class KubernetesSecret {
  readonly #options: KubernetesTargetOptions;

  constructor(options: KubernetesTargetOptions) {
    this.#options = options;
  }

  async read(): Promise<Held> {
    const answer = await this.#ask('GET', '');
    if (answer.status === 404 && fieldAt(answer.json, 'reason') === 'NotFound') return NOTHING;
    if (!isSuccess(answer)) throw this.#failure(answer);
    const version = fieldAt(answer.json, 'metadata', 'resourceVersion');
    if (fieldAt(answer.json, 'kind') !== 'Secret' || typeof version !== 'string') {
      throw new AppError('DEPLOY_FAILED', 'its answer is not that of a Kubernetes API', {
        hint: 'check server in [target.NAME]',
      });
    }
    const type = fieldAt(answer.json, 'type');
    return {
      version,
      type: typeof type === 'string' ? type : undefined,
      fence: keptFence(fieldAt(answer.json, 'metadata', 'annotations', FENCE)),
      crt: decoded(fieldAt(answer.json, 'data', 'tls.crt')),
      key: decoded(fieldAt(answer.json, 'data', 'tls.key')),
    };
  }

  /** `trial`: the server checks everything and keeps nothing. */
  async apply(what: DeployPackage, trial?: 'trial'): Promise<void> {
    const held = await this.read();
    const fence = fenceOver(held.fence, what, `the annotation ${FENCE} of the Secret`);
    if (held.type !== undefined && held.type !== TYPE) throw this.#ofAnotherType();
    const body = this.#manifest(what, fence, held.version);
    const query = {
      ...{ fieldManager: 'holger', force: String(this.#options.force) },
      ...(trial === undefined ? {} : { dryRun: 'All' }),
    };
    const answer = await this.#ask('PATCH', `?${new URLSearchParams(query).toString()}`, body);
    if (!isSuccess(answer)) throw this.#failure(answer);
    const kept = decoded(fieldAt(answer.json, 'data', 'tls.crt')) ?? '';
    if (holdsTheSame(kept, chainOf(what))) return;
    throw new AppError('DEPLOY_REFUSED', `${this.#about} was accepted with another certificate`, {
      hint: 'check the admission webhooks of the cluster, which may change Secrets',
    });
  }

  #manifest(what: DeployPackage, fence: number, version: string | undefined): object {
    const { name, namespace } = this.#options;
    return {
      ...{ apiVersion: 'v1', kind: 'Secret', type: TYPE },
      metadata: {
        ...{ name, namespace },
        annotations: { [FENCE]: String(fence) },
        // Another version by now is a conflict.
        ...(version === undefined ? {} : { resourceVersion: version }),
      },
      data: { 'tls.crt': encoded(chainOf(what)), 'tls.key': encoded(keyOf(what.pems)) },
    };
  }

  get #about(): string {
    const { name, namespace } = this.#options;
    return `Secret ${namespace}/${name}`;
  }

  async #ask(method: 'GET' | 'PATCH', query: string, body?: object): Promise<RemoteAnswer> {
    const { server, namespace, name } = this.#options;
    const token = await this.#options.token();
    const path = `/api/v1/namespaces/${namespace}/secrets/${name}`;
    return ask(this.#options, {
      ...{ method, url: `${server.replace(/\/$/, '')}${path}${query}`, secrets: [token] },
      headers: {
        authorization: `Bearer ${token}`,
        // JSON is YAML.
        ...(body === undefined ? {} : { 'content-type': 'application/apply-patch+yaml' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  #ofAnotherType(): AppError {
    return new AppError('DEPLOY_REFUSED', `${this.#about} has another type than ${TYPE}`, {
      hint: 'name another Secret in deploy, or delete this one: its type cannot be changed',
    });
  }

  #failure(answer: RemoteAnswer): AppError {
    if (answer.status === 409 && !isOwnedByOthers(answer)) {
      return new AppError('DEPLOY_FAILED', `${this.#about} was changed meanwhile`, {
        hint: 'holger reads it again, and tries again',
      });
    }
    return statusFailure(answer, {
      about: this.#about,
      said: ({ json }) => fieldAt(json, 'message'),
      hints: {
        401: 'check the token in [target.NAME]; it may have expired',
        403: 'let the service account get, create and patch Secrets in this namespace (docs/targets.md)',
        404: 'create the namespace, or correct namespace in [target.NAME]',
        409: 'stop the other one from managing these fields, or set force = true in [target.NAME]',
      },
    });
  }
}

/** Otherwise its version is another one by now. */
function isOwnedByOthers({ json }: RemoteAnswer): boolean {
  const causes = fieldAt(json, 'details', 'causes');
  const list: readonly unknown[] = Array.isArray(causes) ? causes : [];
  return list.some((cause) => fieldAt(cause, 'reason') === 'FieldManagerConflict');
}

const encoded = (text: string): string => Buffer.from(text).toString('base64');

function decoded(value: unknown): string | undefined {
  return typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : undefined;
}
