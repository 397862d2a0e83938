// Which provider writes which zone. A provider is opened, and its secrets are read, when it is
// first needed.
import { PROVIDERS } from '../../../providers/index.ts';
import type {
  Options,
  OptionValues,
  ProviderKind,
  ProviderTools,
} from '../../../providers/_kit/kind.ts';
import { isKeyFile, tsigKey } from '../../../providers/rfc2136/key-file.ts';
import { AppError } from '../../base/errors.ts';
import { createKeyedLimit } from '../../base/limit.ts';
import { readSecret, secretPlace } from '../../config/secrets.ts';
import type { SecretRef } from '../../config/fields.ts';
import type { ProviderConfig, TsigConfig } from '../../config/providers.ts';
import type { Config } from '../../config/schema.ts';
import { whyInVain, zoneConfig } from '../../config/zones.ts';
import type { TsigKey } from '../../dns/tsig.ts';
import { hostOf } from '../../dns/name.ts';
import type { Fqdn } from '../../dns/name.ts';
import type { World } from '../../engine/world.ts';
import { registerSecret } from '../../observe/redact.ts';
import type { DnsProvider, ProviderTraits } from '../../ports/provider.ts';
import { maskedPort } from './masked.ts';
import { together } from './multi-signer.ts';

export type ProviderFor = World['providerFor'];

export function providersOf(config: Config, tools: ProviderTools): ProviderFor {
  const made = new Map<string, DnsProvider>();
  const get = (name: string, zone: Fqdn): DnsProvider => {
    const provider = config.providers.find((item) => item.name === name);
    if (provider === undefined) throw nobodyFor(zone, config);
    const known = made.get(name) ?? openProvider(provider, tools);
    made.set(name, known);
    return known;
  };
  return (zone, purpose, chosen) => {
    const configured = zoneConfig(zone, config.zones);
    const only = config.providers.length === 1 ? config.providers.map(({ name }) => name) : [];
    const tlsa = configured?.provider ?? only;
    const named = purpose === 'acme' ? (configured?.acmeProvider ?? tlsa) : tlsa;
    const [first, ...others] = (chosen === undefined ? named : [chosen]).map((name) => {
      const provider = get(name, zone);
      const type = purpose === 'acme' ? 'TXT' : 'TLSA';
      if (!provider.traits.types.includes(type)) throw unable(name, type, provider.traits, zone);
      return { name, provider };
    });
    if (first === undefined) throw nobodyFor(zone, config);
    return others.length === 0 ? first.provider : together([first, ...others]);
  };
}

/** What a named provider can do: challenges, or only TLSA records if it has no TXT records. */
export function purposeOf(name: string, { providers }: Config): 'acme' | 'tlsa' {
  const provider = providers.find((one) => one.name === name);
  const isAble = provider === undefined || traitsOf(provider).types.includes('TXT');
  return isAble ? 'acme' : 'tlsa';
}

/** @throws AppError USAGE for a provider that is not configured */
export function mustBeConfigured(provider: string, { providers, path }: Config): void {
  const names = providers.map(({ name }) => name);
  if (names.includes(provider)) return;
  throw new AppError('USAGE', `the provider "${provider}" does not exist`, {
    hint: `${path} has: ${names.join(', ') || 'none'}`,
  });
}

function traitsOf(provider: ProviderConfig): ProviderTraits {
  const kind = kindOf(provider);
  return kind.traitsWith?.(provider.options) ?? kind.traits;
}

function nobodyFor(zone: Fqdn, { path }: Config): AppError {
  return new AppError('CONFIG_INVALID', `no provider is configured for zone ${zone}`, {
    hint: `add [[zone]] name = "${hostOf(zone)}" with provider = "…" to ${path}`,
  });
}

function unable(name: string, type: 'TXT' | 'TLSA', traits: ProviderTraits, zone: Fqdn): AppError {
  if (type === 'TXT') {
    return new AppError('CONFIG_INVALID', `provider "${name}" does not support TXT records`, {
      hint: `name another acme_provider for ${hostOf(zone)}`,
    });
  }
  const because =
    whyInVain(traits, `the TLSA owners in ${hostOf(zone)}`) ?? 'does not support TLSA records';
  return new AppError('CONFIG_INVALID', `provider "${name}" ${because}`);
}

function kindOf({ name, type }: ProviderConfig): ProviderKind {
  const kind = PROVIDERS.find((one) => one.type === type);
  if (kind === undefined) throw new AppError('BUG', `provider "${name}" has an unknown type`);
  return kind;
}

/** Its secrets are read with the first request. */
function openProvider(provider: ProviderConfig, tools: ProviderTools): DnsProvider {
  // One write at a time in each zone: a server signs them one after the other, and an API that
  // changes whole zones would lose one of two.
  const inTurn = createKeyedLimit(1);
  let made: Promise<DnsProvider> | undefined;
  const get = (): Promise<DnsProvider> => (made ??= make(provider, tools));
  return maskedPort({
    traits: traitsOf(provider),
    findZone: async (name, call) => (await get()).findZone(name, call),
    ttlFor: async (zone, ttl, call) => (await get()).ttlFor(zone, ttl, call),
    apply: (edit, call) => inTurn(edit.zone, async () => (await get()).apply(edit, call)),
    mayChange: async (zone, owner, type, call) =>
      (await get()).mayChange?.(zone, owner, type, call),
    read: async (zone, owner, type, call) => (await get()).read(zone, owner, type, call),
  });
}

/** Opened at once. @throws AppError if its options or secrets cannot be used */
export async function make(provider: ProviderConfig, tools: ProviderTools): Promise<DnsProvider> {
  const { options } = provider;
  const kind = kindOf(provider);
  const values = await Promise.all(
    Object.entries(options).map(async ([key, setting]) => {
      const type = kind.options[key]?.type;
      if (type === 'secret') return [key, await secretIn(setting as SecretRef)] as const;
      return [key, type === 'tsig' ? await keyIn(setting as TsigConfig) : setting] as const;
    }),
  );
  return kind.open(Object.fromEntries(values) as OptionValues<Options>, tools);
}

async function secretIn(ref: SecretRef): Promise<string> {
  const secret = await readSecret(ref);
  registerSecret(secret);
  return secret;
}

async function keyIn({ name, algorithm, secret }: TsigConfig): Promise<TsigKey> {
  const text = await secretIn(secret);
  try {
    return tsigKey(name, algorithm, text);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const what = isKeyFile(text) ? 'is a whole key file, not its secret' : 'is not base64 text';
    throw new AppError('SECRET_UNREADABLE', `${secretPlace(secret)} ${what}`, {
      hint:
        'it should contain only the secret of the key, as in the secret line of a BIND key ' +
        'file; for the whole file use key_file instead of tsig',
    });
  }
}
