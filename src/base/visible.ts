// What a terminal obeys, and what hides or turns round the words beside it, is shown as an escape.
// Words of others (a CA's problem, a subject, a banner) reach a terminal, a mail and a log only
// through this.

/**
 * Controls (C0, DEL, C1), format characters (bidi controls, zero width, byte order mark, tags),
 * line and paragraph separators, halves of surrogate pairs, and what has no shape: variation
 * selectors, joiners, fillers, the empty Braille cell. Line feed and tab stay: the layout is made
 * of them.
 */
const UNSAFE = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** Longer words of others are cut: they are a reason, not a document. */
const LONGEST = 2_000;

function escaped(character: string): string {
  return Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('');
}

/**
 * Written as JSON writes it, so that a JSON document means the same afterwards, and lines stay
 * lines.
 */
export function visible(text: string): string {
  return text.replace(UNSAFE, escaped);
}

/** The same as one line of bounded length: for headers, subjects and fields. */
export function visibleLine(text: string, longest = LONGEST): string {
  const flat = visible(text.replace(/\s+/g, ' ').trim());
  return flat.length > longest ? `${flat.slice(0, longest - 1)}…` : flat;
}
