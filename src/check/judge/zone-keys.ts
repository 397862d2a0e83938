// The keys against which answers of a zone are checked: those that the validating resolver, or the
// DS records of the parent, confirm.
import type { Instant } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';
import type { Dnskey, Ds, ZoneKeys } from '../../dns/dnskey.ts';
import { dnskeyOf, dsOf, isKnownDigestType } from '../../dns/dnskey.ts';
import { isSupportedAlgorithm } from '../../dns/dnssec-algorithm.ts';
import type { KeySetVerdict } from '../../dns/key-set.ts';
import { authenticateKeys } from '../../dns/key-set.ts';
import type { RdataHex } from '../../dns/rrset.ts';
import { signedSetIn } from '../../dns/signed-set.ts';
import { replyTo } from './server-answers.ts';
import { foundIn } from '../gather/tlsa.ts';
import type { ServerLook, ZoneLook } from '../gather/zone.ts';

/**
 * The keys of a signed zone: those that the resolver confirms, or, if the zone is bogus for it,
 * those keys of a server that match the DS records of the parent. For other zones there are no keys
 * to check answers with.
 */
export function keysOf(look: ZoneLook, now: Instant): ZoneKeys | undefined {
  const { cut, keys, ds } = look;
  const found = foundIn(keys);
  if (found?.authentic === true) {
    return { zone: cut.zone, keys: found.rrset.rdata.flatMap(readableKey) };
  }
  const vouched = foundIn(ds);
  if (vouched?.authentic !== true) return undefined;
  for (const server of look.servers) {
    const verdict = keySetAt(server, look, now);
    if (verdict !== undefined && 'anchors' in verdict) {
      return { zone: cut.zone, keys: verdict.keys };
    }
  }
  return undefined;
}

/** Which keys of one server are valid for a client that has the DS records of the parent. */
export function keySetAt(
  server: ServerLook,
  { cut, ds }: ZoneLook,
  now: Instant,
): KeySetVerdict | undefined {
  const vouched = foundIn(ds);
  const reply = replyTo(server, 'dnskey');
  if (vouched === undefined || reply?.status !== 'answered') return undefined;
  const set = signedSetIn(reply.message.answers, cut.zone, 'DNSKEY');
  if (set === undefined) return undefined;
  try {
    return authenticateKeys(set, vouched.rrset.rdata.map(dsOf), now);
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

/** One key that cannot be read must not hide the others. */
function readableKey(rdata: RdataHex): readonly Dnskey[] {
  try {
    return [dnskeyOf(rdata)];
  } catch (error) {
    if (error instanceof AppError) return [];
    throw error;
  }
}

/** The parent has DS records that validators can use. */
export function isVouchedFor({ ds }: Pick<ZoneLook, 'ds'>): boolean {
  const found = foundIn(ds);
  if (found?.authentic !== true) return false;
  return found.rrset.rdata
    .flatMap(readableDs)
    .some(
      ({ algorithm, digestType }) =>
        isSupportedAlgorithm(algorithm) && isKnownDigestType(digestType),
    );
}

function readableDs(rdata: RdataHex): readonly Ds[] {
  try {
    return [dsOf(rdata)];
  } catch (error) {
    if (error instanceof AppError) return [];
    throw error;
  }
}
