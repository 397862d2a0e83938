// How many orders are under way at the same time at one CA. More of them would only wait there, and
// an order that waits too long at its CA expires.

export class OrderPlaces {
  readonly #most: number;
  /** The directory at which a certificate has its place. */
  readonly #taken = new Map<string, string>();

  constructor(most: number) {
    this.#most = most;
  }

  isFree(directory: string): boolean {
    const taken = [...this.#taken.values()].filter((one) => one === directory);
    return taken.length < this.#most;
  }

  /** False: none is free. */
  take(certificate: string, directory: string): boolean {
    if (this.#taken.get(certificate) === directory) return true;
    if (!this.isFree(directory)) return false;
    this.#taken.set(certificate, directory);
    return true;
  }

  leave(certificate: string): void {
    this.#taken.delete(certificate);
  }
}
