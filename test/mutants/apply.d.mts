import type { Mutant } from './list.mjs';

export function mutated(text: string, mutant: Mutant): string;
