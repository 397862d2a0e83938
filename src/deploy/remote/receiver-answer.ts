// The answers of holger-receive (docs/receive.md, version 1 of the protocol): lines of key and
// value from a host that is not trusted with more than its own certificates.
import { certificateTexts } from '../../x509/pem.ts';
import { keptFence } from './fence.ts';

/** What holger-receive says of one certificate, and what ssh and the shell there may add. */
export const MOST_ANSWER_BYTES = 1_048_576;
/** It keeps eleven. */
const MOST_GENERATIONS = 64;
const MOST_NUMBER = 999_999_999;
/** Of a chain in it; longer ones are not looked at anywhere. */
const MOST_CERTIFICATES = 16;

export type Answer = ReadonlyMap<string, string>;

/** Undefined: the connection was cut before the last line, or something else answered. */
export function readAnswer(text: string): Answer | undefined {
  const lines = text.split('\n').flatMap((line) => {
    const found = /^([A-Za-z0-9_.]{1,64})=([ -~]*)$/.exec(line);
    return found === null ? [] : [[found[1] ?? '', found[2] ?? ''] as const];
  });
  if (!text.endsWith('\n') || lines.at(-1)?.[0] !== 'result') return undefined;
  const answer = new Map<string, string>();
  for (const [key, value] of lines) {
    // The lines of a command's output come under one key.
    const before = answer.get(key);
    answer.set(key, before === undefined ? value : `${before} | ${value}`);
  }
  return answer;
}

/** The kinds of files outside of its folder that receive.conf may name. */
export const PATHS = ['privkey', 'fullchain', 'combined'] as const;
export type PathKind = (typeof PATHS)[number];

export interface HostGeneration {
  readonly number: number;
  /** Its files are complete and belong together. */
  readonly fits: boolean;
  /** SHA-256 of fullchain.pem, hex. */
  readonly fullchain: string;
}

/** What lies on a host for one certificate. */
export interface HostState {
  /** 0: none was kept yet. */
  readonly fence: number;
  readonly live: number | undefined;
  readonly generations: readonly HostGeneration[];
  /** The files outside: whether they are those of the live generation. */
  readonly paths: ReadonlyMap<PathKind, boolean>;
  /** PEM chains that a service may load: of the live generation, and of files that differ. */
  readonly chains: ReadonlyMap<'live' | PathKind, string>;
  readonly freeKib: number | undefined;
}

export interface ReceiverVersion {
  readonly version: string;
  readonly protocol: string;
  readonly openssl: string;
}

export function readVersion(answer: Answer): ReceiverVersion {
  const word = (key: string): string => (answer.get(key) ?? 'unknown').slice(0, 80);
  return { version: word('version'), protocol: word('protocol'), openssl: word('openssl') };
}

export function readState(answer: Answer): HostState {
  const number = (key: string): number | undefined => wholeNumber(answer.get(key));
  const generations = [...answer.keys()]
    .flatMap((key) => wholeNumber(/^generation\.(\d+)\.fits$/.exec(key)?.[1]) ?? [])
    .slice(0, MOST_GENERATIONS)
    .map((one) => ({
      number: one,
      fits: answer.get(`generation.${one}.fits`) === 'yes',
      fullchain: answer.get(`generation.${one}.fullchain`) ?? '',
    }));
  const paths = PATHS.flatMap((kind) => {
    const stand = answer.get(`path.${kind}`);
    return stand === undefined ? [] : [[kind, stand === 'ok'] as const];
  });
  const chains = (['live', ...PATHS] as const).flatMap((kind) => {
    const pem = chainOf(answer.get(`certificates.${kind}`) ?? '');
    return pem === '' ? [] : [[kind, pem] as const];
  });
  return {
    fence: keptFence(answer.get('fence')),
    live: number('live'),
    generations,
    paths: new Map(paths),
    chains: new Map(chains),
    freeKib: number('free_kib'),
  };
}

function wholeNumber(text = ''): number | undefined {
  return /^\d{1,9}$/.test(text) ? Math.min(Number(text), MOST_NUMBER) : undefined;
}

/** ":" stands for the end of a line. */
function chainOf(written: string): string {
  return certificateTexts(written.replaceAll(':', '\n')).slice(0, MOST_CERTIFICATES).join('');
}
