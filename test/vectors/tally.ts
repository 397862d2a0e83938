// How vector runs count.

export interface VectorResult {
  readonly passed: number;
  readonly failed: string[];
  /** What passed, by set. */
  readonly sets?: Readonly<Record<string, number>>;
}

/** Counts what passes and names what does not. */
export class Tally {
  passed = 0;
  readonly failed: string[] = [];
  readonly sets: Record<string, number> = {};

  /** The first word of the name is the set. */
  check(name: string, expected: unknown, got: () => unknown): void {
    let value: unknown;
    try {
      value = got();
    } catch (error) {
      value = String(error);
    }
    if (value === expected) {
      const set = name.split(' ')[0] ?? name;
      this.passed++;
      this.sets[set] = (this.sets[set] ?? 0) + 1;
      return;
    }
    this.failed.push(`${name}: expected ${short(expected)}, got ${short(value)}`);
  }
}

function short(value: unknown): string {
  const text = String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
