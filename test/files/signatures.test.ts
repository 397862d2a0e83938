// Files are compared by what the system says of them.
import { link, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { signatures } from '../../src/files/signatures.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holger-signatures-'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

/** The files are then older than the steps in which their times are counted. */
function later(seconds: number): void {
  const now = Date.now.bind(Date);
  vi.spyOn(Date, 'now').mockImplementation(() => now() + seconds * 1000);
}

async function signatureOf(...paths: readonly string[]): Promise<string | undefined> {
  return (await signatures.of([paths]))[0];
}

describe('the signature of files', () => {
  it('is short, and the same while they stay as they are', async () => {
    later(10);
    const path = join(folder, 'a');
    await writeFile(path, 'a');
    const first = await signatureOf(path, folder);
    expect(first).toMatch(/^[A-Za-z0-9+/]{22}$/);
    expect(await signatureOf(path, folder)).toBe(first);
  });

  it('differs for another path, another content of the same size, and a missing file', async () => {
    later(10);
    const [a, b, none] = ['a', 'b', 'none'].map((name) => join(folder, name));
    await writeFile(a ?? '', 'a');
    await link(a ?? '', b ?? '');
    const found = [await signatureOf(a ?? ''), await signatureOf(b ?? '')];
    await rm(b ?? '');
    await writeFile(a ?? '', 'b');
    found.push(await signatureOf(a ?? ''), await signatureOf(none ?? ''));
    expect(found).not.toContain(undefined);
    expect(new Set(found).size).toBe(4);
  });

  it('is that of the file to which a link leads', async () => {
    later(10);
    const [target, at] = [join(folder, 'target'), join(folder, 'link')];
    await writeFile(target, 'a');
    await symlink('target', at);
    const first = await signatureOf(at);
    await writeFile(target, 'b');
    expect(await signatureOf(at)).not.toBe(first);
  });

  it('is not given to a file that changed a moment ago, whatever time it shows', async () => {
    const path = join(folder, 'a');
    await writeFile(path, 'a');
    await utimes(path, 1, 1);
    expect(await signatureOf(path)).toBeUndefined();
    later(-60);
    expect(await signatureOf(path)).toBeUndefined();
  });

  it('is not given to what cannot be reached', async () => {
    await writeFile(join(folder, 'a'), '');
    expect(await signatureOf(join(folder, 'a/b'))).toBeUndefined();
  });

  it('is given to each list on its own, however many there are', async () => {
    later(10);
    const lists = Array.from({ length: 100 }, (_, at) => [folder, join(folder, String(at))]);
    const found = await signatures.of([...lists, []]);
    expect(new Set(found).size).toBe(101);
    expect(found).not.toContain(undefined);
  });
});
