// The targets of a check: those of the command line, then those of a file. All are read before the
// first is checked, so that a mistake in line 4,000 costs no run and leaves no half-written
// document.
import { defined } from '../../base/defined.ts';
import { AppError } from '../../base/errors.ts';
import { MOST_TARGETS } from '../../check/gather/bounds.ts';
import type { Target } from '../../check/gather/facts.ts';
import type { Written } from '../../check/gather/target.ts';
import { parseTarget } from '../../check/gather/target.ts';
import { readNamed } from '../named-file.ts';

export interface TargetFlags {
  readonly mx: boolean;
  readonly xmpp: boolean;
  /** One target per line, "#" begins a comment; `-` is stdin. */
  readonly file?: string;
}

/** More would be noise: a user who corrects five mistakes sees what is wrong with the others. */
const MOST_TOLD = 5;

/** @throws AppError INPUT_INVALID that names every line that is not a target */
export async function readTargets(
  written: readonly string[],
  flags: TargetFlags,
): Promise<readonly Target[]> {
  const as = writtenAs(flags);
  const named = written.map((one) => parseTarget(one, as));
  const { file } = flags;
  return file === undefined ? named : [...named, ...targetsIn(file, await contentOf(file), as)];
}

function writtenAs({ mx, xmpp }: TargetFlags): Written {
  if (mx && xmpp) {
    const hint = 'one run for mail domains, another one for XMPP domains';
    throw new AppError('USAGE', '--mx and --xmpp say what every target is: choose one', { hint });
  }
  return mx ? 'mail' : xmpp ? 'xmpp' : 'service';
}

/** Enough for a hundred thousand names with comments; a larger file is not a list of targets. */
const MOST_OCTETS = 32 * 1024 * 1024;

async function contentOf(file: string): Promise<string> {
  return file === '-' ? bounded(process.stdin) : readNamed(file);
}

/** The writer of a pipe decides when it ends. */
async function bounded(stream: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const octets = Buffer.from(chunk as Uint8Array);
    size += octets.length;
    if (size > MOST_OCTETS) throw tooMuch();
    chunks.push(octets);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function tooMuch(): AppError {
  const message = `the list of targets has more than ${MOST_OCTETS / 1024 / 1024} MiB or ${MOST_TARGETS} targets`;
  return new AppError('INPUT_INVALID', message, { hint: 'split it into several runs' });
}

function targetsIn(file: string, content: string, as: Written): readonly Target[] {
  const targets: Target[] = [];
  const bad: { readonly problem: string; readonly hint: string | undefined }[] = [];
  for (const [index, line] of content.split(/\r?\n/).entries()) {
    const written = line.replace(/#.*$/, '').trim();
    if (written === '') continue;
    try {
      targets.push(parseTarget(written, as));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const place = `${file === '-' ? 'stdin' : file}:${index + 1}`;
      bad.push({ problem: `${place}: ${error.message}`, hint: error.hint });
    }
  }
  if (targets.length > MOST_TARGETS) throw tooMuch();
  const [first] = bad;
  if (first === undefined) return targets;
  const problems = bad.slice(0, MOST_TOLD).map(({ problem }) => problem);
  const untold = bad.length - problems.length;
  const all = untold === 0 ? problems : [...problems, `and ${untold} more`];
  throw new AppError('INPUT_INVALID', all.join('\n'), {
    ...defined({ hint: first.hint }),
    details: { problems: all },
  });
}
