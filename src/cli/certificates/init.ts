// `init`: a first configuration with comments, for Let's Encrypt; and what is still missing in it.
import { access, stat } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import type { ExitStatus } from '../../base/errors.ts';
import { AppError } from '../../base/errors.ts';
import { CONFIG_PATH } from '../../config/defaults.ts';
import { firstFile } from '../../config/example.ts';
import { makeFolder } from '../../files/folders.ts';
import { writeNewFile } from '../../files/write.ts';
import type { Invocation } from '../terminal/io.ts';
import { jsonDocument, paragraph } from '../terminal/render.ts';

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/** What a later command needs to find the file: nothing where all look for it. */
const namedFor = (file: string): string => (file === CONFIG_PATH ? '' : ` --config ${file}`);

async function writeNew(file: string, text: string): Promise<void> {
  const folder = path.dirname(file);
  await makeFolder(folder, 0o750, 'CONFIG_INVALID');
  const { gid } = await stat(folder);
  // The Debian package lets the group of the folder read what root writes there: its timer runs
  // as a user of that group.
  const group = process.getuid?.() === 0 ? { gid } : {};
  if (await writeNewFile(file, text, { code: 'CONFIG_INVALID', mode: 0o640, ...group })) return;
  throw new AppError('USAGE', `${file} already exists, and nothing was changed`, {
    hint: `check it with holger config check${namedFor(file)}, or name another file with --config`,
  });
}

/** Where the other commands will look for it, or in another folder. */
function fileFor(directory: string | undefined, config: string | undefined): string {
  if (directory === undefined) return path.resolve(config ?? CONFIG_PATH);
  if (config === undefined) return path.resolve(directory, 'config.toml');
  throw new AppError('USAGE', '--config and --directory both say where to write the file', {
    hint: 'leave one of them out',
  });
}

/** @param directory undefined: in the folder of the configuration */
export async function initCommand(
  directory: string | undefined,
  { options, io }: Invocation,
): Promise<ExitStatus> {
  const file = fileFor(directory, options.config);
  const tsigFile = path.join(path.dirname(file), 'tsig.key');
  await writeNew(file, firstFile(tsigFile));
  const missing = [
    'acme.email: the address to which the CA may send mail',
    'provider.main.server: your primary name server',
    ...((await exists(tsigFile))
      ? []
      : [
          `${tsigFile}: the secret of a TSIG key (base64), mode 0640 and the group of its folder; tsig-keygen makes one`,
        ]),
    '[[certificate]]: at least one, with its domains and services',
  ];
  if (options.json) {
    io.out(jsonDocument({ path: file, missing }));
  } else {
    io.out(`wrote ${file}\n\nstill missing:\n`);
    io.out(missing.map((item) => paragraph(item, '  - ')).join(''));
    const commands = ['config check', 'run --dry-run', 'run --staging'];
    io.out('\nthen:\n');
    io.out(commands.map((command) => `  holger ${command}${namedFor(file)}\n`).join(''));
  }
  return 0;
}
