// A receiver written after docs/providers/own.md.
import { createHmac } from 'node:crypto';
import type { Fake } from '../fake.ts';
import { answerDocument, isChange } from './own.ts';

const BEARER = 'bearer-of-the-receiver';
const HMAC = 'key-of-the-receiver';

export const webhook: Fake = {
  type: 'webhook',
  source: 'docs/providers/own.md',
  secrets: [BEARER, HMAC, 'hook-5ecre7', 'geheim'],
  options: (url) => ({ url: `${url}/hook-5ecre7?token=geheim`, bearer: BEARER, hmac: HMAC }),
  isWrite: isChange,
  answer({ method, url, headers, text, json }, far) {
    if (`${url.pathname}${url.search}` !== '/hook-5ecre7?token=geheim') return { status: 404 };
    if (method !== 'POST' || headers['content-type'] !== 'application/json') return { status: 405 };
    const signature = createHmac('sha256', HMAC).update(text).digest('hex');
    const isSigned = headers['holger-signature'] === `sha256=${signature}`;
    if (headers.authorization !== `Bearer ${BEARER}` || !isSigned) return { status: 401 };
    return answerDocument(json, far);
  },
};
