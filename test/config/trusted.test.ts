// Files that name what root runs, what it trusts, or that hold its secrets: a user who may write
// them is root.
import { chmod, chown, lchown, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { adoptionOf } from '../../src/app/use-cases/adoption.ts';
import { loadConfig } from '../../src/config/load.ts';
import { readSecret } from '../../src/config/secrets.ts';
import { readTrust } from '../../src/config/trust.ts';
import { readNamed } from '../../src/cli/named-file.ts';
import { createStore } from '../../src/store/keyv-store.ts';
import { temporaryFolder } from '../store/processes.ts';

const NOBODY = 65_534;
const clock = { now: () => Date.now() / 1000, sleep: () => Promise.resolve() };

/** `<folder>/etc/file`: all of it with the right permissions. */
async function place(): Promise<{ folder: string; etc: string; file: string }> {
  const folder = await temporaryFolder();
  const etc = join(folder, 'etc');
  await mkdir(etc, { mode: 0o755 });
  const file = join(etc, 'file');
  await writeFile(file, '[state]\ndirectory = "/var/lib/holger"\n', { mode: 0o600 });
  return { folder, etc, file };
}

type Spoil = (at: Awaited<ReturnType<typeof place>>) => Promise<unknown>;
const spoiled: readonly (readonly [string, RegExp, string, Spoil])[] = [
  [
    'may be written by all',
    /every user may write|a secret, but its mode is 0602/,
    'chmod ',
    ({ file }) => chmod(file, 0o602),
  ],
  [
    'may be written by a group',
    /its group may write|a secret, but its mode is 0620/,
    'chmod ',
    ({ file }) => chmod(file, 0o620),
  ],
  [
    'belongs to another user',
    /belongs to user nobody/,
    'chown root',
    ({ file }) => chown(file, NOBODY, 0),
  ],
  [
    'lies in a folder that all may write',
    /every user may write.*etc/,
    'chmod go-w',
    ({ etc }) => chmod(etc, 0o777),
  ],
  [
    'lies in a folder that a group may write',
    /its group may write.*etc/,
    'chmod go-w',
    ({ etc }) => chmod(etc, 0o775),
  ],
  [
    'lies in the folder of another user',
    /etc belongs to user nobody/,
    'chown root',
    ({ etc }) => chown(etc, NOBODY, 0),
  ],
  [
    'lies below the folder of another user',
    /belongs to user nobody/,
    'chown root',
    ({ folder }) => chown(folder, NOBODY, 0),
  ],
  [
    'is reached through a link of another user',
    /symbolic link/,
    'name the f',
    async ({ folder, etc }) => {
      await symlink(etc, join(folder, 'moved'));
      await lchown(join(folder, 'moved'), NOBODY, NOBODY);
    },
  ],
];
/** In the last case the path is another one. */
const pathIn = ({ folder, file }: { folder: string; file: string }, what: string): string =>
  what.includes('link') ? join(folder, 'moved', 'file') : file;

const readers: readonly (readonly [string, string, (path: string) => Promise<unknown>])[] = [
  ['a configuration', 'CONFIG_INVALID', (path) => loadConfig(path)],
  ['a secret', 'SECRET_UNREADABLE', (path) => readSecret({ kind: 'file', file: path })],
  ['a store of CA certificates', 'CONFIG_INVALID', (path) => readTrust({ caFile: path })],
];

describe.runIf(process.geteuid?.() === 0)(
  'K26: files that other users could have written are not trusted',
  () => {
    for (const [what, code, read] of readers) {
      it.each(spoiled)(`${what} that %s is refused, with what helps`, async (...given) => {
        const [name, message, hint, spoil] = given;
        const at = await place();
        await spoil(at);
        const error: unknown = await read(pathIn(at, name)).catch((reason: unknown) => reason);
        expect(error).toMatchObject({ code });
        const { message: told, hint: advice = '', cause } = error as Error & { hint?: string };
        expect(told).toMatch(message);
        const inner = (cause as { hint?: string } | undefined)?.hint ?? '';
        expect(`${advice} ${inner}`).toContain(hint);
      });
    }

    it('links of root, sticky folders and read-only stores are accepted', async () => {
      const { folder, etc, file } = await place();
      // As /etc/holger of NixOS, as a mounted Kubernetes secret, and as /tmp.
      await symlink(etc, join(folder, 'link'));
      await symlink('../etc/file', join(etc, '..data'));
      await chmod(folder, 0o1777);
      await chmod(etc, 0o1777);
      await chmod(file, 0o440);
      for (const path of [file, join(folder, 'link', 'file'), join(etc, '..data')]) {
        expect(await loadConfig(path)).toMatchObject({ state: { directory: '/var/lib/holger' } });
        expect(await readSecret({ kind: 'file', file: path })).toContain('[state]');
      }
    });

    it('a state directory, or a part of it, that others may write or own is not read and not written', async () => {
      for (const part of ['', 'documents', 'leases']) {
        for (const [uid, mode] of [
          [0, 0o777],
          [0, 0o1777],
          [NOBODY, 0o700],
        ] as const) {
          const folder = join(await temporaryFolder(), 'state');
          await mkdir(join(folder, part), { recursive: true, mode: 0o700 });
          await chown(join(folder, part), uid, 0);
          await chmod(join(folder, part), mode);
          const store = createStore({ directory: folder, clock });
          const refused = { code: 'STORE_REFUSED', exit: 4 };
          await expect(store.read('a')).rejects.toMatchObject(refused);
          await expect(store.keys('')).rejects.toMatchObject(refused);
          await expect(store.write('a', 1, 0)).rejects.toMatchObject(refused);
          await expect(store.acquire('a', 'me', 60)).rejects.toMatchObject(refused);
          expect(await readdir(folder)).toEqual(part === '' ? [] : [part]);
        }
      }
    });

    it('a state document that others may write, own, or that is a link or a pipe is not read', async () => {
      const directory = await temporaryFolder();
      const store = createStore({ directory, clock });
      await store.write('a', 1, 0);
      const file = join(directory, 'documents', 'a.json');
      await chmod(file, 0o666);
      await expect(store.read('a')).rejects.toMatchObject({ code: 'STORE_REFUSED' });
      await chmod(file, 0o600);
      await chown(file, NOBODY, 0);
      await expect(store.read('a')).rejects.toMatchObject({ code: 'STORE_REFUSED' });
      await symlink('/dev/zero', join(directory, 'documents', 'b.json'));
      await expect(store.read('b')).rejects.toMatchObject({ code: 'STORE_REFUSED' });
      execFileSync('mkfifo', [join(directory, 'documents', 'c.json')]);
      await expect(store.read('c')).rejects.toMatchObject({ code: 'STORE_REFUSED' });
    });

    it('files that others could have written there are not adopted; the files of a service are', async () => {
      const { etc, file } = await place();
      const certificate = { name: 'mx1', deploy: [] };
      const pem = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n';
      await writeFile(file, pem);
      await chown(file, NOBODY, NOBODY);
      const files = { key: file, certificate: file };
      expect((await adoptionOf(certificate, files)).operation).toMatchObject({
        kind: 'adopt',
        privkeyPem: pem,
      });
      await chmod(etc, 0o1777);
      await chown(etc, NOBODY, 0);
      await expect(adoptionOf(certificate, files)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    });
  },
);

describe('K14: a file that is named to be read', () => {
  const readAll = [...readers, ['a file of the command line', 'INPUT_INVALID', readNamed] as const];
  for (const [what, code, read] of readAll) {
    it(`${what}: a pipe, a device, a folder and a file without an end are errors at once`, async () => {
      const { etc, file } = await place();
      const [pipe, device] = [join(etc, 'pipe'), join(etc, 'device')];
      execFileSync('mkfifo', ['-m', '600', pipe]);
      await symlink('/dev/zero', device);
      execFileSync('truncate', ['-s', '4G', file]);
      for (const path of [pipe, device, etc, file]) {
        await expect(read(path)).rejects.toMatchObject({ code });
      }
      await expect(read(join(etc, 'missing'))).rejects.toMatchObject({ code });
    });
  }
});
