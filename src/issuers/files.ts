// The files of another ACME client, or of a company CA. They are read with the rules for secrets,
// and nothing is ever written there.
import { stat } from 'node:fs/promises';
import { uidOf } from '../files/accounts.ts';
import { readTrusted } from '../files/trusted.ts';
import type { TrustedRules } from '../files/trusted.ts';
import type { PairRead, PairSource } from '../ports/source.ts';

/** Key and chain in PEM are some 10 KiB. */
const MOST_BYTES = 1024 * 1024;

export interface PairPlace {
  readonly certificate: string;
  readonly key: string;
  /** The user that may own the files, besides root and the user that runs holger. */
  readonly owner: string | undefined;
}

export function createFilesSource({ certificate, key, owner }: PairPlace): PairSource {
  return {
    label: certificate,
    watches: [certificate, key],
    read: async (): Promise<PairRead | undefined> => {
      const owners = owner === undefined ? [] : [await uidOf(owner)];
      const rules: TrustedRules = { most: MOST_BYTES, code: 'INPUT_INVALID', owners };
      const certificatePem = await readTrusted(certificate, rules);
      const privkeyPem = await readTrusted(key, { ...rules, secret: true });
      if (certificatePem === undefined || privkeyPem === undefined) return undefined;
      return { certificatePem, privkeyPem, changedAt: await changedAt([certificate, key]) };
    },
  };
}

/** A file that was moved since then has just changed. */
async function changedAt(paths: readonly string[]): Promise<number> {
  const times = await Promise.all(
    paths.map(async (path) => (await stat(path).catch(() => undefined))?.ctimeMs ?? Date.now()),
  );
  return Math.max(...times) / 1000;
}
