// The target `webhook`: a receiver of the operator, as docs/target-webhook.md describes it. Staging
// and activating are two calls, and what lies there is asked for.
import { createHash } from 'node:crypto';
import { AppError } from '../../base/errors.ts';
import { visibleLine } from '../../base/visible.ts';
import { receiverHeaders, receiverSecrets } from '../../http/receiver.ts';
import type { ReceiverSecrets } from '../../http/receiver.ts';
import type { DeployPackage, DeployTarget, PlacedPem } from '../../ports/target.ts';
import { fenceOver, overtaken } from './fence.ts';
import { targetId } from '../identity.ts';
import { chainOf, keyTextOf } from './payload.ts';
import { holdsTheSame } from '../pem-content.ts';
import { ask, fieldAt, hostIn, isSuccess, statusFailure } from './remote-http.ts';
import type { RemoteAnswer, RemoteServer } from './remote-http.ts';
import { boundedChain, chainFact, fenceFact, remoteTarget } from './remote-target.ts';

export interface WebhookTargetOptions extends RemoteServer {
  /** The target in the configuration. */
  readonly target: string;
  readonly name: string;
  readonly url: string;
  /** Read again for each call, so that a secret may be replaced at any time. */
  readonly secrets: () => Promise<ReceiverSecrets>;
}

/** What the receiver reports of one name. */
interface Held {
  readonly fence: number;
  readonly live: string | undefined;
  readonly others: readonly string[];
  readonly differs: readonly string[];
}

type Operation = 'stage' | 'activate' | 'reload';

const SCHEMA = 1;
const MOST_OTHERS = 4;
const MOST_DIFFERENCES = 16;
const MOST_WORDS = 200;
const NOT_STAGED = 412;

export function createWebhookTarget(options: WebhookTargetOptions): DeployTarget {
  const { target, name, url } = options;
  const receiver = new WebhookReceiver(options);
  const place = (what: string): string => `${target} ${name} ${what}`;
  const others = Array.from({ length: MOST_OTHERS }, (_, at) => place(`other ${at + 1}`));
  return remoteTarget({
    id: targetId({ type: 'webhook', target, name, url }),
    ...{ label: `webhook ${target}`, host: hostIn(url) },
    look: () => receiver.state(),
    stage: (what) => receiver.stage(what),
    place: (what) => receiver.activate(what),
    reload: (what) => receiver.reload(what),
    reads: [place('live'), ...others],
    examine: async () => {
      const { live, fence, others } = await receiver.state();
      const more = others.map((pem, at) => chainFact(`other ${at + 1}`, pem));
      return [chainFact('live', live), ...more, fenceFact(fence)];
    },
    placed: (held): PlacedPem[] => [
      ...(held.live === undefined ? [] : [{ place: place('live'), pem: held.live }]),
      ...held.others.map((pem, at) => ({ place: others[at] ?? '', pem })),
    ],
    differences: (what, { live, differs }) => {
      if (live === undefined) return [`${place('live')} is nothing yet`];
      if (!holdsTheSame(live, chainOf(what))) return [`${place('live')} is another generation`];
      return differs.map(place);
    },
  });
}

class WebhookReceiver {
  readonly #options: WebhookTargetOptions;
  /** The last activation; its outcome was not asked for yet. */
  #loaded: { readonly digest: string; readonly failure: AppError | undefined } | undefined;

  constructor(options: WebhookTargetOptions) {
    this.#options = options;
  }

