// What another client calls after a renewal: the certificates that take its key and chain are
// looked at in the next run. Nothing else happens here, and what the client said is not believed
// further than that.
import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { issuersFor, pairFilesOf } from '../../config/issuers.ts';
import type { CertificateConfig, Config } from '../../config/schema.ts';
import type { OtherClient } from '../../deploy/other-client.ts';
import { ask } from '../../engine/state/asked.ts';
import { asOwnerOf } from '../../files/as-owner.ts';
import { within } from '../../files/deadline.ts';
import { createStore } from '../../store/keyv-store.ts';
import { reportedBy } from '../clients/reported.ts';
import type { Environment, Reported } from '../clients/reported.ts';
import { systemClock } from '../world/clock.ts';
import { faultOf } from '../world/document-shapes.ts';

export interface HookRequest {
  readonly config: Config;
  readonly client: OtherClient;
  /** As the client gives them. */
  readonly args: readonly string[];
}

export interface HookReport {
  /** Certificates that the next run looks at. */
  readonly asked: readonly string[];
  readonly doubts: readonly string[];
}

interface Taker {
  readonly certificate: CertificateConfig;
  readonly files: readonly string[];
}

/** @throws AppError if this user may not write to the state */
export async function hook(
  { config, client, args }: HookRequest,
  env: Environment,
): Promise<HookReport> {
  const reported = reportedBy(client, args, env);
  if (reported === undefined) return { asked: [], doubts: [] };
  const takers = takersOf(config);
  const chosen = await meant(reported, takers);
  const doubts = [...reported.doubts, ...doubtsOf(client, reported, takers, chosen)];
  const asked = chosen.map(({ certificate: { name } }) => name);
  const { directory } = config.state;
  if (asked.length > 0) {
    await asOwnerOf(directory, async () => {
      const store = createStore({ directory, clock: systemClock, faultOf });
      for (const name of asked) await ask(name, client, { store, clock: systemClock });
    });
  }
  return { asked, doubts };
}

function takersOf(config: Config): readonly Taker[] {
  return config.certificates.flatMap((certificate) => {
    const [issuer] = issuersFor(certificate, config);
    if (issuer.type !== 'files') return [];
    return [{ certificate, files: Object.values(pairFilesOf(issuer, certificate.name)) }];
  });
}

/** By the files, or else by the names; all, when the client says neither. */
async function meant(
  { files, domains }: Reported,
  takers: readonly Taker[],
): Promise<readonly Taker[]> {
  if (files.length === 0 && domains.length === 0) return takers;
  const paths = new Set((await Promise.all(files.map(spellings))).flat());
  const own = await Promise.all(takers.map((one) => Promise.all(one.files.map(spellings))));
  const byFiles = takers.filter((_, at) => own[at]?.flat().some((path) => paths.has(path)));
  if (byFiles.length > 0) return byFiles;
  // A client that installs copies names its own files and not those.
  return takers.filter(({ certificate }) =>
    certificate.domains.some((domain) => domains.includes(domain)),
  );
}

/** As it is written, and with the links of its folder followed. */
async function spellings(path: string): Promise<readonly string[]> {
  const folder = dirname(path);
  const real = within('DEPLOY_FAILED', folder, realpath(folder));
  return [path, join(await real.catch(() => folder), basename(path))];
}

function doubtsOf(
  client: OtherClient,
  { files, domains }: Reported,
  takers: readonly Taker[],
  chosen: readonly Taker[],
): readonly string[] {
  if (takers.length === 0) {
    return [
      'no certificate takes key and chain from another client: set an issuer of type "files"',
    ];
  }
  if (chosen.length > 0) return [];
  const what = files[0] ?? domains[0] ?? '';
  return [`no certificate takes key and chain from what ${client} has renewed: ${what}`];
}
