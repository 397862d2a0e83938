// Where text leaves the program: for all commands, secrets are masked here, control characters in
// text from others are escaped, and colour marks become escape sequences.
import { visible } from '../../base/visible.ts';
import { redactText } from '../../observe/redact.ts';
import type { Io } from './io.ts';
import { renderStyles } from './style.ts';

export const COLOUR_CHOICES = ['auto', 'always', 'never'] as const;
export type ColourChoice = (typeof COLOUR_CHOICES)[number];

/**
 * `choice` is called for each text, because the first error may come before the command line is
 * read.
 */
export function withEdge(io: Io, choice: () => ColourChoice): Io {
  const coloured = (auto: boolean): boolean => {
    const chosen = choice();
    return chosen === 'auto' ? auto : chosen === 'always';
  };
  const { colour = { out: false, err: false }, rewrite } = io;
  const edge = (auto: boolean) => (text: string) =>
    renderStyles(text, coloured(auto), (plain) => visible(redactText(plain)));
  const [out, err] = [edge(colour.out), edge(colour.err)];
  return {
    ...io,
    out: (text) => io.out(out(text)),
    err: (text) => io.err(err(text)),
    ...(rewrite === undefined ? {} : { rewrite: (line: string) => rewrite(err(line)) }),
  };
}
