// A mutant is a piece of code that occurs once in a function, and what is put in its place. Line
// breaks, indentation and the commas that come with them say nothing: the formatter may move them.
import ts from 'typescript';

/** The characters that count, and where each of them is. */
function essence(text, from = 0, to = text.length) {
  const chars = [];
  const at = [];
  for (let index = from; index < to; index += 1) {
    const char = text[index];
    if (/\s/.test(char)) continue;
    if (/[)\]}]/.test(char) && chars.at(-1) === ',') {
      chars.pop();
      at.pop();
    }
    chars.push(char);
    at.push(index);
  }
  return { code: chars.join(''), at };
}

function nameOf(node) {
  const named = ts.isArrowFunction(node) || ts.isFunctionExpression(node) ? node.parent : node;
  return named.name?.getText();
}

/** Most files have several mutants. */
const parsed = new Map();

/** Every function of a file by its name: declared, a method, or a value that has a name. */
function functionsOf(text) {
  const known = parsed.get(text) ?? parse(text);
  parsed.set(text, known);
  return known;
}

function parse(text) {
  const source = ts.createSourceFile('mutated.ts', text, ts.ScriptTarget.Latest, true);
  const found = [];
  const visit = (node) => {
    if (ts.isFunctionLike(node) && node.body !== undefined) {
      const name = nameOf(node);
      if (name !== undefined) found.push({ name, from: node.getStart(), to: node.getEnd() });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** Where the code occurs, from its first character to behind its last one. */
function placesOf(text, code, from, to) {
  const wanted = essence(code).code;
  const given = essence(text, from, to);
  const places = [];
  for (let at = given.code.indexOf(wanted); at >= 0; at = given.code.indexOf(wanted, at + 1)) {
    places.push({ from: given.at[at], to: given.at[at + wanted.length - 1] + 1 });
  }
  return places;
}

function functionAround(text, { from, to }) {
  const around = functionsOf(text).filter((room) => room.from <= from && room.to >= to);
  return around.at(-1)?.name;
}

/** The comma behind the last element is not there where the formatter puts it on one line. */
function withoutLastComma(...texts) {
  const have = texts.every((text) => text.endsWith(','));
  return have ? texts.map((text) => text.slice(0, -1)) : texts;
}

/**
 * The text of the file with the rule read naively. `in`: the function that has the code; absent:
 * none has. `also`: more places of the same rule in the same file.
 */
export function mutated(text, { also = [], ...mutant }) {
  let changed = text;
  for (const one of [mutant, ...also]) {
    const rooms =
      one.in === undefined
        ? [{ from: 0, to: changed.length }]
        : functionsOf(changed).filter((room) => room.name === one.in);
    if (rooms.length === 0) throw new Error(`${mutant.rule}: there is no function ${one.in}`);
    const [find, put] = withoutLastComma(one.find.trim(), one.put.trim());
    const places = rooms.flatMap(({ from, to }) => placesOf(changed, find, from, to));
    const [place, ...others] = new Map(places.map((found) => [found.from, found])).values();
    if (place === undefined || others.length > 0)
      throw new Error(`${mutant.rule}: not once: ${find}`);
    const around = one.in === undefined ? functionAround(changed, place) : undefined;
    if (around !== undefined) throw new Error(`${mutant.rule}: it is in ${around}: say so`);
    changed = changed.slice(0, place.from) + put + changed.slice(place.to);
  }
  return changed;
}
