// One operation of holger-receive through the system's OpenSSH client: its configuration, agent,
// known hosts and jump hosts are those of the user that runs holger. Nothing is asked on a
// terminal.
import type { Seconds } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';
import { createLimit } from '../../base/limit.ts';
import { runCommand } from '../../process/run-command.ts';
import type { CommandOutcome } from '../../process/run-command.ts';
import { MOST_ANSWER_BYTES, readAnswer } from './receiver-answer.ts';
import type { Answer } from './receiver-answer.ts';

export interface SshOptions {
  readonly host: string;
  readonly port: number | undefined;
  readonly user: string | undefined;
  /** A configuration file of ssh in place of the user's. */
  readonly sshConfig: string | undefined;
  /** The private key of the sender. */
  readonly identityFile: string | undefined;
  readonly timeout: Seconds;
}

/** Until a host that is down is given up. */
const CONNECT: Seconds = 10;
/** A connection that broke is noticed after three times this. */
const ALIVE: Seconds = 5;
/** The exit status of ssh for errors of its own (ssh(1)). */
const SSH_ERROR = 255;

/** Each is a process. Of two hundred machines, those that are down do not hold up the others. */
const inBounds = createLimit(64);

/** Sends words and payload; returns the answer. @throws AppError without an answer */
export type Connection = (words: readonly string[], payload?: string) => Promise<Answer>;

/** `program`: how ssh is started. */
export function sshConnection(options: SshOptions, program: readonly string[]): Connection {
  const argv = [...program, ...argumentsOf(options)];
  return async (words, payload = '') => {
    const outcome = await inBounds(() =>
      runCommand([...argv, ...words], {
        env: { LC_ALL: 'C' },
        keeps: ['SSH_AUTH_SOCK'],
        input: payload,
        answerBytes: MOST_ANSWER_BYTES,
        timeout: options.timeout,
      }),
    );
    const answer = outcome.status === 'exited' ? readAnswer(outcome.answer) : undefined;
    if (answer !== undefined) return answer;
    throw withoutAnswer(options, outcome);
  };
}

function argumentsOf({ host, port, user, sshConfig, identityFile }: SshOptions): string[] {
  const settings = [
    'BatchMode=yes',
    `ConnectTimeout=${CONNECT}`,
    `ServerAliveInterval=${ALIVE}`,
    'ServerAliveCountMax=3',
    ...(identityFile === undefined ? [] : ['IdentitiesOnly=yes']),
  ];
  return [
    ...(sshConfig === undefined ? [] : ['-F', sshConfig]),
    ...settings.flatMap((one) => ['-o', one]),
    ...(identityFile === undefined ? [] : ['-i', identityFile]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...(user === undefined ? [] : ['-l', user]),
    ...['-T', '--', host],
  ];
}

/** ssh says it in English, with LC_ALL=C. */
const REFUSALS = [
  {
    pattern: /host key verification failed|no \S+ host key is known|identification has changed/i,
    words: 'ssh does not know its host key, or knows another one',
    hint: 'compare the key on the host itself, and put it into known_hosts of the user that runs holger',
  },
  {
    pattern: /permission denied|too many authentication failures/i,
    words: 'it accepts no SSH key of the user that runs holger',
    hint: "put the user's public key into authorized_keys there, with its forced command (docs/receive.md), or correct user and identity_file",
  },
] as const;

function withoutAnswer({ host, timeout }: SshOptions, outcome: CommandOutcome): AppError {
  switch (outcome.status) {
    case 'timeout':
      return new AppError('DEPLOY_FAILED', `${host} did not answer within ${timeout} s`, {
        hint: 'check that the host works and is reached; holger tries again',
      });
    case 'not-started':
      return new AppError('DEPLOY_REFUSED', `ssh could not be started: ${outcome.reason}`, {
        hint: 'install the OpenSSH client (Debian: openssh-client)',
      });
    case 'killed':
      return new AppError('DEPLOY_FAILED', `ssh to ${host} was ended by ${outcome.signal}`, {
        hint: 'nothing; holger tries again',
      });
    case 'exited':
      return exited(host, outcome.exitStatus, outcome.output);
  }
}

function exited(host: string, status: number, output: string): AppError {
  const last = output === '' ? '' : `: ${output}`;
  if (status !== SSH_ERROR) {
    const missing = status === 126 || status === 127;
    return new AppError(
      missing ? 'DEPLOY_REFUSED' : 'DEPLOY_FAILED',
      missing
        ? `holger-receive cannot be run on ${host}${last}`
        : `the answer of ${host} was cut (status ${status})${last}`,
      {
        hint: missing
          ? 'install it there, and check the forced command in authorized_keys (docs/receive.md)'
          : 'nothing; holger asks again what is there',
      },
    );
  }
  const refusal = REFUSALS.find(({ pattern }) => pattern.test(output));
  if (refusal !== undefined) {
    return new AppError('DEPLOY_REFUSED', `no connection to ${host}: ${refusal.words}`, {
      hint: refusal.hint,
      details: { output },
    });
  }
  return new AppError('DEPLOY_FAILED', `no connection to ${host}${last}`, {
    hint: 'check that the host runs and is reached; holger tries again',
  });
}
