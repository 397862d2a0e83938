// Names every export of src/ and providers/ that no other file imports. An export is a promise to
// somebody: without anybody, it is either dead or should be private to its file. Types that appear
// in an exported signature are exempt: a reader wants their names.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import ts from 'typescript';

const ROOT = path.resolve(import.meta.dirname, '..');

function sources(folder) {
  const full = path.join(ROOT, folder);
  let entries = [];
  try {
    entries = readdirSync(full, { recursive: true, withFileTypes: true });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  return entries
    .filter((entry) => entry.isFile() && /\.(ts|mjs)$/.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => !file.includes(`${path.sep}node_modules${path.sep}`));
}

function parse(file) {
  return ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
}

const hasExport = (node) =>
  ts.canHaveModifiers(node) &&
  (ts.getModifiers(node) ?? []).some((item) => item.kind === ts.SyntaxKind.ExportKeyword);

/** The exported names of a file; interfaces and type aliases are marked. */
function exportsOf(source) {
  const found = [];
  for (const node of source.statements) {
    if (!hasExport(node)) continue;
    if (ts.isVariableStatement(node)) {
      for (const { name } of node.declarationList.declarations) {
        if (ts.isIdentifier(name)) found.push({ name: name.text, type: false });
      }
    } else if (node.name !== undefined) {
      const type = ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node);
      found.push({ name: node.name.text, type });
    }
  }
  return found;
}

/**
 * What a file takes from which other file: `<file>#<name>`, and `<file>#*` for whole-module
 * imports.
 */
function importsOf(source) {
  const found = [];
  const take = (specifier, names) => {
    if (!specifier.startsWith('.')) return;
    const target = path.resolve(path.dirname(source.fileName), specifier);
    for (const name of names) found.push(`${target}#${name}`);
  };
  const visit = (node) => {
    if (ts.isImportDeclaration(node)) {
      const bindings = node.importClause?.namedBindings;
      const names =
        bindings !== undefined && ts.isNamedImports(bindings)
          ? bindings.elements.map((item) => (item.propertyName ?? item.name).text)
          : ['*'];
      take(node.moduleSpecifier.text, names);
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
      take(node.moduleSpecifier.text, ['*']);
    } else if (ts.isImportTypeNode(node)) {
      take(node.argument.literal?.text ?? '', ['*']);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [specifier] = node.arguments;
      if (specifier !== undefined && ts.isStringLiteralLike(specifier)) take(specifier.text, ['*']);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const offered = [...sources('src'), ...sources('providers')].map(parse);
const takers = [
  ...offered,
  ...[...sources('test'), ...sources('bench'), ...sources('packaging'), ...sources('.ci')].map(
    parse,
  ),
  parse(path.join(ROOT, 'build.mjs')),
];
const taken = new Set(takers.flatMap(importsOf));

const unused = offered.flatMap((source) =>
  exportsOf(source)
    .filter(
      ({ name }) => !taken.has(`${source.fileName}#${name}`) && !taken.has(`${source.fileName}#*`),
    )
    // Once for the declaration; a second mention in its own file means that an exported signature
    // may need the name.
    .filter(({ name, type }) => !type || source.text.split(new RegExp(`\\b${name}\\b`)).length < 3)
    .map(
      ({ name }) =>
        `${path.relative(ROOT, source.fileName)}: ${name} is exported, and imported nowhere`,
    ),
);

for (const line of unused) console.error(line);
process.exitCode = unused.length === 0 ? 0 : 1;
