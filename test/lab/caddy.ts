// Debian's Caddy as a CA: its acme_server is smallstep's, which looks for a challenge when it is
// answered, and leaves it `pending` with an error when it found nothing.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { servesDirectory } from './checks.ts';
import { withResolverIn } from './lab.ts';
import { Daemons } from './processes.ts';

export interface Caddy {
  readonly directory: string;
  readonly caFile: string;
  /**
   * When a challenge was asked for, with any answer: each time the CA queries DNS. Seconds, from
   * its own log.
   */
  challenged(): Promise<readonly number[]>;
  stop(): Promise<void>;
}

/** `resolver`: the address of its resolver; Caddy 2.6 supports the system's only. */
export async function startCaddy(dir: string, address: string, resolver: string): Promise<Caddy> {
  const folder = join(dir, `caddy-${address}`);
  await mkdir(folder);
  await writeFile(
    join(folder, 'resolv.conf'),
    `nameserver ${resolver}\noptions timeout:2 attempts:2\n`,
  );
  await writeFile(join(folder, 'caddy.json'), JSON.stringify(configuration(address)));
  const caddy = {
    directory: `https://${address}:${PORT}/acme/local/directory`,
    caFile: join(folder, 'caddy/pki/authorities/local/root.crt'),
  };
  const daemons = new Daemons(folder);
  const argv = [...withResolverIn(folder), 'caddy', 'run', '--config', join(folder, 'caddy.json')];
  daemons.start('caddy', argv, { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder });
  await daemons.waitFor('caddy', () => servesDirectory(caddy));
  return {
    ...caddy,
    challenged: async () => timesIn(await readFile(join(folder, 'caddy.log'), 'utf8')),
    stop: () => daemons.stopAll(),
  };
}

const PORT = 14_000;

const configuration = (address: string): object => ({
  admin: { disabled: true, config: { persist: false } },
  apps: {
    pki: { certificate_authorities: { local: { install_trust: false } } },
    tls: { automation: { policies: [{ issuers: [{ module: 'internal' }] }] } },
    http: {
      servers: {
        acme: {
          listen: [`${address}:${PORT}`],
          automatic_https: { disable_redirects: true },
          tls_connection_policies: [{}],
          logs: {},
          routes: [
            {
              match: [{ host: [address] }],
              handle: [{ handler: 'acme_server', host: `${address}:${PORT}` }],
            },
          ],
        },
      },
    },
  },
});

interface LogLine {
  readonly ts?: number;
  readonly logger?: string;
  readonly request?: { readonly method: string; readonly uri: string };
}

/**
 * The URL of a challenge is used with POST alone, and smallstep queries DNS at each of these
 * requests.
 */
function timesIn(log: string): number[] {
  return log
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as LogLine)
    .filter(({ request }) => request?.method === 'POST' && request.uri.includes('/challenge/'))
    .map(({ ts = 0 }) => ts);
}
