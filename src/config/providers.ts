// The tables [provider.NAME], made of what each provider says of its options.
import * as z from 'zod';
import { PROVIDERS } from '../../providers/index.ts';
import type { Option, OptionType } from '../../providers/_kit/kind.ts';
import { tsigAlgorithm } from '../../providers/rfc2136/key-file.ts';
import { TSIG_ALGORITHMS } from '../dns/tsig.ts';
import * as field from './fields.ts';
import type { SecretRef } from './fields.ts';
import type { OptionSetting, ProviderConfig, TsigConfig } from './schema.ts';
import { didYouMean } from './suggest.ts';

const algorithm = field.parsed(TSIG_ALGORITHMS.join(' or '), tsigAlgorithm);

const SHAPES: Readonly<Record<OptionType, (option: Option) => z.ZodType<OptionSetting>>> = {
  text: ({ words }) => (words === undefined ? field.text : field.word(words)),
  secret: () => field.secret,
  url: () => field.https,
  servers: () => field.oneOrMore(field.server(53)),
  tsig: () =>
    field.table(
      {
        name: field.name,
        algorithm: algorithm.default('hmac-sha256'),
        secret: field.secret,
      },
      'a table like { name = "…", algorithm = "hmac-sha256", secret = { file = "…" } }',
    ),
  command: () => field.argv,
  duration: () => field.duration,
  file: () => field.text,
  flag: () => field.flag,
};

type RawProvider = Readonly<Record<string, OptionSetting | undefined>> & { readonly type: string };

const types = PROVIDERS.map(({ type }) => type);

const kinds = PROVIDERS.map(({ type, options }) => {
  const shape = Object.entries(options).map(([key, option]) => {
    const value = SHAPES[option.type](option);
    return [
      key,
      (option.required ? value : value.optional()).meta({ description: option.about }),
    ] as const;
  });
  return field.table({ type: z.literal(type), ...Object.fromEntries(shape) });
});

/** One table. The type decides which keys it may have. */
export const provider: z.ZodType<RawProvider> = z.discriminatedUnion(
  'type',
  kinds as [(typeof kinds)[number], ...typeof kinds],
  {
    error: (issue) => {
      const written = (issue.input as { readonly type?: unknown } | undefined)?.type;
      const meant = typeof written === 'string' ? didYouMean(written, types) : '';
      return `expected a type${meant}: ${types.join(', ')}`;
    },
  },
);

interface Beside {
  /** Of a path beside the configuration. */
  absolute(file: string): string;
  /** Of a command whose program may lie there. */
  command(argv: readonly string[]): readonly string[];
}

export function providerConfig(
  name: string,
  { type, ...written }: RawProvider,
  { absolute, command }: Beside,
): ProviderConfig {
  const kind = PROVIDERS.find((one) => one.type === type);
  const secret = (ref: SecretRef): SecretRef => {
    if (ref.kind === 'file') return { kind: 'file', file: absolute(ref.file) };
    return ref.kind === 'command' ? { kind: 'command', command: command(ref.command) } : ref;
  };
  const resolved = (option: OptionType | undefined, value: OptionSetting): OptionSetting => {
    if (option === 'file') return absolute(value as string);
    if (option === 'secret') return secret(value as SecretRef);
    if (option === 'command') return command(value as readonly string[]);
    if (option !== 'tsig') return value;
    const tsig = value as TsigConfig;
    return { ...tsig, secret: secret(tsig.secret) };
  };
  const options = Object.entries(written).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, resolved(kind?.options[key]?.type, value)] as const],
  );
  return { name, type, options: Object.fromEntries(options) };
}
