// `holger check` over the real world. It needs no configuration: anybody's services can be looked at.
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Instant } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { fromHex } from '../base/bytes.ts';
import type { CheckOptions } from '../check/check.ts';
import { check } from '../check/check.ts';
import type { Target } from '../check/facts.ts';
import type { Report } from '../check/report.ts';
import type { Config, ServerAddress } from '../config/schema.ts';
import { readTrust } from '../config/trust.ts';
import { createProbe } from '../probe/tls.ts';
import { createInspector } from '../resolver/inspector.ts';
import { createResolver } from '../resolver/resolver.ts';
import { anchorOf } from '../x509/anchor.ts';
import { labelOf } from '../x509/certificate.ts';
import { chainFromDer } from '../x509/chain.ts';
import type { TrustStore } from '../x509/trust-store.ts';
import { trustStore } from '../x509/trust-store.ts';
import { systemClock } from './clock.ts';
import { zonesOf } from './world.ts';

const PROBE_TIMEOUT_MS = 15_000;

export interface CheckContext {
  /** Undefined: nothing is configured here. */
  readonly config: Config | undefined;
  /** Validating and trusted; empty: those of the configuration, or 127.0.0.1. */
  readonly resolvers: readonly ServerAddress[];
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

export interface CheckRequest extends Pick<CheckOptions, 'repeat' | 'silenced' | 'servers'> {
  readonly targets: Iterable<Target> | AsyncIterable<Target>;
  /** How far ahead of now certificates are judged. */
  readonly at: Instant;
}

export type Checker = (request: CheckRequest) => AsyncGenerator<Report>;
export type OpenChecker = (context: CheckContext) => Promise<Checker>;

export const openChecker = ({ config, resolvers, logger, signal }: CheckContext): Checker => {
  const asked = resolvers.length > 0 ? resolvers : (config?.dns.resolver ?? []);
  const resolving = {
    resolvers: asked.map(({ host, port }) => ({ address: host, port })),
    zones: config === undefined ? [] : zonesOf(config),
  };
  let store: Promise<TrustStore> | undefined;
  const readStore = async (): Promise<TrustStore> =>
    trustStore(await readTrust(config?.pkix ?? { caFile: undefined }));
  const world = {
    clock: systemClock,
    resolver: createResolver({ ...resolving, clock: systemClock, logger }),
    servers: createInspector(resolving),
    label: () => randomBytes(8).toString('hex'),
    probe: createProbe({ timeoutMs: PROBE_TIMEOUT_MS, clientName: hostname() }),
    pki: {
      readDer: chainFromDer,
      trusted: async (chains: Parameters<TrustStore['issuersOf']>[0]) =>
        (await (store ??= readStore())).issuersOf(chains),
      anchorOf,
      subjectOf: (der: string) => labelOf(fromHex(der)).subject,
    },
  };
  return ({ targets, ...options }) =>
    check(targets, world, { ...options, expectedAt: () => new Set() }, { signal });
};
