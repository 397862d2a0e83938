// A transcript: `# comments`, then command lines that begin with `> holger`, each with what it
// prints: lines of stdout as they are, lines of stderr after `! `, and `= N` for an exit status
// other than 0. Files that the commands read are at the end, each under a line `-- NAME --`.
export interface Asked {
  readonly line: string;
  readonly argv: readonly string[];
}

export interface Transcript {
  readonly head: string;
  readonly commands: readonly Asked[];
  /** Documents of the state folder, by the name of a scene in states.ts. */
  readonly state: string | undefined;
  readonly files: readonly { readonly name: string; readonly text: string }[];
  /** From the first `-- NAME --` to the end. */
  readonly tail: string;
}

const FILE = /^-- (\S+) --$/;
const COMMAND = /^> holger(.*)$/;

export function readTranscript(text: string): Transcript {
  const lines = text.split('\n');
  const end = lines.findIndex((line) => FILE.test(line));
  const told = end < 0 ? lines : lines.slice(0, end);
  const tail = end < 0 ? [] : lines.slice(end);
  const start = told.findIndex((line) => COMMAND.test(line));
  const head = told.slice(0, start);
  const files: { name: string; text: string }[] = [];
  for (const line of tail) {
    const name = FILE.exec(line)?.[1];
    const last = files.at(-1);
    if (name !== undefined) files.push({ name, text: '' });
    else if (last !== undefined) last.text += `${line}\n`;
  }
  return {
    head: head.join('\n').trim(),
    state: /^# state: (\S+)$/m.exec(head.join('\n'))?.[1],
    commands: told.flatMap((line) => {
      const typed = COMMAND.exec(line)?.[1];
      return typed === undefined ? [] : [{ line, argv: wordsOf(typed) }];
    }),
    files,
    tail: tail.join('\n').trimEnd(),
  };
}

/** As a shell does it, where the only quotes are single quotes. */
function wordsOf(typed: string): string[] {
  return [...typed.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
}

/** What one command printed, in the order in which it was printed. */
export class Said {
  #text = '';
  #open: '' | '! ' | undefined;

  take(mark: '' | '! ', text: string): void {
    for (const line of text.split(/(?<=\n)/)) {
      if (this.#open !== undefined && this.#open !== mark) this.#text += '\n';
      if (this.#open !== mark) this.#text += mark;
      this.#text += line;
      this.#open = line.endsWith('\n') ? undefined : mark;
    }
  }

  text(exit: number): string {
    const lines = this.#text.replace(/\n$/, '').split('\n');
    const shown = lines.map((line) => line.trimEnd()).join('\n');
    return `${shown === '' ? '' : `${shown}\n`}${exit === 0 ? '' : `= ${exit}\n`}`;
  }
}
