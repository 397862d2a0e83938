// Debian's HAProxy before a service of the lab: another port of its host, with a certificate that
// nothing has a record of.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { accepts } from './checks.ts';
import type { LabService } from './lab.ts';
import { haproxyTree } from './packages.mjs';
import { must } from './processes.ts';
import type { Daemons } from './processes.ts';

export interface Haproxy {
  readonly socket: string;
  /** What HAProxy loads when it starts: key and chain. */
  readonly file: string;
  readonly service: LabService;
  start(): Promise<void>;
  stop(): Promise<void>;
}

const PORT = 8443;
const DAEMON = 'haproxy';

interface HaproxyOptions {
  readonly daemons: Daemons;
  readonly dir: string;
  /** Of the host. */
  readonly service: LabService;
}

export async function makeHaproxy({ daemons, dir, service }: HaproxyOptions): Promise<Haproxy> {
  const tree = await haproxyTree((text) => process.stderr.write(`${text}\n`));
  const folder = join(dir, DAEMON);
  await mkdir(folder, { recursive: true });
  const [socket = '', file = '', config = ''] = ['admin.sock', 'site.pem', 'haproxy.cfg'].map(
    (name) => join(folder, name),
  );
  await writeFirst(folder, file, service.host);
  const binds = service.addresses.map((address) => `  bind ${address}:${PORT} ssl crt ${file}\n`);
  await writeFile(
    config,
    `global
  stats socket ${socket} mode 600 level admin
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend site
${binds.join('')}  http-request return status 204
`,
  );
  const libraries = await must(['sh', '-c', `echo ${join(tree, 'usr/lib')}/*-linux-gnu*`]);
  const argv = [join(tree, 'usr/sbin/haproxy'), '-db', '-f', config];
  const [first = ''] = service.addresses;
  return {
    ...{ socket, file },
    service: {
      ...service,
      port: PORT,
      tlsaOwner: service.tlsaOwner.replace(/^_\d+/, `_${PORT}`),
      certificateFile: file,
    },
    start: async () => {
      daemons.start(DAEMON, ['env', `LD_LIBRARY_PATH=${libraries.trim()}`, ...argv]);
      await daemons.waitFor(DAEMON, () => accepts(first, PORT));
    },
    stop: () => daemons.stop(DAEMON),
  };
}

async function writeFirst(folder: string, file: string, host: string): Promise<void> {
  const [key = '', certificate = ''] = ['first.key', 'first.crt'].map((name) => join(folder, name));
  await must([
    ...['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    ...['-nodes', '-keyout', key, '-out', certificate, '-days', '30', '-subj', `/CN=${host}`],
  ]);
  const both = await must(['cat', key, certificate]);
  await writeFile(file, both, { mode: 0o600 });
}
