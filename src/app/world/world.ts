// The adapters are connected with the ports here.
import { createIssuer } from '../../acme/issuer.ts';
import type { AcmeIssuer } from '../../acme/issuer.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { defined } from '../../base/defined.ts';
import { createKeyedLimit } from '../../base/limit.ts';
import { acmeIssuersOf, DEFAULT_ISSUER, ownIssuersOf } from '../../config/issuers.ts';
import type { AcmeIssuerConfig } from '../../config/issuers.ts';
import type { Config } from '../../config/schema.ts';
import { readPemFile } from '../../config/pem-file.ts';
import { readSecret } from '../../config/secrets.ts';
import { readTrust } from '../../config/trust.ts';
import { tlsaOwner } from '../../dane/owner.ts';
import type { Event } from '../../engine/events.ts';
import type { HandChange } from '../../ports/provider.ts';
import { isLineageKey } from '../../engine/state/memory.ts';
import type { Pki, World } from '../../engine/world.ts';
import { createRunCommands } from '../../deploy/run-commands.ts';
import { signatures } from '../../files/signatures.ts';
import { registerSecret } from '../../observe/redact.ts';
import type { Issuer } from '../../ports/issuer.ts';
import type { RunCommands } from '../../ports/run-commands.ts';
import type { AccountFiles } from '../../ports/store.ts';
import type { Probe } from '../../ports/probe.ts';
import { createProbe } from '../../probe/tls.ts';
import type { ProbeOptions } from '../../probe/tls.ts';
import { createResolver } from '../../resolver/resolver.ts';
import type { ZoneServers } from '../../resolver/resolver.ts';
import { createAccountFiles } from '../../store/account-files.ts';
import { createGenerationFiles } from '../../store/generation-files.ts';
import { createStore } from '../../store/keyv-store.ts';
import { trustStore } from '../../x509/trust-store.ts';
import type { TrustStore } from '../../x509/trust-store.ts';
import { faultOf } from './document-shapes.ts';
import { ownName } from './own-name.ts';
import { maskedPort } from './masked.ts';
import { ownIssuer } from './own-issuer.ts';
import { pki } from './pki.ts';
import { providersOf } from './providers.ts';
import { providerTools } from './provider-tools.ts';
import { proxyFromEnvironment } from './proxy.ts';

/** By id. */
export interface Issuers {
  at: World['issuerAt'];
  close(): Promise<void>;
}

export function createIssuers(config: Config, tools: IssuerTools): Issuers {
  const all = acmeIssuersOf(config).map((one) => [one.id, issuerOf(one, config, tools)] as const);
  const own = ownIssuersOf(config).map(
    (one) => [one.id, ownIssuer(one, config, tools.clock)] as const,
  );
  const masked = new Map([...all, ...own].map(([id, issuer]) => [id, maskedPort<Issuer>(issuer)]));
  return {
    at: (id) => masked.get(id),
    close: async () => {
      for (const [, issuer] of all) await issuer.close();
    },
  };
}

export interface IssuerTools {
  readonly clock: Clock;
  readonly logger: Logger;
  /** RFC 8555 §6.1: the CA gets the name of the client. */
  readonly userAgent: string;
}

/**
 * The issuer, created at the first use: most runs order nothing, and its library costs a tenth of a
 * second.
 */
function issuerOf(
  issuer: AcmeIssuerConfig,
  { state }: Pick<Config, 'state'>,
  tools: IssuerTools,
): Issuer & { close(): Promise<void> } {
  let made: Promise<AcmeIssuer> | undefined;
  const get = (): Promise<AcmeIssuer> => (made ??= openIssuer(issuer, state.directory, tools));
  return {
    directory: issuer.directory,
    method: issuer.challenge,
    challengeLabels: async () => (await get()).challengeLabels(),
    standingAccounts: async (name, call) => (await get()).standingAccounts(name, call),
    caaParty: async (call) => (await get()).caaParty(call),
    checkOrder: async (order, call) => (await get()).checkOrder(order, call),
    newOrder: async (order, call) => (await get()).newOrder(order, call),
    lookAtOrder: async (url, call, domains) => (await get()).lookAtOrder(url, call, domains),
    answerChallenge: async (challenge, call) => (await get()).answerChallenge(challenge, call),
    finalize: async (url, csr, call) => (await get()).finalize(url, csr, call),
    download: async (url, preferred, call) => (await get()).download(url, preferred, call),
    endAuthorizations: async (url, call) => (await get()).endAuthorizations(url, call),
    revoke: async (revocation, call) => (await get()).revoke(revocation, call),
    renewalInfo: async (id, call) => (await get()).renewalInfo(id, call),
    close: async () => {
      if (made !== undefined) await (await made).close();
    },
  };
}

