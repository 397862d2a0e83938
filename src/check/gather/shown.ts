// What the handshakes with one address showed, by kind of certificate.
import { KEY_ALGORITHMS } from '../../dane/key-algorithm.ts';
import type { KeyAlgorithm } from '../../dane/key-algorithm.ts';
import type { Seen } from '../../ports/probe.ts';
import type { EndpointFacts, EndpointLook } from './facts.ts';

/** These two kinds are reported for every address, whether it has them or not. */
const USUAL = ['ecdsa', 'rsa'] as const;

export const NO_OTHER: EndpointLook = {
  status: 'no-certificate',
  detail: 'the service has no such certificate',
};

export class Shown {
  readonly #presented = new Map<KeyAlgorithm, EndpointLook[]>();
  readonly #failed: EndpointLook[] = [];
  /** How the handshake for another kind of certificate ended; undefined: none was made. */
  other: EndpointLook | undefined;

  add(look: EndpointLook): void {
    if (look.status !== 'presented') {
      if (look.status !== 'no-certificate') this.#failed.push(look);
      return;
    }
    const looks = this.#presented.get(look.algorithm) ?? [];
    this.#presented.set(look.algorithm, [...looks, look]);
  }

  algorithms(): Seen {
    return [...this.#presented.keys()];
  }

  /** What the client must offer to see again each kind that a handshake did not show. */
  askedAgain(shown: KeyAlgorithm): readonly Seen[] {
    const all = this.algorithms();
    return all
      .filter((algorithm) => algorithm !== shown)
      .map((algorithm) => all.filter((one) => one !== algorithm));
  }

  facts(address: string): readonly EndpointFacts[] {
    const [first] = this.#presented.keys();
    // A handshake without a certificate counts for the kind that clients usually get; if no
    // handshake showed one, it counts for both kinds.
    if (first === undefined) {
      return USUAL.map((algorithm) => ({ address, algorithm, looks: this.#failed }));
    }
    const looksOf = (algorithm: KeyAlgorithm): readonly EndpointLook[] => {
      const presented = this.#presented.get(algorithm);
      if (presented === undefined) return [this.other ?? NO_OTHER];
      return algorithm === first ? [...presented, ...this.#failed] : presented;
    };
    return [...KEY_ALGORITHMS, 'other' as const]
      .filter((one) => this.#presented.has(one) || USUAL.some((usual) => usual === one))
      .map((algorithm) => ({ address, algorithm, looks: looksOf(algorithm) }));
  }
}
