// The target `haproxy`: a certificate that HAProxy has loaded is exchanged in its memory, in one
// transaction and without a reload. The memory ends with the process: a target of type files keeps
// the file that HAProxy loads at its next start (docs/targets.md). What a process presents is seen
// in handshakes, because the runtime API shows fingerprints and no certificates.
import { createHash } from 'node:crypto';
import { AppError } from '../../base/errors.ts';
import { createKeyedLimit } from '../../base/limit.ts';
import { visibleLine } from '../../base/visible.ts';
import type { DeployPackage, DeployTarget, TargetFact } from '../../ports/target.ts';
import { certificatesIn } from '../../x509/pem.ts';
import { placeOf, runtimeCommand } from './haproxy-socket.ts';
import type { HaproxyAddress } from './haproxy-socket.ts';
import { targetId } from '../identity.ts';
import { keyOf } from '../key-elsewhere.ts';
import { chainOf, keyTextOf } from './payload.ts';
import { remoteTarget } from './remote-target.ts';

export interface HaproxyTargetOptions extends HaproxyAddress {
  /** The target in the configuration. */
  readonly target: string;
  /** Of the certificate in HAProxy: the file from which it was loaded. */
  readonly name: string;
}

interface Loaded {
  /** SHA-1 of the certificate, hex. */
  readonly fingerprint: string;
  /** How many certificates follow it. */
  readonly chain: number;
}

const MOST_WORDS = 400;

/** HAProxy has one transaction at a time, whatever the certificate. */
const turns = createKeyedLimit(1);

export function createHaproxyTarget(options: HaproxyTargetOptions): DeployTarget {
  const { target, name } = options;
  const host = placeOf(options);
  const runtime = new Runtime(options);
  const inTurn = (work: () => Promise<void>): Promise<void> => turns(host, work);
  return remoteTarget({
    id: targetId({ type: 'haproxy', target, name, host }),
    ...{ label: `haproxy ${target}`, host },
    look: () => runtime.loaded(),
    stage: (what) => inTurn(() => runtime.trial(what)),
    place: (what) => inTurn(() => runtime.exchange(what)),
    // Taken with the transaction; connections that exist keep what they began with.
    reload: () => Promise.resolve(),
    examine: async () => factsOf(await runtime.loaded()),
    placed: () => [],
    differences: (what, loaded) => differencesIn(what, loaded, `${target} ${name}`),
  });
}

function factsOf(there: Loaded | undefined): TargetFact[] {
  if (there === undefined) return [{ name: 'loaded', value: 'no certificate of this name' }];
  const { fingerprint, chain } = there;
  return [
    { name: 'loaded', value: `SHA-1 ${fingerprint}` },
    { name: 'chain', value: `${chain} more` },
  ];
}

function differencesIn(what: DeployPackage, there: Loaded | undefined, place: string): string[] {
  if (there === undefined) return [`${place} is not loaded`];
  if (there.fingerprint !== fingerprintOf(what)) return [`${place} is another certificate`];
  const follow = certificatesIn(what.pems.chain).length;
  // Where the file has none, HAProxy may find issuers itself (issuers-chain-path).
  return follow === 0 || there.chain === follow ? [] : [`${place} has another chain`];
}

/** Of one certificate. */
class Runtime {
  readonly #at: HaproxyAddress;
  readonly #name: string;

  constructor(options: HaproxyTargetOptions) {
    this.#at = options;
    this.#name = options.name;
  }

