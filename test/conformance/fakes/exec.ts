// A command written after docs/providers/own.md: it passes everything to a server, and ends with
// the status of the result.
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Fake } from '../fake.ts';
import { answerDocument, isChange } from './own.ts';

const COMMAND = fileURLToPath(new URL('exec-command.mjs', import.meta.url));

export const exec: Fake = {
  type: 'exec',
  source: 'docs/providers/own.md',
  secrets: [],
  options: (url) => ({ command: [process.execPath, COMMAND, url] }),
  isWrite: isChange,
  answer: ({ json }, far) => answerDocument(json, far),
  // A command has no such answers.
  never: [401, 429],
};