/** The adapter itself. @throws AppError CONFIG_INVALID, SECRET_UNREADABLE */
export async function openIssuer(
  { name, id, directory, challenge: method, email, caFile, eab: binding }: AcmeIssuerConfig,
  stateDirectory: string,
  tools: IssuerTools,
): Promise<AcmeIssuer> {
  const place = name === DEFAULT_ISSUER ? 'acme' : `issuer.${name}`;
  const caPem = caFile === undefined ? undefined : await readPemFile(`${place}.ca_file`, caFile);
  const eab =
    binding === undefined
      ? undefined
      : { kid: binding.kid, hmac: (await readSecret(binding.hmac)).trim() };
  if (eab !== undefined) registerSecret(eab.hmac);
  return createIssuer({
    ...{ directory, method },
    ...defined({ email, caPem, eab }),
    proxy: proxyFromEnvironment(),
    accountFiles: accountFilesAt(id, createAccountFiles(stateDirectory)),
    ...tools,
  });
}

/** Of two accounts at one CA each has its own folder. */
function accountFilesAt(id: string, files: AccountFiles): AccountFiles {
  return {
    read: () => files.read(id),
    writeKey: (_directory, keyPem) => files.writeKey(id, keyPem),
    writeNextKey: (_directory, keyPem) => files.writeNextKey(id, keyPem),
    takeNextKey: () => files.takeNextKey(id),
    writeUrl: (_directory, url) => files.writeUrl(id, url),
    writeContact: (_directory, email) => files.writeContact(id, email),
  };
}

/** The store is read when a chain is first checked: SMTP services never need it. */
function pkiWith(config: Config): Pki {
  let made: Promise<TrustStore> | undefined;
  const make = async (): Promise<TrustStore> => trustStore(await readTrust(config.pkix));
  return { ...pki, trusted: async (chains) => (await (made ??= make())).issuersOf(chains) };
}

export interface WorldOptions {
  readonly config: Config;
  /** RFC 8555 §6.1: the CA gets the name of the client. */
  readonly userAgent: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly emit: (event: Event) => void;
  readonly instant: (label: string) => void;
}

export function createWorld(options: WorldOptions): World & { close(): Promise<void> } {
  const { config, userAgent, clock, logger, emit, instant } = options;
  const resolver = createResolver({
    resolvers: config.dns.resolver.map(({ host, port }) => ({ address: host, port })),
    zones: zonesOf(config),
    clock,
    logger,
  });
  const byHand = (change: HandChange): void => {
    const certificate = certificateAt(change.owner, config);
    emit({ event: 'by-hand', certificate, at: clock.now(), ...change });
  };
  const tools = providerTools({ clock, logger, resolver, userAgent, byHand });
  const issuers = createIssuers(config, { clock, logger, userAgent });
  return {
    clock,
    startedAt: clock.now(),
    random: Math.random,
    store: createStore({
      directory: config.state.directory,
      clock,
      faultOf,
      isLeased: isLineageKey,
    }),
    files: createGenerationFiles(config.state.directory),
    resolver,
    probe: inTurn(createProbe(probing(config.probe))),
    issuerAt: (id) => issuers.at(id),
    signatures,
    runCommands: runCommandsOf(config),
    providerFor: providersOf(config, tools),
    pki: pkiWith(config),
    log: logger,
    emit,
    instant,
    close: async () => {
      await issuers.close();
      await tools.close();
    },
  };
}

function runCommandsOf({ run }: Config): RunCommands {
  const { before, after } = createRunCommands(run);
  return defined({ before: before && maskedPort(before), after: after && maskedPort(after) });
}

/** At most two connections to one address at the same time: mail servers count them. */
function inTurn(probe: Probe): Probe {
  const limited = createKeyedLimit(2);
  return {
    handshake: (endpoint, seen, call) =>
      limited(endpoint.address, () => probe.handshake(endpoint, seen, call)),
  };
}

/** The same for every command that makes handshakes. */
export function probing({ timeout, ehlo }: Config['probe']): ProbeOptions {
  return { timeoutMs: timeout * 1000, clientName: ownName(ehlo) };
}

/** The provider of a change, as far as the owner shows it; behind an alias it does not. */
function certificateAt(owner: string, { certificates }: Config): string {
  const isAt = ({ domains, services }: Config['certificates'][number]): boolean =>
    domains.some((domain) => isChallengeOf(domain.replace(/^\*\./, ''), owner)) ||
    services.some(({ host, port, tlsaOwner: named }) => owner === (named ?? tlsaOwner(host, port)));
  return certificates.find(isAt)?.name ?? '';
}

/** By any method. */
function isChallengeOf(name: string, owner: string): boolean {
  return (
    owner === `_validation-persist.${name}.` ||
    owner === `_acme-challenge.${name}.` ||
    owner.endsWith(`._acme-challenge.${name}.`)
  );
}

/** How the configuration says that the servers of zones are reached. */
export function zonesOf({ zones }: Config): readonly ZoneServers[] {
  return zones.map(({ name, nameservers, extraNameservers }) => ({
    zone: name,
    ...(nameservers === undefined ? {} : { nameservers: nameservers.map(toAddress) }),
    extra: extraNameservers.map(toAddress),
  }));
}

function toAddress(server: { readonly host: string; readonly port: number }): {
  readonly address: string;
  readonly port: number;
} {
  return { address: server.host, port: server.port };
}
