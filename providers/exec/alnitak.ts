// Alnitak's contract with its external programs (alnitak 0.2, docs: "Exec API Scheme"): one record
// per call, everything in the environment, the operation in TLSA_OPERATION. It cannot express a
// TTL, TXT, or owners without port and protocol.
import type { Seconds } from '../../src/base/clock.ts';
import { AppError } from '../../src/base/errors.ts';
import { hostOf } from '../../src/dns/name.ts';
import type { Fqdn } from '../../src/dns/name.ts';
import type { RdataHex } from '../../src/dns/rrset.ts';
import type { ProviderTraits } from '../../src/ports/provider.ts';
import type { Wanted } from '../_kit/document.ts';
import type { OwnDoor } from '../_kit/own.ts';
import { tlsaFields } from '../_kit/rdata.ts';
import { callCommand, commandFailed } from './call.ts';

const TIMEOUT: Seconds = 300;
const PATIENCE: Seconds = 300;
/** 0 and 1 are answers; statuses up to 127 stop Alnitak, higher ones do not. */
const PASSING = 128;

type Environment = Readonly<Record<string, string>>;

export function alnitakDoor(
  command: readonly string[],
  traits: ProviderTraits,
  timeout: Seconds = TIMEOUT,
): OwnDoor {
  async function call(
    env: Environment,
    what: string,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { exitStatus, output } = await callCommand(command, { env, timeout, signal }, what);
    const isDeletion = env['TLSA_OPERATION'] === 'delete';
    if (exitStatus === 0 || (exitStatus === 1 && !isDeletion)) return;
    if (exitStatus === 1) {
      throw commandFailed(command, `does not see the new record yet, for ${what}`, output, {
        hint: 'nothing; the next run calls it again',
      });
    }
    throw commandFailed(command, `ended with status ${exitStatus} at ${what}`, output, {
      ...(exitStatus >= PASSING ? { hint: 'nothing; the next run calls it again' } : {}),
    });
  }

  return {
    traits,
    patience: PATIENCE,
    async apply(wanted, what, { signal }) {
      const common = placeOf(wanted);
      const calls: Environment[] = [
        ...wanted.add.map((rdata) => ({ ...recordOf(rdata), TLSA_OPERATION: 'publish' })),
        ...wanted.remove.map((rdata) => ({
          ...{ ...recordOf(rdata), ...successorOf(rdata, wanted) },
          TLSA_OPERATION: 'delete',
        })),
      ];
      for (const [done, env] of calls.entries()) {
        await call({ ...common, ...env }, what, signal).catch((error: unknown) => {
          throw done === 0 ? error : partly(error, command, done, calls.length);
        });
      }
      return 'accepted';
    },
  };
}

/** After the first call an error no longer means that nothing was written. */
function partly(error: unknown, command: readonly string[], done: number, of: number): unknown {
  if (!(error instanceof AppError) || error.code !== 'UPDATE_REFUSED') return error;
  return commandFailed(command, `did ${done} of ${of} records; then: ${error.message}`, '');
}

function placeOf({ owner, type, zone }: Wanted): Environment {
  const [, port, protocol, domain] = /^_(\d+)\._([a-z]+)\.(.+)\.$/.exec(owner) ?? [];
  if (type !== 'TLSA')
    throw noWord(owner, `${type} records`, 'name another acme_provider for the zone');
  if (port === undefined || protocol === undefined || domain === undefined) {
    throw noWord(owner, 'an owner that is not _port._protocol.host', 'use the command without it');
  }
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    IFS: ' \t\n',
    LETSENCRYPT_DIR: '/etc/letsencrypt',
    // An RRset does not show which names were renewed; it belongs to the zone, and ZONE_DOMAIN is
    // one of these.
    RENEWED_DOMAINS: hostOf(zone),
    ZONE_DOMAIN: hostOf(zone),
    ...{ TLSA_PORT: port, TLSA_PROTOCOL: protocol, TLSA_DOMAIN: domain },
  };
}

function recordOf(rdata: RdataHex): Environment {
  const { usage, selector, matchingType, data } = tlsaFields(rdata);
  return {
    TLSA_USAGE: String(usage),
    TLSA_SELECTOR: String(selector),
    TLSA_MATCHING: String(matchingType),
    TLSA_PARAM: `${usage}${selector}${matchingType}`,
    TLSA_HASH: data,
  };
}

/** A record of the same kind that stays: the command ensures that it exists before it deletes. */
function successorOf(rdata: RdataHex, { then }: Wanted): Environment {
  const successor = then.findLast((other) => other.slice(0, 6) === rdata.slice(0, 6));
  return successor === undefined ? {} : { TLSA_LIVE_HASH: tlsaFields(successor).data };
}

function noWord(owner: Fqdn, what: string, hint: string): AppError {
  return new AppError('CONFIG_INVALID', `Alnitak's contract cannot express ${what}: ${owner}`, {
    hint,
  });
}
