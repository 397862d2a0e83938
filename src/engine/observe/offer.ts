// The key and certificate that another program has, read at every look.
import { AppError } from '../../base/errors.ts';
import { defined } from '../../base/defined.ts';
import { sameLeaf } from '../../dane/chain.ts';
import { stagedGeneration, liveGeneration } from '../../rollover/model.ts';
import type { Lineage } from '../../rollover/model.ts';
import type { Offer } from '../../rollover/record/offer.ts';
import { keyAlgorithmOf, spkiOfKey } from '../../x509/keys.ts';
import type { PairRead, PairSource } from '../../ports/source.ts';
import type { Task, World } from '../world.ts';

/** A pair that fits, in the form in which the state stores it. */
export interface OfferedPair {
  readonly offer: Extract<Offer, { readonly status: 'pair' }>;
  readonly pems: PairRead;
}

export async function readOffer(
  { source }: Pick<Task, 'source'>,
  { pki }: Pick<World, 'pki'>,
): Promise<OfferedPair | Extract<Offer, { readonly status: 'none' }> | undefined> {
  if (source === undefined) return undefined;
  let pems: PairRead | undefined;
  try {
    pems = await source.read();
    if (pems === undefined) return missing(source);
    const chain = pki.readPem(pems.certificatePem);
    if (!pki.keyFits(pems.privkeyPem, chain)) return unfit(source, pems);
    const { privkeyPem } = pems;
    const [spki, algorithm] = [spkiOfKey(privkeyPem), keyAlgorithmOf(privkeyPem)];
    return { offer: { status: 'pair', chain, spki, algorithm }, pems };
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'INTERRUPTED') throw error;
    const { message, hint = 'check the program that writes these files' } = error;
    const because = pems === undefined ? message : `${source.label}: ${message}`;
    return { status: 'none', because, hint, ...defined({ changedAt: pems?.changedAt }) };
  }
}

function missing({ watches }: PairSource): Offer & { readonly status: 'none' } {
  return {
    status: 'none',
    because: `another program renews it, but there is no key and certificate at ${watches.join(', ')}`,
    hint: 'let the other program order it, or correct the paths of its issuer',
  };
}

function unfit(
  { watches: [certificate = '', key = ''] }: PairSource,
  { changedAt }: PairRead,
): Offer & { readonly status: 'none' } {
  return {
    status: 'none',
    because: `the certificate at ${certificate} is not for the key at ${key}`,
    hint: 'if it lasts: check the program that writes these files',
    changedAt,
  };
}

export async function observeOffer(task: Task, world: World): Promise<Offer | undefined> {
  const read = await readOffer(task, world);
  return read !== undefined && 'offer' in read ? read.offer : read;
}

/** Whether an idle certificate has something new to take, or what it could take is in disorder. */
export async function offersOther(task: Task, lineage: Lineage, world: World): Promise<boolean> {
  const offer = await observeOffer(task, world);
  if (offer === undefined) return false;
  const newest = stagedGeneration(lineage) ?? liveGeneration(lineage);
  return offer.status === 'none' || !newest?.chain || !sameLeaf(newest.chain, offer.chain);
}
