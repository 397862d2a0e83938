// `init`: a first configuration with comments, for Let's Encrypt; and what is still missing in it.
import { access } from 'node:fs/promises';
import path from 'node:path';
import type { ExitStatus } from '../../base/errors.ts';
import { AppError } from '../../base/errors.ts';
import { makeFolder } from '../../files/folders.ts';
import { writeNewFile } from '../../files/write.ts';
import type { GlobalOptions, Io } from '../terminal/io.ts';
import { jsonDocument, paragraph } from '../terminal/render.ts';

export function template(tsigFile: string): string {
  return `# Configuration of holger. All options: config.example.toml. Check with: holger config check

[acme]
# Try an issuance out with holger run --staging, which deploys nothing. No client trusts the certificates of a
# staging environment: deploy none of them on a server in use.
directory = "https://acme-v02.api.letsencrypt.org/directory"
#email = "hostmaster@example.org"

[dns]
# A validating resolver that you trust, best on this machine (unbound, knot-resolver).
resolver = ["127.0.0.1"]

# The primary name server, and the key with which it takes dynamic updates.
[provider.main]
type = "rfc2136"
server = "127.0.0.1"
tsig = { name = "holger.", algorithm = "hmac-sha256", secret = { file = ${JSON.stringify(tsigFile)} } }

#[[certificate]]
#name = "mx1"
#domains = ["mx1.example.org"]
#services = ["smtp://mx1.example.org:25"]
#deploy = [{ type = "files", certificate = "/etc/postfix/tls/mx1.pem", key = "/etc/postfix/tls/mx1.key", reload = ["systemctl", "reload", "postfix"] }]
`;
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

async function writeNew(file: string, text: string): Promise<void> {
  await makeFolder(path.dirname(file), 0o750, 'CONFIG_INVALID');
  if (await writeNewFile(file, text, { code: 'CONFIG_INVALID' })) return;
  throw new AppError('USAGE', `${file} exists already, and nothing was changed`, {
    hint: 'check it with holger config check, or name another folder with --directory',
  });
}

export async function initCommand(
  directory: string,
  options: GlobalOptions,
  io: Io,
): Promise<ExitStatus> {
  const file = path.resolve(directory, 'config.toml');
  const tsigFile = path.resolve(directory, 'tsig.key');
  await writeNew(file, template(tsigFile));
  const missing = [
    'acme.email: the address to which the CA may write',
    'provider.main.server: your primary name server',
    ...((await exists(tsigFile))
      ? []
      : [`${tsigFile}: the secret of a TSIG key (base64), mode 0640; tsig-keygen makes one`]),
    '[[certificate]]: at least one, with its domains and services',
  ];
  if (options.json) {
    io.out(jsonDocument({ path: file, missing }));
  } else {
    io.out(`wrote ${file}\n\nstill missing:\n`);
    io.out(missing.map((item) => paragraph(item, '  - ')).join(''));
    io.out('\nthen: holger config check && holger run --dry-run && holger run --staging\n');
  }
  return 0;
}
