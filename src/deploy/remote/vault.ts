// The target `vault`: a secret in the key-value store (version 2) of HashiCorp Vault or OpenBao,
// from which consumers load key and chain. A write names the version that was read
// (check-and-set), keeps what others put beside it, and carries the fence.
import { AppError } from '../../base/errors.ts';
import type { HttpMethod } from '../../http/client.ts';
import type { DeployPackage, DeployTarget, PlacedPem } from '../../ports/target.ts';
import { fenceOver, keptFence } from './fence.ts';
import { targetId } from '../identity.ts';
import { keyOf } from '../key-elsewhere.ts';
import { holdsTheSame } from '../pem-content.ts';
import { ask, fieldAt, hostIn, isSuccess, statusFailure } from './remote-http.ts';
import type { RemoteAnswer, RemoteServer } from './remote-http.ts';
import { boundedChain, chainFact, fenceFact, remoteTarget } from './remote-target.ts';

export interface VaultTargetOptions extends RemoteServer {
  /** The target in the configuration. */
  readonly target: string;
  /** Of the secret, below `path`. */
  readonly name: string;
  readonly url: string;
  readonly namespace: string | undefined;
  readonly mount: string;
  /** A folder below the mount. */
  readonly path: string | undefined;
  /** Read again for each call: another program may renew it. */
  readonly token: () => Promise<string>;
}

interface Held {
  /** 0: there has never been one. */
  readonly version: number;
  readonly data: Readonly<Record<string, unknown>>;
}

const FENCE = 'holger_fence';

export function createVaultTarget(options: VaultTargetOptions): DeployTarget {
  const { target, name, url, namespace, mount, path } = options;
  const secret = new VaultSecret(options);
  const place = (field: string): string => `${target} ${name} ${field}`;
  return remoteTarget({
    id: targetId({ type: 'vault', target, name, url, namespace, mount, path }),
    ...{ label: `vault ${target}`, host: hostIn(url) },
    look: () => secret.read(),
    stage: (what) => secret.check(what),
    place: (what) => secret.write(what),
    // Consumers read it when they want to.
    reload: () => Promise.resolve(),
    reads: ['fullchain', 'cert'].map(place),
    examine: async () => {
      const { version, data } = await secret.read();
      return [
        { name: 'version', value: version === 0 ? 'none yet' : String(version) },
        chainFact('fullchain', boundedChain(data['fullchain'])),
        fenceFact(keptFence(data[FENCE])),
      ];
    },
    placed: ({ data }) => placedIn(data, place),
    differences: (what, { data }) =>
      Object.entries(fieldsOf(what)).flatMap(([field, wanted]) => {
        const held = data[field];
        if (typeof held !== 'string') return [`${place(field)} is missing`];
        return holdsTheSame(held, wanted) ? [] : [`${place(field)} is of another generation`];
      }),
  });
}

/** The names of the files in holger's own folder. */
function fieldsOf({ pems }: DeployPackage): Readonly<Record<string, string>> {
  const { cert, chain, fullchain } = pems;
  return { privkey: keyOf(pems), cert, chain, fullchain };
}

/** A consumer may read fullchain, or cert and chain. */
function placedIn(data: Held['data'], place: (field: string) => string): PlacedPem[] {
  const textAt = (field: string): string => {
    const text = data[field];
    return typeof text === 'string' ? text : '';
  };
  const chains = {
    fullchain: textAt('fullchain'),
    cert: `${textAt('cert')}\n${textAt('chain')}`,
  };
  return Object.entries(chains).flatMap(([field, text]) => {
    const pem = boundedChain(text);
    return pem === undefined ? [] : { place: place(field), pem };
  });
}

class VaultSecret {
  readonly #options: VaultTargetOptions;

  constructor(options: VaultTargetOptions) {
    this.#options = options;
  }

  async read(): Promise<Held> {
    const answer = await this.#ask('GET', this.#path);
    const version = fieldAt(answer.json, 'data', 'metadata', 'version');
    const data = fieldAt(answer.json, 'data', 'data');
    // A version that was deleted is answered with 404 and its metadata.
    const isAnswer = isSuccess(answer) || answer.status === 404;
    if (isAnswer && typeof version === 'number' && Number.isSafeInteger(version)) {
      return { version, data: isFields(data) ? data : {} };
    }
    if (isSuccess(answer)) throw this.#notVersion2();
    if (answer.status === 404 && !/no handler for route/.test(answer.text)) {
      return { version: 0, data: {} };
    }
    throw this.#failure(answer);
  }

