// How many orders are under way at the same time at one CA. More of them would only wait there, and
// an order that waits too long at its CA expires.

export class OrderPlaces {
  readonly #most: number;
  /** The directory at which a certificate has its place. */
  readonly #taken = new Map<string, string>();
  /** How many are taken at each directory: asked for every certificate that waits. */
  readonly #counts = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  isFree(directory: string): boolean {
    return (this.#counts.get(directory) ?? 0) < this.#most;
  }

  /** False: none is free. */
  take(certificate: string, directory: string): boolean {
    if (this.#taken.get(certificate) === directory) return true;
    if (!this.isFree(directory)) return false;
    this.leave(certificate);
    this.#taken.set(certificate, directory);
    this.#count(directory, 1);
    return true;
  }

  leave(certificate: string): void {
    const directory = this.#taken.get(certificate);
    if (directory === undefined) return;
    this.#taken.delete(certificate);
    this.#count(directory, -1);
  }

  #count(directory: string, change: 1 | -1): void {
    this.#counts.set(directory, (this.#counts.get(directory) ?? 0) + change);
  }
}
