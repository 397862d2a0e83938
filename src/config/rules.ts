// Errors that no single value can show: references, duplicates, services that the certificate does
// not cover. The rules read the document as parsed, whatever else is wrong with it, so that one run
// of `config check` finds everything.
import path from 'node:path';
import { AppError } from '../base/errors.ts';
import { parseService } from '../dane/owner.ts';
import type { Fqdn } from '../dns/name.ts';
import { fqdn, hostOf, isWithin } from '../dns/name.ts';
import { ACME_DIRECTORY } from './defaults.ts';
import { DEFAULT_ISSUER } from './issuers.ts';
import type { KeyPath } from './lines.ts';
import { filesOfRequests, hasRequest, requestRules } from './request-rules.ts';
import { filesOfSources, provesNames, sourceRules, tableAt, textsAt } from './source-rules.ts';
import type { Problem, Table } from './source-rules.ts';
import { hasStaging, isStagingDirectory } from './staging.ts';
import { didYouMean } from './suggest.ts';
import { targetRules } from './target-rules.ts';

export type { Problem };

const listAt = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Malformed values are reported by the shape, not here. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}
const nameOf = (value: unknown): Fqdn | undefined =>
  typeof value === 'string' ? attempt(() => fqdn(value)) : undefined;

function serviceHost(service: unknown): Fqdn | undefined {
  const url = typeof service === 'string' ? service : tableAt(service)['url'];
  return typeof url === 'string' ? attempt(() => parseService(url).host) : undefined;
}

/** A wildcard stands for exactly one label (RFC 9525 §6.3). */
function covers(domain: Fqdn, host: Fqdn): boolean {
  return domain === host || (domain.startsWith('*.') && host.replace(/^[^.]+/, '*') === domain);
}

function* duplicates(
  items: readonly unknown[],
  folder: string,
  of: (it: unknown) => string | undefined,
): Generator<Problem> {
  const seen = new Map<string, number>();
  for (const [index, item] of items.entries()) {
    const name = of(item);
    if (name === undefined) continue;
    const first = seen.get(name);
    if (first === undefined) seen.set(name, index);
    else
      yield {
        path: [folder, index, 'name'],
        message: `"${name}" is already the name of ${folder}[${first}]`,
      };
  }
}

/** The configured test environment is not one: an order there would be a real order. */
function* stagingRules(acme: Table, here: KeyPath): Generator<Problem> {
  const staging = acme['staging_directory'];
  if (typeof staging !== 'string') return;
  const directory = acme['directory'] ?? ACME_DIRECTORY;
  const isItself = staging === directory && !isStagingDirectory(staging);
  if (!isItself && !hasStaging(staging)) return;
  const message = isItself
    ? 'is the directory itself, so every try would be a real order'
    : 'is where the CA issues real certificates, and not its test environment';
  yield { path: [...here, 'staging_directory'], message };
}

function* challengeRules(acme: Table, here: KeyPath): Generator<Problem> {
  if (acme['challenge'] !== 'dns-persist-01' || acme['experimental'] === true) return;
  const message = 'is still a draft: allow it with experimental = true';
  yield { path: [...here, 'challenge'], message };
}

function* issuerRules(root: Table): Generator<Problem> {
  const issuers = tableAt(root['issuer']);
  const names = [DEFAULT_ISSUER, ...Object.keys(issuers)];
  if (Object.hasOwn(issuers, DEFAULT_ISSUER)) {
    const message = `"${DEFAULT_ISSUER}" is the issuer of [acme]: choose another name`;
    yield { path: ['issuer', DEFAULT_ISSUER], message };
  }
  for (const [name, it] of Object.entries(issuers)) {
    yield* stagingRules(tableAt(it), ['issuer', name]);
    yield* challengeRules(tableAt(it), ['issuer', name]);
  }
  const certificates = listAt(root['certificate']).entries();
  const users: [KeyPath, unknown][] = [
    [['defaults'], root['defaults']],
    ...[...certificates].map(([index, it]): [KeyPath, unknown] => [['certificate', index], it]),
  ];
  for (const [here, it] of users) {
    const asked = textsAt(tableAt(it)['issuer']);
    for (const name of asked) {
      if (names.includes(name)) continue;
      const message = `there is no [issuer.${name}]${didYouMean(name, names)}`;
      yield { path: [...here, 'issuer'], message };
    }
    if (new Set(asked).size !== asked.length) {
      yield { path: [...here, 'issuer'], message: 'names an issuer twice' };
    }
    yield* sourceRules(tableAt(it), here, root);
  }
}

