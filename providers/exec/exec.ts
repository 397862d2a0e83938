// A command of the operator that changes a zone: one JSON document on its standard input, and its
// exit status as the answer.
import type { Seconds } from '../../src/base/clock.ts';
import type { ProviderTraits } from '../../src/ports/provider.ts';
import type { Document } from '../_kit/document.ts';
import { changeDocument } from '../_kit/document.ts';
import { Json } from '../_kit/json.ts';
import { defineProvider, optional, required } from '../_kit/kind.ts';
import type { OwnDoor } from '../_kit/own.ts';
import { overOwnDoor } from '../_kit/own.ts';
import { alnitakDoor } from './alnitak.ts';
import { callCommand, commandFailed } from './call.ts';

/** Of sysexits.h. 1 is not among them: scripts that break end with it. */
const STATUS = { done: 0, unknownQuestion: 64, tryLater: 75, refused: 77 } as const;
const TIMEOUT: Seconds = 60;
const PATIENCE: Seconds = 300;

const TRAITS: ProviderTraits = {
  types: ['TXT', 'TLSA'],
  conditional: false,
  edits: 'rrset',
  ttl: { least: 1 },
  signs: 'other',
  tellsApplied: false,
};

/** It supports TLSA only, one record at a time. */
const ALNITAK: ProviderTraits = { ...TRAITS, types: ['TLSA'], edits: 'record' };

export const exec = defineProvider({
  type: 'exec',
  title: 'A command of your own',
  site: 'docs/providers/own.md',
  traits: TRAITS,
  traitsWith: ({ compatible }) => (compatible === 'alnitak' ? ALNITAK : TRAITS),
  options: {
    command: required('command', 'the command and its arguments; there is no shell'),
    timeout: optional('duration', 'it is stopped after this time; 60s, with compatible 5m'),
    compatible: optional('text', 'call it with the conventions of another program', ['alnitak']),
  },
  notes: [
    'The command gets the whole change as JSON on standard input, and no secret: it must ' +
      'have its own credentials.',
    'The command decides the TTL of records: set ttl to the same value, or waits become ' +
      'longer.',
    'compatible = "alnitak" calls scripts written for Alnitak: TLSA only, one record per ' +
      'call, and LETSENCRYPT_DIR is /etc/letsencrypt, where holger stores nothing.',
  ],
  open({ command, timeout, compatible }, tools) {
    if (compatible === 'alnitak') return overOwnDoor(alnitakDoor(command, ALNITAK, timeout), tools);
    return overOwnDoor(commandDoor(command, timeout ?? TIMEOUT), tools);
  },
});

function commandDoor(command: readonly string[], timeout: Seconds): OwnDoor {
  const run = (document: Document, what: string, signal: AbortSignal | undefined) =>
    callCommand(command, { input: `${JSON.stringify(document)}\n`, timeout, signal }, what);
  return {
    traits: TRAITS,
    patience: PATIENCE,
    async ask(document, what, { signal }) {
      const { exitStatus, answer, output } = await run(document, what, signal);
      if (exitStatus === STATUS.unknownQuestion) return undefined;
      if (exitStatus === STATUS.done) return Json.parse(answer, command[0] ?? '');
      throw failure(command, exitStatus, what, output);
    },
    async apply(wanted, what, { signal }) {
      const { exitStatus, output } = await run(changeDocument(wanted), what, signal);
      if (exitStatus === STATUS.done) return 'accepted';
      throw failure(command, exitStatus, what, output);
    },
  };
}

function failure(command: readonly string[], exitStatus: number, what: string, output: string) {
  if (exitStatus === STATUS.tryLater) {
    return commandFailed(command, `asks to be called again later for ${what}`, output, {
      hint: 'nothing; the next run calls it again',
    });
  }
  const said = `ended with status ${exitStatus} at ${what}`;
  if (exitStatus !== STATUS.refused) return commandFailed(command, said, output);
  return commandFailed(command, `refused ${what}`, output, {
    code: 'UPDATE_REFUSED',
    hint: 'read the output of the command; nothing was written',
  });
}
