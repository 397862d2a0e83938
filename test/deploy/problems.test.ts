import { chmod, chown, mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { FilesTargetOptions } from '../../src/deploy/files.ts';
import { filesProblems, programProblem } from '../../src/deploy/problems.ts';
import { temporaryFolder } from './packages.ts';

const problems = (options: Partial<FilesTargetOptions>) =>
  filesProblems({
    ...{ certificate: undefined, key: undefined, chain: undefined, combined: undefined },
    ...{ existingKey: undefined, directory: undefined, owner: undefined, group: undefined },
    ...{ mode: undefined, write: undefined, reload: undefined, timeout: 10 },
    ...options,
  });

describe('K43: what certainly fails is reported before a certificate is ordered', () => {
  test('a target that will work has no problem, and nothing remains of the attempt', async () => {
    const folder = await temporaryFolder();
    const [key, certificate] = [join(folder, 'key'), join(folder, 'cert')];
    await writeFile(key, 'old');
    expect(await problems({ key, certificate, reload: ['sh', '-c', 'false'] })).toEqual([]);
    expect(await problems({ key, certificate, write: 'in-place' })).toEqual([]);
    expect(await problems({ directory: join(folder, 'made-later') })).toEqual([]);
    expect(await readdir(folder)).toEqual(['key']);
  });

  test('a missing folder, a folder in the way, folders of other users and unknown accounts are named, all at once', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'cert'));
    const found = await problems({
      key: join(folder, 'none', 'key'),
      certificate: join(folder, 'cert'),
      ...{ owner: 'nobody-has-this-name', reload: ['no-such-program-anywhere'] },
    });
    expect(found).toEqual([
      expect.stringMatching(/the user "nobody-has-this-name" does not exist/),
      expect.stringMatching(/the folder .*none does not exist; create the folder first/),
      expect.stringMatching(/cannot write .*cert: .*EISDIR/),
      expect.stringMatching(/the program no-such-program-anywhere does not exist in/),
    ]);
    await chmod(folder, 0o777);
    expect(await problems({ combined: join(folder, 'both') })).toEqual([
      expect.stringMatching(/every user may write.*chmod go-w/),
    ]);
  });

  test.runIf(process.geteuid?.() === 0)(
    'a file of another user is not overwritten in place',
    async () => {
      const key = join(await temporaryFolder(), 'key');
      await writeFile(key, 'old');
      await chown(key, 65_534, 0);
      const found = await problems({ key, write: 'in-place' });
      expect(found).toEqual([expect.stringMatching(/belongs to another user.*chown root/)]);
      expect(await problems({ key, write: 'in-place', owner: '65534' })).toEqual([]);
    },
  );

  test('a program is searched where commands are started, and has to be executable', async () => {
    const program = join(await temporaryFolder(), 'reload');
    expect(await programProblem(['sh'])).toBeUndefined();
    expect(await programProblem([program])).toMatch(/is not a program that this user may start/);
    await writeFile(program, '#!/bin/sh\n', { mode: 0o600 });
    expect(await programProblem([program])).toMatch(/is not a program that this user may start/);
    await chmod(program, 0o700);
    expect(await programProblem([program])).toBeUndefined();
    await chmod(program, 0o777);
    expect(await programProblem([program])).toMatch(/every user may write to .*chmod go-w/);
    await chmod(program, 0o755);
    await chmod(dirname(program), 0o777);
    expect(await programProblem([program])).toMatch(/every user may write to the folder/);
  });
});