  /** Undefined: HAProxy has no certificate of this name. */
  async loaded(name = this.#name): Promise<Loaded | undefined> {
    const answer = await this.#ask(`show ssl cert ${name}`);
    const fingerprint = /^SHA1 FingerPrint: ([0-9A-F]{40})$/m.exec(answer)?.[1]?.toLowerCase();
    if (fingerprint !== undefined) {
      return { fingerprint, chain: [...answer.matchAll(/^Chain Subject: ./gm)].length };
    }
    if (/Not found|Can't display/.test(answer)) return undefined;
    throw unlike('shows no certificates', answer);
  }

  /** HAProxy reads everything, and nothing changes. */
  async trial(what: DeployPackage): Promise<void> {
    await this.#begin(what);
    await this.#abort();
  }

  async exchange(what: DeployPackage): Promise<void> {
    await this.#begin(what);
    try {
      const answer = await this.#ask(`commit ssl cert ${this.#name}`);
      if (!/^Success!$/m.test(answer)) throw unlike('did not take key and chain', answer);
    } catch (error) {
      await this.#abort().catch(() => undefined);
      throw error;
    }
    if ((await this.loaded())?.fingerprint === fingerprintOf(what)) return;
    throw new AppError('DEPLOY_FAILED', `${this.#name} is still another certificate`, {
      hint: 'stop other programs that change certificates there; holger tries again',
    });
  }

  /** Opens the transaction, and ends it again unless it has what was sent. */
  async #begin(what: DeployPackage): Promise<void> {
    keyOf(what.pems);
    await this.#endOwn();
    const payload = keyTextOf(what) + chainOf(what);
    const answer = await this.#ask(`set ssl cert ${this.#name} <<\n${payload}`, payload.length);
    try {
      const about = /^Transaction (?:created|updated) for certificate (.+)!$/m.exec(answer)?.[1];
      if (about !== this.#name) throw unlike('refused key and chain', answer);
      const open = await this.loaded(`*${this.#name}`);
      if (open?.fingerprint !== fingerprintOf(what)) throw busy();
    } catch (error) {
      await this.#abort().catch(() => undefined);
      throw error;
    }
  }

  /**
   * A transaction that a stopped run has left is ended. With one of another certificate nothing is
   * begun: HAProxy would put ours into it.
   */
  async #endOwn(): Promise<void> {
    const list = await this.#ask('show ssl cert');
    if (!/^# filename$/m.test(list)) throw unlike('lists no certificates', list);
    const open = /^\*(.+)$/m.exec(list)?.[1];
    if (open === undefined) return;
    if (open !== this.#name) throw busy();
    await this.#abort();
  }

  async #abort(): Promise<void> {
    const answer = await this.#ask(`abort ssl cert ${this.#name}`);
    if (!/aborted|No ongoing/.test(answer)) throw unlike('did not end the transaction', answer);
  }

  async #ask(command: string, payload = 0): Promise<string> {
    const answer = await runtimeCommand(this.#at, `${command}\n`);
    if (/^Permission denied/m.test(answer)) {
      throw new AppError('DEPLOY_REFUSED', 'this socket of HAProxy may not change certificates', {
        hint: 'add "level admin" to its stats socket in haproxy.cfg',
      });
    }
    if (answer.trim() !== '') return answer;
    throw new AppError('DEPLOY_FAILED', 'HAProxy closed the connection without an answer', {
      hint:
        payload === 0
          ? 'check its log; holger tries again'
          : `check its log; key and chain are ${payload} bytes, and tune.bufsize must be larger (default 16384)`,
    });
  }
}

function busy(): AppError {
  return new AppError('DEPLOY_FAILED', 'another program changes a certificate there', {
    hint: 'holger tries again; "show ssl cert" lists what is open, "abort ssl cert" ends it',
  });
}

/** HAProxy's own words say why. */
function unlike(what: string, answer: string): AppError {
  const isUnknown = /not referenced|Unknown command/.test(answer);
  return new AppError(
    isUnknown ? 'DEPLOY_REFUSED' : 'DEPLOY_FAILED',
    `HAProxy ${what}: ${visibleLine(answer, MOST_WORDS)}`,
    {
      hint: isUnknown
        ? 'in deploy, name a certificate that "show ssl cert" lists; HAProxy 2.2 or later is needed'
        : 'holger tries again',
    },
  );
}

function fingerprintOf({ pems }: DeployPackage): string {
  const [leaf = new Uint8Array()] = certificatesIn(pems.cert);
  return createHash('sha1').update(leaf).digest('hex');
}
