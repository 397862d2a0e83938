// A host with holger-receive (docs/receive.md), seen from the sender. Generations are found by
// their content: numbers on the host may be others than here after the state of either was lost.
import { createHash } from 'node:crypto';
import { fromHex } from '../../base/bytes.ts';
import { AppError } from '../../base/errors.ts';
import type { DeployPackage, KeyWish } from '../../ports/target.ts';
import { pemOf } from '../../x509/pem.ts';
import { requestFrom } from '../../x509/request.ts';
import type { CertificateRequest } from '../../x509/request.ts';
import { fenceOver } from './fence.ts';
import { chainOf, keyTextOf } from './payload.ts';
import { publicKeyOf } from '../pem-content.ts';
import { readState, readVersion } from './receiver-answer.ts';
import type { Answer, HostState, ReceiverVersion } from './receiver-answer.ts';
import { receiverFailure } from './receiver-failure.ts';
import type { Connection } from './ssh-connection.ts';

/** Of one certificate on the host: its section in receive.conf. */
export class Receiver {
  readonly #connection: Connection;
  readonly #name: string;
  /** The last activation; its outcome was not asked for yet. */
  #loaded: { readonly chain: string; readonly failure?: AppError } | undefined;

  constructor(connection: Connection, name: string) {
    this.#connection = connection;
    this.#name = name;
  }

  async version(): Promise<ReceiverVersion> {
    return readVersion(await this.#ask(['version']));
  }

  /** @throws AppError DEPLOY_FAILED, DEPLOY_REFUSED */
  async state(): Promise<HostState> {
    return readState(await this.#ask(['state', this.#name]));
  }

  /** The request of a key that is made there for this generation, and stays there. */
  async makeKey(wish: KeyWish): Promise<string> {
    const state = await this.state();
    const number = freeAt(wish.generation, state);
    const words = ['key', this.#name, String(number), fenceAt(state, wish), wish.keyType];
    const answer = await this.#ask(words);
    const text = pemOf('CERTIFICATE REQUEST', Buffer.from(answer.get('csr') ?? '', 'base64'));
    const { pem, names } = requestIn(text);
    if (names.join() === [...wish.domains].sort().join()) return pem;
    throw new AppError('DEPLOY_REFUSED', `its receive.conf asks for ${names.join(', ')}`, {
      hint: `write there: domains = ${wish.domains.join(' ')}`,
    });
  }

  /** Sends a generation; nothing changes for the service. Idempotent. */
  async stage(what: DeployPackage): Promise<void> {
    const state = await this.state();
    await this.#stage(what, state, fenceAt(state, what));
  }

  /** Makes it live and runs the reload commands of the host. Idempotent. */
  async activate(what: DeployPackage): Promise<void> {
    const state = await this.state();
    const fence = fenceAt(state, what);
    const staged = stagedAs(what, state);
    const number = staged ?? (await this.#stage(what, state, fence));
    await this.#activate(what, number, fence);
  }

  /**
   * The outcome of the commands that `activate` has run; without one, they are run once more.
   * @throws AppError RELOAD_FAILED
   */
  async reload(what: DeployPackage): Promise<void> {
    const loaded = this.#loaded;
    this.#loaded = undefined;
    if (loaded?.chain === chainOf(what)) {
      if (loaded.failure !== undefined) throw loaded.failure;
      return;
    }
    const state = await this.state();
    await this.#ask(['reload', this.#name, fenceAt(state, what)]);
  }

  async #stage(what: DeployPackage, state: HostState, fence: string): Promise<number> {
    const number = stagedAs(what, state) ?? freeNumber(what, state);
    const payload = keyTextOf(what) + chainOf(what);
    await this.#ask(
      [
        ...['stage', this.#name, String(number), fence, spkiDigest(what)],
        ...[String(Buffer.byteLength(payload)), sha256(payload)],
      ],
      payload,
    );
    return number;
  }

  async #activate(what: DeployPackage, number: number, fence: string): Promise<void> {
    const chain = chainOf(what);
    this.#loaded = undefined;
    try {
      await this.#ask(['activate', this.#name, String(number), fence]);
      this.#loaded = { chain };
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'RELOAD_FAILED') throw error;
      this.#loaded = { chain, failure: error };
    }
  }

  async #ask(words: readonly string[], payload?: string): Promise<Answer> {
    const answer = await this.#connection(words, payload);
    if (answer.get('result') !== 'ok') throw receiverFailure(answer);
    return answer;
  }
}

/** Undefined: it is not there, or is damaged there. */
export function stagedAs(what: DeployPackage, { generations }: HostState): number | undefined {
  const digest = sha256(chainOf(what));
  return generations.find(({ fits, fullchain }) => fits && fullchain === digest)?.number;
}

/** Its own number, unless another generation has it there. */
function freeNumber(what: DeployPackage, { generations }: HostState): number {
  const digest = sha256(chainOf(what));
  const same = generations.find(({ fullchain }) => fullchain === digest);
  return same?.number ?? freeAt(what.generation, { generations });
}

/** @throws AppError DEPLOY_REFUSED */
function requestIn(text: string): CertificateRequest {
  try {
    return requestFrom(text, 'its answer');
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new AppError('DEPLOY_REFUSED', error.message, {
      hint: 'check the version of OpenSSL there (holger target test)',
    });
  }
}

function freeAt(wanted: number, { generations }: Pick<HostState, 'generations'>): number {
  const numbers = generations.map(({ number }) => number);
  return numbers.includes(wanted) ? Math.max(...numbers) + 1 : wanted;
}

/** @throws AppError DEPLOY_REFUSED */
function fenceAt(state: HostState, what: Pick<DeployPackage, 'fence'>): string {
  return String(fenceOver(state.fence, what, 'the file fence of this certificate on the host'));
}

function spkiDigest({ pems }: DeployPackage): string {
  return sha256(fromHex(publicKeyOf(pems) ?? ''));
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
