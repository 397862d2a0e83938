// Configured certificates in the form of the engine.
import { defined } from '../../base/defined.ts';
import { rolloverPolicy } from '../../config/options/policy.ts';
import type { ServiceConfig } from '../../config/options/service.ts';
import { issuersFor, pairFilesOf, wishesAt } from '../../config/issuers.ts';
import type { IssuerConfig } from '../../config/issuers.ts';
import type { CertificateConfig, Config, DeployConfig, TargetConfig } from '../../config/schema.ts';
import { SCHEMES, isScheme, tlsaOwner } from '../../dane/owner.ts';
import { createCommandTarget } from '../../deploy/command.ts';
import { createFilesTarget } from '../../deploy/files.ts';
import { createFilesSource } from '../../issuers/files.ts';
import { createRequestFile } from '../../issuers/request-file.ts';
import { createAbsentTarget } from '../../deploy/absent.ts';
import { createLiveFolderTarget } from '../../deploy/live-folder.ts';
import { hostOf } from '../../dns/name.ts';
import type { Fqdn } from '../../dns/name.ts';
import type { Reach, Task } from '../../engine/world.ts';
import { maskedPort } from '../world/masked.ts';
import { readRegistered } from '../world/registered-secret.ts';
import type { PairSource, RequestSource } from '../../ports/source.ts';
import type { DeployTarget } from '../../ports/target.ts';
import { remoteTargetOf } from './remote-targets.ts';
import { ownersOf } from '../../rollover/law/facts.ts';
import type { Intent, ServiceIntent } from '../../rollover/model.ts';

/** The same for every spelling of the URL: with the default port or without. */
function idOf({ scheme, host, port }: ServiceConfig): string {
  return `${scheme}://${hostOf(host)}:${port}`;
}

export function serviceOwner({ tlsaOwner: named, host, port }: ServiceConfig): Fqdn {
  return named ?? tlsaOwner(host, port);
}

function serviceIntent(service: ServiceConfig): ServiceIntent {
  return {
    id: idOf(service),
    owner: serviceOwner(service),
    names: [hostOf(service.host)],
    smtpLike: isScheme(service.scheme) && SCHEMES[service.scheme].smtpLike,
    running: service.running,
    reachable: service.reachable,
    ...(service.ownerIsOurs ? { ownerIsOurs: true as const } : {}),
  };
}

function reachOf(service: ServiceConfig): Reach {
  const { connect, protocol, xmppDomain } = service;
  const serverName = hostOf(service.host);
  const { host, port } = connect ?? { host: serverName, port: service.port };
  const to = xmppDomain === undefined ? {} : { xmppDomain: hostOf(xmppDomain) };
  return { host, port, protocol, serverName, ...to };
}

/**
 * Targets that compare a key of another program come last: another target of the same certificate
 * may be the one that places the key.
 */
function targetsOf({ name, deploy }: CertificateConfig, context: TargetContext): DeployTarget[] {
  if (deploy.length === 0) return [createLiveFolderTarget()];
  const compares = (one: DeployConfig): boolean =>
    one.type === 'files' && one.existingKey !== undefined;
  return [...deploy.filter((one) => !compares(one)), ...deploy.filter(compares)].map((each) =>
    maskedPort(targetOf(each, name, context)),
  );
}

interface TargetContext {
  /** Of the account at the preferred CA. */
  readonly email: string | undefined;
  readonly known: Readonly<Record<string, TargetConfig>>;
}

function targetOf(
  deploy: DeployConfig,
  certificate: string,
  { email, known }: TargetContext,
): DeployTarget {
  if (deploy.type === 'command') return createCommandTarget(deploy, email);
  if (deploy.type === 'target') {
    const { target, name = certificate } = deploy;
    const options = known[target];
    // Of a one-off, or of a certificate that is not configured any more.
    if (options === undefined) return createAbsentTarget(target);
    return remoteTargetOf(options, target, name);
  }
  const { pkcs12Password: ref } = deploy;
  if (ref === undefined) return createFilesTarget(deploy);
  const file = ref.kind === 'file' ? { file: ref.file } : {};
  return createFilesTarget(deploy, { read: () => readRegistered(ref), ...file });
}

function intentOf(
  certificate: CertificateConfig,
  issuers: readonly string[],
  targets: readonly DeployTarget[],
): Intent {
  const { rotateKeyEvery, renew, issuerPatience, quorum } = certificate;
  const [directory = '', ...others] = issuers;
  return {
    name: certificate.name,
    domains: certificate.domains,
    keyType: certificate.keyType,
    dane: certificate.dane,
    strategy: certificate.strategy,
    ...defined({ rotateKeyEvery, renewBefore: renew, issuerPatience, quorum }),
    directory,
    ...(others.length === 0 ? {} : { otherDirectories: others }),
    ...(certificate.key === 'target' ? { keyAtTarget: true as const } : {}),
    services: certificate.services.map(serviceIntent),
    targets: targets.map(({ id, label, stage }) => ({
      ...{ id, label },
      ...(stage === undefined ? {} : { isElsewhere: true as const }),
    })),
    force: false,
    ...(certificate.followCnames ? {} : { ownNamesOnly: true as const }),
    ...(certificate.hidesWildcard ? { hidesWildcard: true as const } : {}),
    policy: rolloverPolicy(certificate),
  };
}

