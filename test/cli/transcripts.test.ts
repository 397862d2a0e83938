// Command lines and what holger prints, as text files: each command line of test/cli/transcripts is
// run in this process, at one fixed time, with a state folder of its own. TRANSCRIPTS_UPDATE=1
// writes the files: review what has changed.
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { NOW } from '../support/ca.ts';
import { inProcess } from './in-process.ts';
import { STATES } from './states.ts';
import { readTranscript, Said } from './transcript.ts';
import type { Transcript } from './transcript.ts';

const FOLDER = path.join(import.meta.dirname, 'transcripts');

let work: string;
beforeEach(async () => {
  vi.useFakeTimers({ now: NOW * 1000, toFake: ['Date'] });
  // Not os.tmpdir(): lines are wrapped, so that the length of this path changes what is printed.
  work = await mkdtemp('/tmp/holger-');
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(work, { recursive: true });
});

async function prepare({ files, state }: Transcript): Promise<void> {
  for (const { name, text } of files) {
    await writeFile(path.join(work, name), text, { mode: 0o600 });
  }
  if (state === undefined) return;
  const documents = STATES[state];
  if (documents === undefined) throw new Error(`states.ts has no state ${state}`);
  const folder = path.join(work, 'state/documents');
  await mkdir(folder, { recursive: true });
  for (const [key, text] of Object.entries(documents)) {
    await writeFile(path.join(folder, `${encodeURIComponent(key)}.json`), text);
  }
}

async function answer(argv: readonly string[]): Promise<string> {
  const said = new Said();
  const exit = await inProcess(
    argv.map((word) => word.replaceAll('$WORK', work)),
    (stream, text) => said.take(stream === 'out' ? '' : '! ', text),
  );
  return said.text(exit).replaceAll(work, '$WORK');
}

async function told(transcript: Transcript): Promise<string> {
  await prepare(transcript);
  let text = `${transcript.head}\n`;
  for (const { line, argv } of transcript.commands) text += `\n${line}\n${await answer(argv)}`;
  return transcript.tail === '' ? text : `${text}\n${transcript.tail}\n`;
}

const names = (await readdir(FOLDER)).sort();

it.each(names)('%s', async (name) => {
  const file = path.join(FOLDER, name);
  const written = await readFile(file, 'utf8');
  const transcript = readTranscript(written);
  expect(transcript.commands).not.toEqual([]);
  const text = await told(transcript);
  if (process.env['TRANSCRIPTS_UPDATE'] === '1') await writeFile(file, text);
  else expect(text).toBe(written);
});

it('every state of states.ts is used by a transcript', async () => {
  const texts = await Promise.all(names.map((name) => readFile(path.join(FOLDER, name), 'utf8')));
  const used = texts.map((text) => readTranscript(text).state);
  expect(Object.keys(STATES).filter((state) => !used.includes(state))).toEqual([]);
});
