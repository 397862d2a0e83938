// A notice as a message of RFC 5322: UTF-8 text, and headers that prevent automatic replies.
import MailComposer from 'nodemailer/lib/mail-composer';
import type { Notice } from '../ports/notifier.ts';

/** Of an address with or without a display name: "holger <dane@example.org>". */
export function addressOf(written: string): string {
  return /<([^<>]*)>\s*$/.exec(written)?.[1]?.trim() ?? written.trim();
}

export async function messageOf(
  { id, at, subject, text }: Notice,
  from: string,
  to: readonly string[],
): Promise<Buffer> {
  const address = addressOf(from);
  const domain = address.slice(address.lastIndexOf('@') + 1);
  const composer = new MailComposer({
    ...{ from, to: [...to], subject, text },
    date: new Date(at * 1000),
    messageId: `<${id}@${domain}>`,
    // RFC 3834 §5
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return composer.compile().build();
}
