// Which resolvers a command asks: those of the command line, those of the configuration, or those
// of this machine.
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { ServerAddress as Configured } from '../../config/fields.ts';
import type { Config } from '../../config/schema.ts';
import type { ServerAddress } from '../../resolver/transport.ts';
import { resolversIn } from '../../resolver/resolv-conf.ts';

const RESOLV_CONF = '/etc/resolv.conf';
/** glibc reads any number of lines; this is more than enough for three servers. */
const MOST_OCTETS = 65_536;

/** Empty if it cannot be read; a FIFO or a device is never waited for. */
async function contentOf(file: string): Promise<string> {
  try {
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      if (!(await handle.stat()).isFile()) return '';
      const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(MOST_OCTETS) });
      return buffer.subarray(0, bytesRead).toString('utf8');
    } finally {
      await handle.close();
    }
  } catch {
    return '';
  }
}

export async function resolversOf(
  named: readonly Configured[],
  config: Config | undefined,
): Promise<readonly ServerAddress[]> {
  const told = named.length > 0 ? named : (config?.dns.resolver ?? []);
  if (told.length > 0) return told.map(({ host, port }) => ({ address: host, port }));
  return resolversIn(await contentOf(RESOLV_CONF));
}
