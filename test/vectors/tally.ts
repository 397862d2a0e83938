// How vector runs count.

export interface VectorResult {
  readonly passed: number;
  readonly failed: string[];
}

/** Counts what holds and names what does not. */
export class Tally {
  passed = 0;
  readonly failed: string[] = [];

  check(name: string, expected: unknown, got: () => unknown): void {
    let value: unknown;
    try {
      value = got();
    } catch (error) {
      value = String(error);
    }
    if (value === expected) this.passed++;
    else this.failed.push(`${name}: expected ${short(expected)}, got ${short(value)}`);
  }
}

function short(value: unknown): string {
  const text = String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
