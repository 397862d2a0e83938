// The files and addresses in a configuration, tried as a run would use them, but without the
// network and without a change: so errors are found before a timer meets them.
import { access, constants, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isIP } from 'node:net';
import { defined } from '../../base/defined.ts';
import type { ProviderTools } from '../../../providers/_kit/kind.ts';
import { AppError, reasonOf } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import type { SecretRef } from '../../config/fields.ts';
import type { OptionSetting } from '../../config/providers.ts';
import { acmeIssuersOf, DEFAULT_ISSUER, issuersFor } from '../../config/issuers.ts';
import type { AcmeIssuerConfig } from '../../config/issuers.ts';
import type { CertificateConfig, Config, NotifyConfig, TargetConfig } from '../../config/schema.ts';
import { readPemFile } from '../../config/pem-file.ts';
import { isReadableHere, readSecret } from '../../config/secrets.ts';
import { readCaFile, readTrust } from '../../config/trust.ts';
import { readAnchors } from '../../config/trust-anchors.ts';
import { usablePassword } from '../../deploy/pkcs12-form.ts';
import type { HttpClient } from '../../http/client.ts';
import { missingRequest, namesFault } from '../../rollover/plan/order/request.ts';
import { requestOf, sourceOf } from '../known/tasks.ts';
import { systemClock } from '../world/clock.ts';
import { make } from '../world/providers.ts';
import { openIssuer } from '../world/world.ts';

/** Reached over the network: whether it exists is not checked. */
class Offline extends Error {}

const offline = (): Promise<never> => Promise.reject(new Offline('not asked'));

/** Every problem, each with a remedy. */
export async function problemsAround(config: Config): Promise<readonly string[]> {
  const tries: readonly Promise<unknown>[] = [
    ...config.providers.map((provider) => tryProvider(provider)),
    ...acmeIssuersOf(config).map((issuer) => tryIssuer(issuer, config)),
    ...acmeIssuersOf(config).map((issuer) => readAnchors(issuer)),
    ...config.certificates.map((certificate) => trySource(certificate, config)),
    ...config.certificates.map((certificate) => tryRequest(certificate)),
    ...config.certificates.flatMap(tryPasswords),
    ...config.monitor.notify.flatMap(tryNotifier),
    tryServe(config.serve),
    ...Object.values(config.target).flatMap(tryTarget),
    readTrust(config.pkix),
    tryStateFolder(config.state.directory),
  ];
  const ended = await Promise.allSettled(tries);
  const problems = ended.flatMap((one) =>
    one.status === 'fulfilled' || one.reason instanceof Offline ? [] : [wordsOf(one.reason)],
  );
  return [...new Set(problems)];
}

function wordsOf(error: unknown): string {
  if (!(error instanceof AppError)) throw error;
  return [error.message, ...(error.hint === undefined ? [] : [error.hint])].join('; ');
}

/** The secret of an option: the option itself, or the one in a TSIG key. */
function secretsIn(setting: OptionSetting): readonly SecretRef[] {
  if (typeof setting !== 'object') return [];
  if ('kind' in setting) return [setting];
  return 'secret' in setting ? [setting.secret] : [];
}

async function tryProvider(provider: Config['providers'][number]): Promise<void> {
  const secrets = Object.values(provider.options).flatMap(secretsIn);
  await Promise.all(secrets.filter(isReadableHere).map((secret) => readSecret(secret)));
  if (!secrets.every(isReadableHere)) return;
  try {
    await make(provider, OFFLINE_TOOLS);
  } catch (error) {
    if (!(error instanceof AppError) || error.message.includes(provider.name)) throw error;
    const { code, message, hint, details } = error;
    throw new AppError(code, `[provider.${provider.name}]: ${message}`, {
      ...defined({ hint }),
      details,
    });
  }
}

const OFFLINE_TOOLS: ProviderTools = {
  clock: systemClock,
  http: async (caFile): Promise<HttpClient> => {
    if (caFile !== undefined) await readCaFile('ca_file', caFile);
    return { request: offline, close: () => Promise.resolve() };
  },
  addressesOf: ({ host, port }) =>
    Promise.resolve(isIP(host) === 0 ? [] : [{ address: host, port }]),
  look: offline,
  zoneOf: offline,
  byHand: () => undefined,
};

