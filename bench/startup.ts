// How long the command takes to print its version: every command takes at least this.

import { withCommand } from './command.ts';
import { interleaved, ms, node, say, type Figure } from './measure.ts';

const target = 1.5;
const rounds = 31;

export function startup(): Promise<Figure> {
  return withCommand((command) => {
    const { holger, bare } = interleaved(rounds, {
      holger: () => node(command, '--version'),
      bare: () => node('-e', '0'),
    });
    say(`medians of ${rounds}: holger --version ${ms(holger)}, node -e 0 ${ms(bare)}`);
    const ratio = holger / bare;
    const text = `holger --version ${ratio.toFixed(2)} x node -e 0 (target ${target})`;
    return { text, ok: ratio <= target };
  });
}
