// The Issuer port without a CA elsewhere: a private CA whose key is in the state, or certificates
// that are signed by their own key. What is issued is a file before it is reported, so that a crash
// between two steps leaves an order that can be looked at again.
import { randomUUID } from 'node:crypto';
import { readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Instant, Seconds } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { makeFolder } from '../files/folders.ts';
import { readFileIfAny, writeNewFile } from '../files/write.ts';
import type { Issuer, OrderStatus } from '../ports/issuer.ts';
import { pemOf } from '../x509/pem.ts';
import { signRequest } from '../x509/sign.ts';
import type { Signer } from '../x509/sign.ts';

/** An order that was not fetched for so long is forgotten. */
const ORDERS_KEPT: Seconds = 7 * 86_400;
const ID = /^[0-9a-f-]{36}$/;

export interface OwnCaOptions {
  /** As the state knows the issuer. */
  readonly id: string;
  /** Its own folder, for what it has issued. */
  readonly folder: string;
  readonly lifetime: Seconds;
  readonly clock: Clock;
  /** Signer of a certificate that ends then; `privkeyPem`: the key of the certificate itself. */
  signerFor(end: Instant, privkeyPem: string): Promise<Signer>;
}

export function createOwnCa(options: OwnCaOptions): Issuer {
  const { id, folder, lifetime, clock } = options;
  const orders = join(folder, 'orders');
  const fileOf = (url: string): string => join(orders, `${orderIn(url, id)}.pem`);
  const look = async (url: string): Promise<OrderStatus> => {
    const isIssued = (await readFileIfAny(fileOf(url))) !== undefined;
    return { url, status: isIssued ? 'valid' : 'ready', challenges: [] };
  };
  return {
    directory: id,
    signsHere: true,
    newOrder: async () => {
      await makeFolder(folder);
      await makeFolder(orders);
      await forgetOld(orders, clock.now());
      return { url: `${id}/${randomUUID()}`, status: 'ready', challenges: [] };
    },
    lookAtOrder: look,
    answerChallenge: () => Promise.resolve(undefined),
    finalize: async (url, csrDer, _call, privkeyPem = '') => {
      const now = clock.now();
      const signer = await options.signerFor(now + lifetime, privkeyPem);
      const leaf = await signRequest(csrDer, signer, now + lifetime, now);
      const ders = signer.certificate === undefined ? [leaf] : [leaf, signer.certificate];
      const pem = ders.map((der) => pemOf('CERTIFICATE', der)).join('');
      await writeNewFile(fileOf(url), pem);
      return look(url);
    },
    download: async (url) => {
      const pem = await readFileIfAny(fileOf(url));
      if (pem !== undefined) return pem;
      throw new AppError('STORE_CORRUPT', `the certificate of ${url} is gone`, {
        hint: 'run again: another one is issued',
        details: { status: 404 },
      });
    },
    renewalInfo: () => Promise.resolve(undefined),
    // There is no list of revocations; the mark in the state counts (rule 29).
    revoke: () => Promise.resolve(),
  };
}

function orderIn(url: string, id: string): string {
  const order = url.slice(id.length + 1);
  if (url.startsWith(`${id}/`) && ID.test(order)) return order;
  throw new AppError('STORE_CORRUPT', `${url} is not an order of this issuer`, {
    hint: 'run again: another one is placed',
    details: { status: 404 },
  });
}

async function forgetOld(orders: string, now: Instant): Promise<void> {
  for (const name of await readdir(orders)) {
    const path = join(orders, name);
    const { mtimeMs } = await stat(path);
    if (mtimeMs / 1000 < now - ORDERS_KEPT) await unlink(path);
  }
}