function* zoneRules(zones: readonly unknown[], providers: readonly string[]): Generator<Problem> {
  yield* duplicates(zones, 'zone', (zone) => nameOf(tableAt(zone)['name']));
  for (const [index, zone] of zones.entries()) {
    for (const key of ['provider', 'acme_provider']) {
      for (const name of textsAt(tableAt(zone)[key])) {
        if (providers.includes(name)) continue;
        const message = `there is no [provider.${name}]${didYouMean(name, providers)}`;
        yield { path: ['zone', index, key], message };
      }
    }
  }
}

/** Whether a provider is configured that can write below this name. */
function hasProvider(name: Fqdn, zones: readonly unknown[], providers: readonly string[]): boolean {
  if (providers.length === 1) return true;
  return zones.some((zone) => {
    const apex = nameOf(tableAt(zone)['name']);
    const isNamed = textsAt(tableAt(zone)['provider']).length > 0;
    return apex !== undefined && isWithin(name, apex) && isNamed;
  });
}

/** The files that a target of `directory` writes there (src/deploy/files.ts). */
const IN_FOLDER = ['privkey.pem', 'cert.pem', 'chain.pem', 'combined.pem', 'fullchain.pem'];

/** `base`: the folder to which relative paths refer. */
function filesOf(target: Table, base: string): (readonly [key: string, file: string])[] {
  const single = ['certificate', 'key', 'chain', 'combined', 'pkcs12'].flatMap((key) => {
    const file = target[key];
    return typeof file === 'string' ? [[key, path.resolve(base, file)] as const] : [];
  });
  const folder = target['directory'];
  if (typeof folder !== 'string') return single;
  return [
    ...single,
    ...IN_FOLDER.map((name) => ['directory', path.resolve(base, folder, name)] as const),
  ];
}

function* deployRules(root: Table, base: string): Generator<Problem> {
  const certificates = listAt(root['certificate']);
  const taken = new Map([...filesOfSources(root, base), ...filesOfRequests(root, base)]);
  for (const [index, certificate] of certificates.entries()) {
    for (const [at, item] of listAt(tableAt(certificate)['deploy']).entries()) {
      const target = tableAt(item);
      const here: KeyPath = ['certificate', index, 'deploy', at];
      const told = new Set<string>();
      for (const [key, file] of filesOf(target, base)) {
        const other = taken.get(file);
        const place = `certificate[${index}].deploy[${at}].${key}`;
        if (other === undefined) taken.set(file, place);
        // For two equal folders, one file is enough.
        else if (!told.has(`${key} ${other}`)) {
          told.add(`${key} ${other}`);
          yield { path: [...here, key], message: `${file} is already written by ${other}` };
        }
      }
      if (!hasRequest(tableAt(certificate))) yield* pairRules(target, here);
    }
  }
}

/**
 * A target places a complete pair or nothing. If the key is placed elsewhere, or by a target that
 * can fail separately, the service could have a certificate and a key that do not match.
 */
