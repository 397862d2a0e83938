// Look-ups as text: a label, and the result.
import type { Asked } from '../../check/gather/lookups.ts';
import { paragraph } from '../terminal/render.ts';

export function line(label: string, content: string): string {
  return paragraph(content, `  ${label.padEnd(10)}`);
}

export function securityOf(authentic: boolean | undefined): string {
  return authentic === undefined ? '' : authentic ? ' (secure)' : ' (insecure)';
}

/** The result of a look-up that found nothing. */
export function missing({ type, lookup }: Asked): string {
  if ('detail' in lookup) return `${type}: ${lookup.status}, ${lookup.detail}`;
  return `no ${type}${securityOf('authentic' in lookup ? lookup.authentic : undefined)}`;
}
