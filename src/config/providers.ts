// The tables [provider.NAME], made from the options of each provider.
import * as z from 'zod';
import { PROVIDERS } from '../../providers/index.ts';
import type { Option, OptionType } from '../../providers/_kit/kind.ts';
import { tsigAlgorithm } from '../../providers/rfc2136/key-file.ts';
import { TSIG_ALGORITHMS } from '../dns/tsig.ts';
import * as field from './fields.ts';
import { type Settled, settled } from './settled.ts';
import { didYouMean } from './suggest.ts';

const algorithm = field.parsed(TSIG_ALGORITHMS.join(' or '), tsigAlgorithm);

const SHAPES = {
  text: ({ words }: Option) => (words === undefined ? field.text : field.word(words)),
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
  file: () => field.file,
  flag: () => field.flag,
} satisfies Readonly<Record<OptionType, (option: Option) => z.ZodType>>;

type Shapes = typeof SHAPES;
type Setting = z.output<ReturnType<Shapes[OptionType]>>;

/**
 * What an option of a provider is set to. Secrets are references still: they are read when the
 * provider is made.
 */
export type OptionSetting = Settled<Setting>;
export type TsigConfig = Settled<z.output<ReturnType<Shapes['tsig']>>>;

export interface ProviderConfig {
  readonly name: string;
  /** Of `providers/index.ts`. */
  readonly type: string;
  readonly options: Readonly<Record<string, OptionSetting>>;
}

type RawProvider = Readonly<Record<string, Setting | undefined>> & { readonly type: string };

const types = PROVIDERS.map(({ type }) => type);

const kinds = PROVIDERS.map(({ type, options }) => {
  const shape = Object.entries(options).map(([key, option]) => {
    const value: z.ZodType<Setting> = SHAPES[option.type](option);
    return [
      key,
      (option.required ? value : value.optional()).meta({ description: option.about }),
    ] as const;
  });
  return field.table({ type: z.literal(type), ...Object.fromEntries(shape) });
});

/** One table. The type decides which keys are allowed. */
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

/** `folder`: where relative paths begin. */
export function providerConfig(
  name: string,
  { type, ...written }: RawProvider,
  folder: string,
): ProviderConfig {
  const options = Object.entries(written).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, settled(value, folder)] as const],
  );
  return { name, type, options: Object.fromEntries(options) };
}
