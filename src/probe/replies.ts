// Replies that begin with three digits, as SMTP, FTP and NNTP have them.
import { line, quoted, type Part } from './script.ts';

export interface Reply {
  readonly code: number;
  readonly lines: readonly string[];
}

/**
 * One reply of one or many lines, each with the code (RFC 5321 §4.2.1); undefined when a line is
 * none, or the codes differ.
 */
export function* smtpReply(send: string): Part<Reply | undefined> {
  const lines: string[] = [];
  let code: string | undefined;
  for (let wish = send; ; wish = '') {
    const parts = /^([2-5]\d\d)(?:([ -])(.*))?$/.exec(yield line(wish));
    if (parts === null || (code !== undefined && parts[1] !== code)) return undefined;
    code = parts[1] ?? '';
    lines.push(parts[3] ?? '');
    if (parts[2] !== '-') return { code: Number(code), lines };
  }
}

/**
 * FTP marks the first and the last line only; what is between may look like anything (RFC 959
 * §4.2).
 */
export function* ftpReply(send: string): Part<Reply | undefined> {
  const parts = /^([1-5]\d\d)([ -])(.*)$/.exec(yield line(send));
  if (parts === null) return undefined;
  const [, code = '', mark, text = ''] = parts;
  const lines = [text];
  const last = `${code} `;
  for (let more = mark === '-'; more;) {
    const next: string = yield line();
    more = !next.startsWith(last);
    lines.push(more ? next : next.slice(last.length));
  }
  return { code: Number(code), lines };
}

/** RFC 3977 §3.2: one line; whether more lines follow depends on the command. */
export function* nntpReply(send: string): Part<Reply | undefined> {
  const parts = /^([1-5]\d\d)(?: (.*))?$/.exec(yield line(send));
  return parts === null ? undefined : { code: Number(parts[1]), lines: [parts[2] ?? ''] };
}

/** Lines up to one with a dot alone, as POP3 and NNTP list things. */
export function* untilDot(): Part<readonly string[]> {
  const lines: string[] = [];
  for (;;) {
    const next: string = yield line();
    if (next === '.') return lines;
    lines.push(next);
  }
}

export const said = (reply: Reply | undefined): string =>
  reply === undefined ? 'no such reply' : quoted(`${reply.code} ${reply.lines.at(-1) ?? ''}`);
