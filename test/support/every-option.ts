// Files that are made from the table of options: explanation starts with "#" and a blank, an option
// that is commented out with "#" and its key.

/**
 * With everything uncommented, lists of several lines as well. Without csr and key = "target": each
 * excludes other options.
 */
export function withEveryOption(text: string): string {
  return text
    .replaceAll(/^#(csr =|key = "target").*\n/gm, '')
    .replaceAll(/^#(?=\S| {2}["{])/gm, '');
}