/** Another program renews it. */
export function sourceOf(name: string, [issuer]: readonly IssuerConfig[]): PairSource | undefined {
  if (issuer?.type !== 'files') return undefined;
  return createFilesSource({ ...pairFilesOf(issuer, name), owner: issuer.owner });
}

/** What [defaults] says of orders does not apply. */
function fromSource(source: PairSource | undefined, intent: Intent): Intent {
  if (source === undefined) return intent;
  const { rotateKeyEvery: _key, renewBefore: _renew, issuerPatience: _patience, ...rest } = intent;
  return { ...rest, strategy: 'staged', source: source.label };
}

/** It is ordered with a request of the operator. */
export function requestOf({ csr }: Pick<CertificateConfig, 'csr'>): RequestSource | undefined {
  return csr === undefined ? undefined : createRequestFile(csr);
}

/** What [defaults] says of keys does not apply. */
function withRequest(request: RequestSource | undefined, intent: Intent): Intent {
  if (request === undefined) return intent;
  const { rotateKeyEvery: _key, ...rest } = intent;
  return { ...rest, strategy: 'staged', request: request.label };
}

/** With one issuer alone, what its chains lead to is seen in them. */
function anchorsOf(
  issuers: readonly IssuerConfig[],
  known: Config['anchors'] = {},
): Pick<Intent, 'anchors' | 'anchorsUnread'> {
  const all = issuers.length < 2 ? [] : issuers.flatMap(({ name }) => known[name] ?? []);
  if (all.length === 0) return {};
  const unread = all.flatMap((one) => one.unread ?? []);
  return {
    anchors: all.flatMap(({ certificates }) => certificates),
    ...(unread.length === 0 ? {} : { anchorsUnread: unread.join('; ') }),
  };
}

function anchorFilesOf(issuers: readonly IssuerConfig[]): Pick<Task, 'anchorFiles'> {
  if (issuers.length < 2) return {};
  const files = issuers.flatMap((one) => (one.type === 'acme' ? (one.trustAnchorFile ?? []) : []));
  return files.length === 0 ? {} : { anchorFiles: files };
}

function taskOf(
  certificate: CertificateConfig,
  issuers: readonly IssuerConfig[],
  { anchors, target }: Pick<Config, 'anchors' | 'target'>,
): Task {
  const { name, provider } = certificate;
  const email = issuers.find((one) => one.type === 'acme')?.email;
  const targets = targetsOf(certificate, { email, known: target });
  const source = sourceOf(name, issuers);
  const request = requestOf(certificate);
  const ids = issuers.map(({ id }) => id);
  const intended = { ...intentOf(certificate, ids, targets), ...anchorsOf(issuers, anchors) };
  const intent = withRequest(request, intended);
  return {
    intent: fromSource(source, intent),
    neighbours: [],
    reach: Object.fromEntries(
      certificate.services.map((service) => [idOf(service), reachOf(service)]),
    ),
    targets,
    wishes: Object.fromEntries(
      issuers.flatMap((one) => (one.type === 'acme' ? [[one.id, wishesAt(certificate, one)]] : [])),
    ),
    ...anchorFilesOf(issuers),
    ...defined({ source, request, provider }),
  };
}

/**
 * A certificate without DANE still meets clients that found records of another certificate at the
 * same owner.
 */
function heldByOthers(intent: Intent, neighbours: readonly Task[]): Intent {
  if (intent.dane) return intent;
  const held = neighbours.flatMap((other) => (other.intent.dane ? ownersOf(other.intent) : []));
  const services = intent.services.map((service) =>
    held.includes(service.owner) ? { ...service, daneOfAnother: true as const } : service,
  );
  return { ...intent, services };
}

/** All certificates of the installation; each knows those that share an owner with it. */
export function tasksOf(
  certificates: readonly CertificateConfig[],
  config: Pick<Config, 'acme' | 'issuer' | 'anchors' | 'target'>,
): Task[] {
  const tasks = certificates.map((each) => taskOf(each, issuersFor(each, config), config));
  // Grouped by owner, so that a thousand certificates are not compared pairwise.
  const byOwner = new Map<string, Task[]>();
  for (const task of tasks) {
    for (const owner of ownersOf(task.intent)) {
      byOwner.set(owner, [...(byOwner.get(owner) ?? []), task]);
    }
  }
  return tasks.map((task) => {
    const sharing = ownersOf(task.intent).flatMap((owner) => byOwner.get(owner) ?? []);
    const neighbours = [...new Set(sharing)].filter((other) => other !== task);
    return { ...task, intent: heldByOthers(task.intent, neighbours), neighbours };
  });
}
