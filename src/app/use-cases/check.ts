// `holger check` with the real adapters. It needs no configuration: any service can be checked.
import { randomBytes } from 'node:crypto';
import type { Instant } from '../../base/clock.ts';
import { defined } from '../../base/defined.ts';
import { AppError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { CheckOptions } from '../../check/check.ts';
import { check } from '../../check/check.ts';
import type { Target } from '../../check/gather/facts.ts';
import type { Report } from '../../check/report.ts';
import type { CheckWorld } from '../../check/gather/world.ts';
import { LETS_ENCRYPT } from '../../check/issuers/lets-encrypt.ts';
import { withSeen } from '../../check/issuers/seen-issuers.ts';
import type { Fqdn } from '../../dns/name.ts';
import type { RdataHex } from '../../dns/rrset.ts';
import { PROBE_TIMEOUT } from '../../config/defaults.ts';
import type { ServerAddress } from '../../config/fields.ts';
import type { ServiceConfig } from '../../config/options/service.ts';
import type { CertificateConfig, Config } from '../../config/schema.ts';
import { readTrust } from '../../config/trust.ts';
import type { Call } from '../../ports/call.ts';
import { createProbe } from '../../probe/tls.ts';
import { createInspector } from '../../resolver/inspector.ts';
import { remoteOf, remoteWarning } from '../../resolver/on-machine.ts';
import { createProof } from '../../resolver/proof.ts';
import { createResolver } from '../../resolver/resolver.ts';
import { DEFAULT_TIMEOUT_MS } from '../../resolver/validating.ts';
import { createStore } from '../../store/keyv-store.ts';
import { createAccountFiles } from '../../store/account-files.ts';
import { anchorOf } from '../../x509/anchor.ts';
import { chainFromDer } from '../../x509/chain.ts';
import type { TrustStore } from '../../x509/trust-store.ts';
import { trustStore } from '../../x509/trust-store.ts';
import { openAccount } from './account-asker.ts';
import type { AccountAsker } from './account-asker.ts';
import { firstCaOf } from '../../config/issuers.ts';
import { systemClock } from '../world/clock.ts';
import { readInstallation } from '../known/departed.ts';
import { faultOf } from '../world/document-shapes.ts';
import { leftServices } from '../known/left-behind.ts';
import type { OwnGeneration, OwnState } from '../known/own-state.ts';
import { asking, expectedIn, generationIn, readOwnState } from '../known/own-state.ts';
import type { CaFacts } from '../known/own-targets.ts';
import { knownIssuers, leftTarget, ownTargets } from '../known/own-targets.ts';
import { seenChains } from '../known/seen-chains.ts';
import { resolversOf } from '../world/resolvers.ts';
import { probing, zonesOf } from '../world/world.ts';

export interface CheckContext {
  /** Undefined: there is no configuration. */
  readonly config: Config | undefined;
  /** Empty: those of the configuration, or of this machine. */
  readonly resolvers: readonly ServerAddress[];
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

export interface CheckRequest extends Pick<
  CheckOptions,
  'repeat' | 'silenced' | 'servers' | 'timeout' | 'unvalidated'
> {
  readonly targets: Iterable<Target>;
  /** How far in the future certificates are judged. */
  readonly at: Instant;
}

export interface Checker {
  reports(request: CheckRequest): AsyncGenerator<Report>;
  /**
   * Services and certificates of the configuration, and which parts of its state could not be read.
   */
  configured(): Promise<{ readonly targets: readonly Target[]; readonly notes: readonly string[] }>;
  /**
   * A generation of a configured certificate, from the state. @throws AppError USAGE, STORE_CORRUPT
   */
  generation(certificate: string, which: 'live' | 'staged'): Promise<OwnGeneration>;
}
export type OpenChecker = (context: CheckContext) => Promise<Checker>;

const UNCONFIGURED: Config['probe'] = { timeout: PROBE_TIMEOUT, ehlo: undefined };

async function worldOf({ config, resolvers, logger }: CheckContext): Promise<CheckWorld> {
  const resolving = {
    resolvers: await resolversOf(resolvers, config),
    zones: config === undefined ? [] : zonesOf(config),
    proof: createProof({ timeoutMs: DEFAULT_TIMEOUT_MS }),
  };
  for (const address of remoteOf(resolving.resolvers)) {
    logger.warn('resolver', { warning: remoteWarning(address) });
  }
  let store: Promise<TrustStore> | undefined;
  const readStore = async (): Promise<TrustStore> =>
    trustStore(await readTrust(config?.pkix ?? { caFile: undefined }));
  return {
    clock: systemClock,
    resolver: createResolver({ ...resolving, clock: systemClock, logger }),
    servers: createInspector(resolving),
    label: () => randomBytes(8).toString('hex'),
    probe: createProbe(probing(config?.probe ?? UNCONFIGURED)),
    issuingSets: LETS_ENCRYPT,
    pki: {
      readDer: chainFromDer,
      trusted: async (chains) => (await (store ??= readStore())).issuersOf(chains),
      anchorOf,
    },
  };
}

async function attempt<T>(
  what: string,
  ask: () => Promise<T>,
  notes: string[],
): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'INTERRUPTED') throw error;
    notes.push(`${what}: ${error.message}`);
    return undefined;
  }
}

