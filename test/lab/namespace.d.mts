export function withLines(text: string, lines: readonly string[]): string;
