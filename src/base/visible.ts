// Characters that control a terminal, or that hide or reorder other text, are shown as escapes.
// Text from others (a CA's problem, a subject, a banner) goes to a terminal, a mail or a log only
// through these functions.

/**
 * Controls (C0, DEL, C1), format characters (bidi controls, zero width, byte order mark, tags),
 * line and paragraph separators, unpaired surrogates, and characters without a visible shape:
 * variation selectors, joiners, fillers, the empty Braille cell. Line feed and tab stay, because
 * the layout uses them.
 */
const UNSAFE = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** Longer text from others is cut: it is a reason, not a document. */
const LONGEST = 2_000;

function escaped(character: string): string {
  return Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('');
}

/** Escaped as in JSON, so that a JSON document keeps its meaning, and lines stay lines. */
export function visible(text: string): string {
  return text.replace(UNSAFE, escaped);
}

/** The same as one line of bounded length: for headers, subjects and fields. */
export function visibleLine(text: string, longest = LONGEST): string {
  const flat = visible(text.replace(/\s+/g, ' ').trim());
  return flat.length > longest ? `${flat.slice(0, longest - 1)}…` : flat;
}
