// Every TOML block of README.md and docs/ is one that `holger config check` accepts.
import { expect, test } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';
import { fences, PAGES } from './pages.ts';

const ACME = '[acme]\nemail = "hostmaster@example.org"\n';
const PROVIDER = '[provider.main]\ntype = "manual"\n';
const CERTIFICATE =
  '[[certificate]]\nname = "mx1"\ndomains = ["mx1.example.org"]\nservices = ["smtp://mx1.example.org:25"]\n';

/** Lines before the first table belong to the certificate; tables that are missing are added. */
function whole(block: string): string {
  const isPart = !/^\s*(#.*\n\s*)*\[/.test(block);
  const certificate = isPart ? `${CERTIFICATE}${block}` : block;
  return [
    ...(/^\[acme\]/m.test(block) ? [] : [ACME]),
    ...(/^\[provider\./m.test(block) ? [] : [PROVIDER]),
    certificate,
    ...(/^\[\[certificate\]\]/m.test(certificate) ? [] : [CERTIFICATE]),
  ].join('\n');
}

const blocks = PAGES.flatMap(({ file, text }) =>
  fences(text)
    .filter(({ language }) => language === 'toml')
    .map((fence, index) => [`${file}, block ${index + 1}`, whole(fence.text)] as const),
);

test.each(blocks)('%s', (_, text) => {
  expect(parseConfig(text, '/etc/holger/config.toml').warnings).toEqual([]);
});

test('a wrong key, and a wrong line for the certificate, are found', () => {
  expect(() => parseConfig(whole('[monitor]\nmxx = []\n'), 'config.toml')).toThrow('mxx');
  expect(() => parseConfig(whole('deploy = [{ type = "fils" }]\n'), 'config.toml')).toThrow('type');
});

test('README.md has the first configuration, of ten lines, without a deployment', () => {
  const readme = PAGES.find(({ file }) => file === 'README.md')?.text ?? '';
  const [first] = fences(readme).filter(({ language }) => language === 'toml');
  expect(first?.text.trim().split('\n')).toHaveLength(10);
  expect(parseConfig(first?.text ?? '', 'config.toml').certificates[0]?.deploy).toEqual([]);
});