  /** What can be known before the write. Nothing is sent. */
  async check(what: DeployPackage): Promise<void> {
    const held = await this.read();
    fenceAt(held, what);
    keyOf(what.pems);
    if (held.version === 0) await this.#checkMount();
    const needed = held.version === 0 ? 'create' : 'update';
    const answer = await this.#ask('POST', 'sys/capabilities-self', { paths: [this.#path] });
    const may = fieldAt(answer.json, 'data', this.#path) ?? fieldAt(answer.json, this.#path);
    // A token need not be allowed to ask.
    if (!isSuccess(answer) || !Array.isArray(may)) return;
    if (may.includes(needed) || may.includes('root')) return;
    throw new AppError('DEPLOY_REFUSED', `the token may not ${needed} ${this.#path}`, {
      hint: 'add the capability to its policy (docs/targets.md)',
    });
  }

  async write(what: DeployPackage): Promise<void> {
    const { version, data } = await this.read();
    const fence = fenceAt({ version, data }, what);
    const fields = fieldsOf(what);
    if (version === 0) await this.#checkMount();
    if (!keepsNumbers(data)) throw this.#notAlone();
    const answer = await this.#ask('POST', this.#path, {
      options: { cas: version },
      data: { ...data, ...fields, [FENCE]: String(fence) },
    });
    if (answer.status === 400 && /check-and-set/.test(answer.text)) {
      throw new AppError(
        'DEPLOY_FAILED',
        `${this.#path} was changed by another program meanwhile`,
        {
          hint: 'holger reads it again, and tries again',
        },
      );
    }
    if (!isSuccess(answer)) throw this.#failure(answer);
    if (typeof fieldAt(answer.json, 'data', 'version') !== 'number') throw this.#notVersion2();
  }

  /** Version 1 of the store would keep the key, in a form that no consumer expects. */
  async #checkMount(): Promise<void> {
    const { mount } = this.#options;
    const answer = await this.#ask('GET', `sys/internal/ui/mounts/${encoded(mount)}`);
    // A token need not be allowed to ask.
    if (!isSuccess(answer)) return;
    const isStore = fieldAt(answer.json, 'data', 'type') === 'kv';
    const version = fieldAt(answer.json, 'data', 'options', 'version');
    if (!isStore || version !== '2') throw this.#notVersion2();
  }

  get #path(): string {
    const { mount, path, name } = this.#options;
    return [mount, 'data', path, name].flatMap((part) => (part ? encoded(part) : [])).join('/');
  }

  async #ask(method: HttpMethod, path: string, body?: object): Promise<RemoteAnswer> {
    const { url, namespace } = this.#options;
    const token = await this.#options.token();
    return ask(this.#options, {
      ...{ method, url: `${url.replace(/\/$/, '')}/v1/${path}`, secrets: [token] },
      headers: {
        'x-vault-token': token,
        'x-vault-request': 'true',
        ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  #notVersion2(): AppError {
    const { mount } = this.#options;
    return new AppError('DEPLOY_REFUSED', `${mount} is not a key-value store of version 2`, {
      hint: 'name another mount in [target.NAME], or raise its version (vault kv enable-versioning)',
    });
  }

  #notAlone(): AppError {
    const message = `${this.#path} has numbers of others that holger could not keep as they are`;
    return new AppError('DEPLOY_REFUSED', message, {
      hint: 'give the certificate a secret of its own: another name in deploy',
    });
  }

  #failure(answer: RemoteAnswer): AppError {
    return statusFailure(answer, {
      about: this.#path,
      said: ({ json }) => [fieldAt(json, 'errors') ?? []].flat().join('; '),
      hints: {
        307: 'name the active server in url, or an address that leads to it',
        403: 'check the token, its policy and namespace (docs/targets.md)',
        404: 'check mount and namespace in [target.NAME]',
        503: 'unseal it, or wait until it is active; holger tries again',
      },
    });
  }
}

function fenceAt({ data }: Held, what: DeployPackage): number {
  return fenceOver(keptFence(data[FENCE]), what, `the field ${FENCE} of the secret`);
}

/** JavaScript has no integers beyond 2^53: they would be written back as other ones. */
function keepsNumbers(data: Held['data']): boolean {
  let isKept = true;
  JSON.stringify(data, (_, value: unknown) => {
    if (typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER) isKept = false;
    return value;
  });
  return isKept;
}

function isFields(value: unknown): value is Held['data'] {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const encoded = (path: string): string => path.split('/').map(encodeURIComponent).join('/');
