// The file for node_exporter is in a folder of another user: that user gets the numbers, and
// nothing elsewhere is written.
import {
  chmod,
  chown,
  lchown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { writePrometheus } from '../../src/cli/check/prometheus.ts';

const NOBODY = 65_534;

describe.runIf(process.geteuid?.() === 0)('K25: the file of --prometheus', () => {
  test('is written into a folder of another user, and not through a link of that user', async () => {
    const base = await mkdtemp(join(tmpdir(), 'holger-test-'));
    onTestFinished(() => rm(base, { recursive: true, force: true }));
    await chmod(base, 0o755);
    const [theirs, elsewhere] = [join(base, 'theirs'), join(base, 'elsewhere')];
    for (const folder of [theirs, elsewhere]) await mkdir(folder);
    await chown(theirs, NOBODY, NOBODY);
    await symlink(elsewhere, join(theirs, 'linked'));
    await lchown(join(theirs, 'linked'), NOBODY, NOBODY);
    await writePrometheus(join(theirs, 'holger.prom'), 'holger_check_status 0\n');
    expect(await readFile(join(theirs, 'holger.prom'), 'utf8')).toBe('holger_check_status 0\n');
    expect((await stat(join(theirs, 'holger.prom'))).mode & 0o777).toBe(0o644);
    await expect(writePrometheus(join(theirs, 'linked', 'holger.prom'), '')).rejects.toMatchObject({
      code: 'STORE_REFUSED',
    });
    await expect(writePrometheus(join(base, 'none', 'x.prom'), '')).rejects.toMatchObject({
      code: 'STORE_REFUSED',
    });
    expect(await readdir(elsewhere)).toEqual([]);
  });
});