async function tryIssuer(issuer: AcmeIssuerConfig, { state }: Config): Promise<void> {
  const { caFile, eab, name } = issuer;
  const place = name === DEFAULT_ISSUER ? 'acme' : `issuer.${name}`;
  if (caFile !== undefined) await readCaFile(`${place}.ca_file`, caFile);
  if (eab !== undefined && !isReadableHere(eab.hmac)) return;
  const tools = { clock: systemClock, logger: silentLogger, userAgent: 'holger' };
  await (await openIssuer(issuer, state.directory, tools)).close();
}

async function tryServe({ token, certificate, key }: Config['serve']): Promise<void> {
  if (token !== undefined && isReadableHere(token)) await readSecret(token);
  if (certificate !== undefined) await readPemFile('serve.certificate', certificate);
  if (key !== undefined) await readPemFile('serve.key', key, 'CONFIG_INVALID', true);
}

/** The files of another program. It may not have written them yet. */
async function trySource(certificate: CertificateConfig, config: Config): Promise<void> {
  await sourceOf(certificate.name, issuersFor(certificate, config))?.read();
}

/** Without it the next order fails. */
async function tryRequest(certificate: CertificateConfig): Promise<void> {
  const { name, domains, csr: request } = certificate;
  const source = requestOf(certificate);
  if (source === undefined || request === undefined) return;
  const read = await source.read();
  const wanted = { domains, request };
  const fault = read === undefined ? missingRequest(request, wanted) : namesFault(read, wanted);
  if (fault === undefined) return;
  const message = `certificate "${name}": ${fault.because}`;
  throw new AppError('CONFIG_INVALID', message, { hint: fault.hint });
}

/** Of files that are placed at its targets. */
function tryPasswords({ deploy }: CertificateConfig): readonly Promise<unknown>[] {
  return deploy
    .flatMap((target) => (target.type === 'files' ? (target.pkcs12Password ?? []) : []))
    .filter(isReadableHere)
    .map((secret) => readSecret(secret).then(usablePassword));
}

function tryNotifier(sink: NotifyConfig): readonly Promise<unknown>[] {
  const secrets =
    sink.type === 'email'
      ? [sink.login?.password]
      : sink.type === 'webhook'
        ? [sink.bearer, sink.hmac]
        : [];
  return tryFiles(secrets, 'caFile' in sink ? sink.caFile : undefined);
}

function tryTarget(target: TargetConfig): readonly Promise<unknown>[] {
  const secrets = Object.values(target).flatMap((it: unknown) => (isSecret(it) ? it : []));
  return tryFiles(secrets, 'caFile' in target ? target.caFile : undefined);
}

function isSecret(value: unknown): value is SecretRef {
  return typeof value === 'object' && value !== null && 'kind' in value;
}

function tryFiles(
  secrets: readonly (SecretRef | undefined)[],
  caFile: string | undefined,
): readonly Promise<unknown>[] {
  const read = secrets
    .filter((secret) => secret !== undefined)
    .filter(isReadableHere)
    .map((secret) => readSecret(secret));
  return caFile === undefined ? read : [...read, readCaFile('ca_file', caFile)];
}

/** The first run creates it: until then the folder above it must allow that. */
async function tryStateFolder(folder: string): Promise<void> {
  for (let at = folder; ; at = dirname(at)) {
    const found = await stat(at).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' && at !== dirname(at)) return undefined;
      throw unusable(folder, reasonOf(error));
    });
    if (found === undefined) continue;
    if (!found.isDirectory()) throw unusable(folder, `${at} is not a folder`);
    await access(at, constants.W_OK | constants.X_OK).catch((error: unknown) => {
      throw unusable(folder, reasonOf(error));
    });
    return;
  }
}

function unusable(folder: string, reason: string): AppError {
  return new AppError('CONFIG_INVALID', `cannot use the state folder ${folder}: ${reason}`, {
    hint:
      'check again as the user that runs holger; create the folder with mode 0700, or name ' +
      'another one in [state]',
  });
}
