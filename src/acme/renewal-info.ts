// ACME renewal information (RFC 9773): when the CA wants a certificate to be renewed. A plain GET
// without a signature.
import type { Clock } from '../base/clock.ts';
import { defined } from '../base/defined.ts';
import { AppError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { visibleLine } from '../base/visible.ts';
import { clampRetryAfter } from '../http/retry-after.ts';
import type { Call } from '../ports/call.ts';
import type { RenewalWindow } from '../ports/issuer.ts';
import type { AcmeClient } from './client.ts';
import { instantOf, objectOf, textOf } from './json.ts';
import type { Reply } from './transport.ts';

/** RFC 9773 §4.3.2: 1 minute to 1 day; §4.3.3 names 6 hours for a CA without Retry-After. */
const NEXT_LOOK = { min: 60, max: 86_400, fallback: 21_600 } as const;
const LONGEST_URL = 1000;

/**
 * The window of one certificate; undefined without ARI, for a certificate that the CA does not
 * know, and for an invalid window.
 */
export async function fetchRenewalInfo(
  certId: string,
  at: { readonly client: AcmeClient; readonly clock: Clock; readonly logger: Logger },
  call: Call,
): Promise<RenewalWindow | undefined> {
  const { renewalInfo } = await at.client.directory(call);
  if (renewalInfo === undefined) return undefined;
  const url = `${renewalInfo.replace(/\/$/, '')}/${certId}`;
  let reply: Reply;
  try {
    reply = await at.client.get(url, 'renewal information', call);
  } catch (error) {
    if (!isUnknownCertificate(error)) throw error;
    at.logger.warn('renewal information refused', { certId, error: String(error) });
    return undefined;
  }
  const body = objectOf(reply.data);
  const window = objectOf(body?.['suggestedWindow']);
  const start = instantOf(window, 'start');
  const end = instantOf(window, 'end');
  // RFC 9773 §4.2: the end must be after the start; otherwise the answer is ignored.
  if (start === undefined || end === undefined || end <= start) {
    at.logger.warn('renewal window is invalid, ignored', {
      certId,
      start: textOf(window, 'start'),
      end: textOf(window, 'end'),
    });
    return undefined;
  }
  const explanationUrl = explanationOf(textOf(body, 'explanationURL'));
  const nextLookAt = clampRetryAfter(reply.headers['retry-after'], at.clock.now(), NEXT_LOOK);
  return { start, end, nextLookAt, ...defined({ explanationUrl }) };
}

/** A page for the operator (RFC 9773 §4.2), which is printed. */
function explanationOf(url: string | undefined): string | undefined {
  if (url === undefined || url.length > LONGEST_URL || !URL.canParse(url)) return undefined;
  const { protocol, href } = new URL(url);
  return protocol === 'https:' || protocol === 'http:' ? visibleLine(href) : undefined;
}

/**
 * A certificate of another CA, for example from before a change of the CA, is not a reason to stop.
 */
function isUnknownCertificate(error: unknown): boolean {
  if (!(error instanceof AppError) || error.code !== 'ACME_PROBLEM') return false;
  return [400, 404].includes(Number(error.details['status']));
}
