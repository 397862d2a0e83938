// From the checked document to the Config: snake_case to camelCase, defaults laid under, relative
// paths made absolute.
import path from 'node:path';
import type { Document } from './options/document.ts';
import { policyOf } from './options/policy.ts';
import { providerConfig } from './providers.ts';
import type { SecretRef } from './fields.ts';
import type {
  CertificateConfig,
  Config,
  DeployConfig,
  ExternalAccountConfig,
  NotifyConfig,
} from './schema.ts';

type RawCertificate = Document['certificate'][number];
type RawDeploy = RawCertificate['deploy'][number];
type RawExternalAccount = NonNullable<Document['acme']['eab']>;
type RawNotify = Document['monitor']['notify'][number];

export function buildConfig(raw: Document, file: string, warnings: readonly string[]): Config {
  // Relative to the configuration, not to wherever the command was started: a timer starts in "/".
  const base = path.dirname(path.resolve(file));
  const absolute = <T extends string | undefined>(value: T): T =>
    (value === undefined ? undefined : path.resolve(base, value)) as T;
  // A name without a slash is looked for where programs are; any other is a path like all others
  // here.
  const command = ([program = '', ...args]: readonly string[]): readonly string[] =>
    program.includes('/') ? [absolute(program), ...args] : [program, ...args];
  const secret = (ref: SecretRef): SecretRef => {
    if (ref.kind === 'file') return { kind: 'file', file: absolute(ref.file) };
    return ref.kind === 'command' ? { kind: 'command', command: command(ref.command) } : ref;
  };
  const deploy = (target: RawDeploy): DeployConfig =>
    target.type === 'command'
      ? { ...target, command: command(target.command) }
      : {
          type: 'files',
          certificate: absolute(target.certificate),
          key: absolute(target.key),
          chain: absolute(target.chain),
          combined: absolute(target.combined),
          directory: absolute(target.directory),
          existingKey: absolute(target.existing_key),
          owner: target.owner,
          group: target.group,
          mode: target.mode,
          write: target.write === 'in-place' ? 'in-place' : undefined,
          reload: target.reload && command(target.reload),
          timeout: target.timeout,
        };
  const certificate = (it: RawCertificate): CertificateConfig => ({
    name: it.name,
    domains: [...new Set(it.domains)],
    services: it.services,
    deploy: it.deploy.map(deploy),
    ...policyOf(it, raw.defaults),
  });
  const notify = (it: RawNotify): NotifyConfig => {
    switch (it.type) {
      case 'command':
        return { ...it, command: command(it.command) };
      case 'webhook': {
        const { type, url, bearer, hmac } = it;
        const secrets = { bearer: bearer && secret(bearer), hmac: hmac && secret(hmac) };
        return { type, url, caFile: absolute(it.ca_file), ...secrets };
      }
      case 'email': {
        const { type, smtp, tls, from, to, username, password } = it;
        const login = username !== undefined &&
          password !== undefined && { username, password: secret(password) };
        return {
          type,
          smtp,
          tls,
          caFile: absolute(it.ca_file),
          from,
          to,
          login: login || undefined,
        };
      }
    }
  };
  const eab = (it: RawExternalAccount): ExternalAccountConfig => ({
    kid: it.kid,
    hmac: secret(it.hmac),
  });
  return {
    path: path.resolve(file),
    acme: {
      directory: raw.acme.directory,
      email: raw.acme.email,
      caFile: absolute(raw.acme.ca_file),
      eab: raw.acme.eab && eab(raw.acme.eab),
      stagingDirectory: raw.acme.staging_directory,
      stagingEab: raw.acme.staging_eab && eab(raw.acme.staging_eab),
    },
    dns: { resolver: raw.dns.resolver },
    providers: Object.entries(raw.provider).map(([name, it]) =>
      providerConfig(name, it, { absolute, command }),
    ),
    zones: raw.zone.map((it) => ({
      name: it.name,
      provider: it.provider,
      acmeProvider: it.acme_provider,
      nameservers: it.nameservers,
      extraNameservers: it.extra_nameservers,
    })),
    pkix: { caFile: absolute(raw.pkix.ca_file) },
    probe: { timeout: raw.probe.timeout, ehlo: raw.probe.ehlo },
    state: { directory: absolute(raw.state.directory) },
    defaults: policyOf(raw.defaults),
    certificates: raw.certificate.map(certificate),
    monitor: {
      interval: raw.monitor.interval,
      targets: [...raw.monitor.targets, ...raw.monitor.mx, ...raw.monitor.xmpp],
      configured: raw.monitor.configured,
      silence: raw.monitor.silence,
      repeat: raw.monitor.repeat,
      remind: raw.monitor.remind,
      notify: raw.monitor.notify.map(notify),
    },
    warnings,
  };
}