async function leftIn(config: Config, notes: string[]): Promise<ServiceConfig[]> {
  const { directory } = config.state;
  const store = createStore({ directory, clock: systemClock, faultOf });
  return leftServices(await readInstallation(config, asking(store, notes)));
}

/**
 * The name of the CA in CAA records, and the account. What cannot be found out is left out, and
 * reported.
 */
async function caOf(asker: AccountAsker, call: Call, notes: string[]): Promise<CaFacts> {
  const { id, directory, challenge: method } = asker.issuer;
  const files = createAccountFiles(asker.config.state.directory);
  const account = (await attempt('the account', () => files.read(id), notes))?.url;
  const describe = async (): Promise<readonly string[]> => {
    const issuer = await openAccount(asker);
    try {
      return (await issuer.describe(call)).caaIdentities;
    } finally {
      await issuer.close();
    }
  };
  const issuers =
    knownIssuers(directory) ?? (await attempt('CAA is not checked', describe, notes)) ?? [];
  return { issuers, ...defined({ account, method }) };
}

/** Each CA that a certificate is ordered from is asked once. */
async function casOf(
  { certificates }: OwnState,
  asker: Omit<AccountAsker, 'issuer'>,
  ask: (asker: AccountAsker) => Promise<CaFacts>,
): Promise<(certificate: CertificateConfig) => CaFacts> {
  const nothing: CaFacts = { issuers: [] };
  const known = new Map<string, CaFacts>();
  for (const certificate of certificates) {
    const issuer = firstCaOf(certificate, asker.config);
    if (issuer === undefined) continue;
    if (!known.has(issuer.id)) known.set(issuer.id, await ask({ ...asker, issuer }));
  }
  return (certificate) => known.get(firstCaOf(certificate, asker.config)?.id ?? '') ?? nothing;
}

function nothingConfigured(): AppError {
  return new AppError('USAGE', 'there is no configuration', {
    hint: 'name a file with --config, or create one with holger init',
  });
}

export const openCheckerAs =
  (version: string) =>
  (context: CheckContext): Checker => {
    const { config, logger, signal } = context;
    const call = { signal };
    let made: Promise<CheckWorld> | undefined;
    const world = (): Promise<CheckWorld> => (made ??= worldOf(context));
    let read: Promise<OwnState> | undefined;
    const own = (of: Config): Promise<OwnState> => (read ??= readOwnState(of, systemClock));
    return {
      async *reports({ targets, ...options }) {
        // Configured services are recognised however they are named; an unreadable state matters
        // only for --configured.
        const state = config === undefined ? undefined : await own(config);
        const expectedAt = (owner: Fqdn): ReadonlySet<RdataHex> =>
          state === undefined ? new Set() : expectedIn(state, owner);
        const seen = state === undefined || config === undefined ? [] : seenChains(state, config);
        try {
          const { issuingSets, ...rest } = await world();
          const informed = { ...rest, issuingSets: withSeen(issuingSets, seen) };
          yield* check(targets, informed, { ...options, expectedAt }, call);
        } catch (error) {
          if (!signal.aborted) throw error;
          throw new AppError('INTERRUPTED', 'the check was stopped', { cause: error });
        }
      },
      configured: async () => {
        if (config === undefined) throw nothingConfigured();
        const state = await own(config);
        const notes = [...state.notes];
        const ca = await casOf(state, { config, userAgent: `holger/${version}`, logger }, (one) =>
          caOf(one, call, notes),
        );
        const left = await attempt(
          'the records left in the state',
          () => leftIn(config, notes),
          notes,
        );
        return { targets: [...ownTargets(state, ca), ...(left ?? []).map(leftTarget)], notes };
      },
      generation: async (certificate, which) => {
        if (config === undefined) throw nothingConfigured();
        return generationIn(await own(config), certificate, which);
      },
    };
  };