  async state(): Promise<Held> {
    const url = new URL(this.#options.url);
    url.searchParams.set('name', this.#options.name);
    const secrets = await this.#options.secrets();
    const answer = await ask(this.#options, {
      ...{ method: 'GET', url: url.href },
      // There is no body: path and query are signed.
      headers: receiverHeaders(`${url.pathname}${url.search}`, secrets),
      secrets: receiverSecrets(this.#options.url, secrets),
    });
    if (!isSuccess(answer)) throw failure(answer, 'the question for the state');
    return heldIn(answer);
  }

  async stage(what: DeployPackage): Promise<void> {
    await this.#stage(what, fenceAt(await this.state(), what));
  }

  async activate(what: DeployPackage): Promise<void> {
    const fence = fenceAt(await this.state(), what);
    const first = await this.#send('activate', what, fence);
    if (first.status === NOT_STAGED) await this.#stage(what, fence);
    const answer = first.status === NOT_STAGED ? await this.#send('activate', what, fence) : first;
    this.#loaded = undefined;
    const reloadFailure = outcomeOf(answer, 'the activation');
    this.#loaded = { digest: digestOf(what), failure: reloadFailure };
  }

  /** The outcome of the last activation; without one, services are reloaded once more. */
  async reload(what: DeployPackage): Promise<void> {
    const loaded = this.#loaded;
    this.#loaded = undefined;
    const failed =
      loaded?.digest === digestOf(what)
        ? loaded.failure
        : outcomeOf(
            await this.#send('reload', what, fenceAt(await this.state(), what)),
            'the reload',
          );
    if (failed !== undefined) throw failed;
  }

  async #stage(what: DeployPackage, fence: number): Promise<void> {
    const failed = outcomeOf(await this.#send('stage', what, fence), 'the generation');
    if (failed !== undefined) throw failed;
  }

  async #send(operation: Operation, what: DeployPackage, fence: number): Promise<RemoteAnswer> {
    const { name, url } = this.#options;
    const { certificate, generation, domains } = what;
    const sha256 = digestOf(what);
    const body = JSON.stringify({
      ...{ schema: SCHEMA, operation, name, certificate, generation, domains, fence, sha256 },
      ...(operation === 'stage' ? { files: filesOf(what) } : {}),
    });
    const secrets = await this.#options.secrets();
    const key = sha256Of([operation, name, sha256, fence].join(' '));
    return ask(this.#options, {
      ...{ method: 'POST', url, body },
      headers: { ...receiverHeaders(body, secrets), 'idempotency-key': key },
      secrets: receiverSecrets(url, secrets),
    });
  }
}

function fenceAt({ fence }: Held, what: DeployPackage): number {
  return fenceOver(fence, what, 'the fence of this name that the receiver keeps');
}

/** What the receiver gets; the names are those of the files in holger's own folder. */
function filesOf(what: DeployPackage): Readonly<Record<string, string>> {
  const key = keyTextOf(what);
  return {
    ...(key === '' ? {} : { 'privkey.pem': key }),
    'cert.pem': what.pems.cert,
    'chain.pem': what.pems.chain,
    'fullchain.pem': chainOf(what),
  };
}

const digestOf = (what: DeployPackage): string => sha256Of(chainOf(what));

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function heldIn({ json, masked }: RemoteAnswer): Held {
  const fence = fieldAt(json, 'fence');
  const live = fieldAt(json, 'live') ?? undefined;
  const isKnown =
    fieldAt(json, 'schema') === SCHEMA && Number.isSafeInteger(fence) && Number(fence) >= 0;
  const chain = boundedChain(live);
  if (!isKnown || (live !== undefined && chain === undefined)) throw notTheProtocol();
  const texts = (key: string): readonly unknown[] => [fieldAt(json, key) ?? []].flat();
  return {
    fence: Number(fence),
    live: chain,
    others: texts('others')
      .flatMap((one) => boundedChain(one) ?? [])
      .slice(0, MOST_OTHERS),
    differs: texts('differs')
      .flatMap((one) => (typeof one === 'string' ? visibleLine(masked(one), MOST_WORDS) : []))
      .slice(0, MOST_DIFFERENCES),
  };
}

function notTheProtocol(): AppError {
  return new AppError('DEPLOY_FAILED', 'its answer is not that of a receiver for holger', {
    hint: 'check url in [target.NAME], and the receiver (docs/target-webhook.md)',
  });
}

/** Undefined: done. A reload that failed is returned: the files are in place. @throws AppError */
function outcomeOf(answer: RemoteAnswer, about: string): AppError | undefined {
  if (answer.status === 409) throw overtaken();
  if (!isSuccess(answer)) throw failure(answer, about);
  const status = fieldAt(answer.json, 'status');
  if (status === 'done' || status === 'unchanged') return undefined;
  if (status !== 'reload-failed') throw notTheProtocol();
  const error = fieldAt(answer.json, 'error');
  const words =
    typeof error === 'string' ? `: ${visibleLine(answer.masked(error), MOST_WORDS)}` : '';
  return new AppError('RELOAD_FAILED', `the files are in place, and the reload failed${words}`, {
    hint: 'reload the service at the receiver by hand; holger tries again',
  });
}

function failure(answer: RemoteAnswer, about: string): AppError {
  return statusFailure(answer, {
    about,
    said: ({ json }) => fieldAt(json, 'error'),
    hints: {
      401: 'check bearer and hmac in [target.NAME]',
      403: 'check bearer and hmac in [target.NAME]',
      404: 'check url in [target.NAME]; if it is right, the receiver does not know this name: correct name in deploy',
      412: 'holger sends the generation again',
    },
  });
}
