// What a failed operation of holger-receive means: who has to do something, and whether another
// attempt may help.
import type { ErrorCode } from '../../base/errors.ts';
import { AppError } from '../../base/errors.ts';
import { OVERTAKEN } from './fence.ts';
import type { Answer } from './receiver-answer.ts';

const MOST_WORDS = 400;

interface Meaning {
  readonly code: ErrorCode;
  readonly words: string;
  readonly hint: string;
}

const AGAIN = 'nothing; holger tries again';

/** The results of docs/receive.md. */
const RESULTS: Readonly<Record<string, Meaning>> = {
  usage: {
    code: 'DEPLOY_REFUSED',
    words: 'its holger-receive does not know this operation',
    hint: 'install the holger-receive of this version there (holger target test NAME prints both)',
  },
  payload: {
    code: 'DEPLOY_FAILED',
    words: 'the files did not arrive unchanged',
    hint: AGAIN,
  },
  internal: { code: 'DEPLOY_FAILED', words: 'holger-receive was stopped there', hint: AGAIN },
  busy: {
    code: 'DEPLOY_FAILED',
    words: 'another run of holger-receive works there',
    hint: AGAIN,
  },
  refused: {
    code: 'DEPLOY_REFUSED',
    words: 'its receive.conf does not name this certificate',
    hint: 'add a section for it to /etc/holger/receive.conf there, or correct name in deploy',
  },
  setup: {
    code: 'DEPLOY_REFUSED',
    words: 'holger-receive is not set up right there',
    hint: 'correct that on the host; docs/receive.md says what it needs',
  },
  fence: OVERTAKEN,
  pair: {
    code: 'DEPLOY_FAILED',
    words: 'key and certificate do not belong together there',
    hint: AGAIN,
  },
  absent: { code: 'DEPLOY_FAILED', words: 'the generation is not there any more', hint: AGAIN },
  conflict: {
    code: 'DEPLOY_FAILED',
    words: 'its number is in use there for another generation',
    hint: AGAIN,
  },
  space: {
    code: 'DEPLOY_FAILED',
    words: 'there is no space for it, and nothing was changed',
    hint: 'free some space on the host; holger tries again',
  },
  reload: {
    code: 'RELOAD_FAILED',
    words: 'the files are in place, and a reload command of receive.conf failed',
    hint: 'run the command on the host by hand; holger tries again',
  },
};

const UNKNOWN: Meaning = {
  code: 'DEPLOY_FAILED',
  words: 'holger-receive answered with a result that this version does not know',
  hint: 'install the holger-receive of this version there',
};

/** `result` is not "ok". */
export function receiverFailure(answer: Answer): AppError {
  const result = answer.get('result') ?? '';
  const { code, words, hint } = RESULTS[result] ?? UNKNOWN;
  const said = [answer.get('message'), answer.get('reload.output')].flatMap((it) => it ?? []);
  const more = said.join('; ').slice(0, MOST_WORDS);
  return new AppError(code, more === '' ? words : `${words}: ${more}`, {
    hint,
    details: { result: result.slice(0, 32) },
  });
}