function* pairRules(target: Table, here: KeyPath): Generator<Problem> {
  if (target['type'] !== 'files') return;
  const has = (key: string): boolean => typeof target[key] === 'string';
  const placesPair = ['combined', 'pkcs12', 'directory'].some(has);
  const placesKey = has('key') || placesPair;
  if (has('existing_key')) {
    const other = ['key', 'combined', 'pkcs12', 'directory'].find(has);
    if (other !== undefined) {
      const message = `says that another program places the key, but ${other} places one`;
      yield { path: [...here, 'existing_key'], message };
    } else if (!has('certificate')) {
      const message =
        'has no effect without certificate: the certificate is compared with this key';
      yield { path: [...here, 'existing_key'], message };
    }
    return;
  }
  if (has('certificate') && !placesKey) {
    const message =
      'is placed without its key, which is new with every renewal: add key or combined, or ' +
      'name the file of a key that another program places with existing_key';
    yield { path: [...here, 'certificate'], message };
  } else if (has('key') && !has('certificate') && !placesPair) {
    const message = 'is placed without its certificate: add certificate, or use combined';
    yield { path: [...here, 'key'], message };
  } else if (has('chain') && !placesKey) {
    const message =
      'is placed without certificate and key, which may change their issuer: add them';
    yield { path: [...here, 'chain'], message };
  }
}

/** Names at which records must be written have a provider. */
function* providerRules(
  names: readonly (Fqdn | undefined)[],
  path: KeyPath,
  type: 'TXT' | 'TLSA',
  root: Table,
): Generator<Problem> {
  const providers = Object.keys(tableAt(root['provider']));
  for (const [index, name] of names.entries()) {
    const bare = name?.startsWith('*.') === true ? (name.slice(2) as Fqdn) : name;
    if (bare === undefined || hasProvider(bare, listAt(root['zone']), providers)) continue;
    const message =
      providers.length === 0
        ? `no provider can write ${type} records for ${hostOf(bare)}: add a [provider.NAME]`
        : `which of the providers ${providers.join(', ')} writes ${hostOf(bare)}? Name its zone in a [[zone]] with a provider`;
    yield { path: [...path, index], message };
  }
}

function* certificateRules(certificate: Table, path: KeyPath, root: Table): Generator<Problem> {
  const domains = listAt(certificate['domains']).map(nameOf);
  const valid = domains.filter((item) => item !== undefined);
  if (provesNames(certificate, root)) {
    yield* providerRules(domains, [...path, 'domains'], 'TXT', root);
  } else if (certificate['dane'] !== false) {
    // Only TLSA records are written.
    const hosts = listAt(certificate['services']).map(serviceHost);
    yield* providerRules(hosts, [...path, 'services'], 'TLSA', root);
  }
  const owners = new Set<Fqdn>();
  for (const [index, service] of listAt(certificate['services']).entries()) {
    const host = serviceHost(service);
    if (host === undefined || owners.has(host)) continue;
    owners.add(host);
    if (valid.length === domains.length && !valid.some((domain) => covers(domain, host))) {
      const message = `${hostOf(host)} is not among the domains of this certificate`;
      yield { path: [...path, 'services', index], message };
    }
  }
}

/** `file`: of the configuration. */
export function* crossProblems(parsed: unknown, file: string): Generator<Problem> {
  const root = tableAt(parsed);
  const providers = Object.keys(tableAt(root['provider']));
  const zones = listAt(root['zone']);
  const certificates = listAt(root['certificate']);
  yield* stagingRules(tableAt(root['acme']), ['acme']);
  yield* challengeRules(tableAt(root['acme']), ['acme']);
  yield* issuerRules(root);
  yield* zoneRules(zones, providers);
  yield* duplicates(certificates, 'certificate', (it) => {
    const name = tableAt(it)['name'];
    return typeof name === 'string' ? name : undefined;
  });
  yield* targetRules(root);
  yield* deployRules(root, path.dirname(path.resolve(file)));
  for (const [index, it] of certificates.entries()) {
    yield* certificateRules(tableAt(it), ['certificate', index], root);
    yield* requestRules(tableAt(it), ['certificate', index], root);
  }
}
