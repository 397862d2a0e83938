import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { targetProblems } from '../../src/app/use-cases/target-problems.ts';
import { parseConfig } from '../../src/config/load.ts';
import { temporaryFolder } from '../deploy/packages.ts';

const certificate = (name: string, directory: string): string => `
[[certificate]]
name = "${name}"
domains = ["${name}.example.org"]
deploy = [{ type = "files", directory = "${directory}" }]
`;

test('K3: two certificates for one folder are refused, also where a link gives it two names', async () => {
  const folder = await temporaryFolder();
  const [real, link] = [join(folder, 'real'), join(folder, 'link')];
  await mkdir(real);
  await symlink(real, link);
  const provider = '[provider.main]\ntype = "rfc2136"\nserver = "192.0.2.53"\n';
  const problems = (a: string, b: string): Promise<readonly string[]> =>
    targetProblems(
      parseConfig(provider + certificate('a', a) + certificate('b', b), 'config.toml'),
    );
  expect(await problems(real, join(folder, 'other'))).toEqual([]);
  const found = await problems(join(real, 'tls'), join(link, 'tls'));
  expect(found).toHaveLength(5);
  expect(found[0]).toMatch(
    /certificate b: .*link.tls.privkey.pem is the same file as .*real.*of certificate a/,
  );
});
