// What a story writes down: time since its beginning, who, and what happened, in lines that an
// operator can read.
import type { Seconds } from '../../src/base/clock.ts';

const WIDTH = 100;
const TIME = 10;
const WHO = 9;

/**
 * `+12s`, `+5m 03s`, `+2h 01m`, `+3d 04h`: the two largest units, the second one padded so that
 * columns align.
 */
export function sinceStart(seconds: Seconds): string {
  const whole = Math.round(Math.abs(seconds));
  const sign = seconds < 0 && whole > 0 ? '-' : '+';
  const two = (value: number): string => String(value).padStart(2, '0');
  if (whole < 60) return `${sign}${whole}s`;
  if (whole < 3600) return `${sign}${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  if (whole < 86_400) {
    return `${sign}${Math.floor(whole / 3600)}h ${two(Math.floor((whole % 3600) / 60))}m`;
  }
  return `${sign}${Math.floor(whole / 86_400)}d ${two(Math.floor((whole % 86_400) / 3600))}h`;
}

/** Lines of at most `width`, broken between words; `hang`: what further lines begin with. */
function wrap(text: string, width: number, hang = ''): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length <= width) line = longer;
    else {
      lines.push(line);
      line = hang + word;
    }
  }
  return [...lines, line];
}

export class Transcript {
  readonly #lines: string[] = [];
  #time = '';
  #who = '';
  /** Before its beginning a story writes nothing down. */
  muted = true;

  constructor(...head: string[]) {
    for (const text of head) this.#lines.push(...wrap(text, WIDTH), '');
  }

  /** Time and name are written where they change. */
  add(at: Seconds, who: string, text: string): void {
    if (this.muted) return;
    const time = sinceStart(at);
    const indent = /^ */.exec(text)?.[0] ?? '';
    const lines = wrap(text.trimStart(), WIDTH - TIME - WHO - indent.length, '  ');
    for (const line of lines) {
      const first = time === this.#time ? '' : time;
      const name = first === '' && who === this.#who ? '' : who;
      this.#lines.push(`${first.padEnd(TIME)}${name.padEnd(WHO)}${indent}${line}`.trimEnd());
      this.#time = time;
      this.#who = who;
    }
  }

  get text(): string {
    return `${this.#lines.join('\n')}\n`;
  }
}
