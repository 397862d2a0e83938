// The notifier `webhook`: the document of a message as the body of a POST. Any status of 2xx is a
// delivery.
import { AppError } from '../base/errors.ts';
import type { HttpClient } from '../http/client.ts';
import { receiverHeaders, receiverSecrets } from '../http/receiver.ts';
import type { Notifier } from '../ports/notifier.ts';

export interface WebhookOptions {
  readonly label: string;
  readonly url: string;
  /** Read again for each message, so that a secret may be replaced while the watch runs. */
  readonly bearer?: () => Promise<string>;
  readonly hmac?: () => Promise<string>;
  /** Created for one message, with the secrets that must not appear in errors. */
  readonly open: (secrets: readonly string[]) => Promise<HttpClient>;
}

const TIMEOUT = 20;
/** Of the receiver's answer when it refuses. */
const MOST_TOLD = 200;
const MOST_READ = 4096;

const isFailure = (status: number): boolean => status < 200 || status > 299;

function failure(url: string, status: number, body: string): AppError {
  const words = body
    .replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .trim()
    .slice(0, MOST_TOLD);
  const said = words === '' ? '' : `: ${words}`;
  return new AppError(
    'NOTIFY_FAILED',
    `POST ${new URL(url).origin} was answered with ${status}${said}`,
    {
      hint: 'check the receiver of the webhook, and the secret that is configured for it',
      details: { status },
    },
  );
}

export function createWebhook({ label, url, bearer, hmac, open }: WebhookOptions): Notifier {
  return {
    label,
    deliver: async ({ id, document }, { signal }) => {
      const secrets = { bearer: await bearer?.(), hmac: await hmac?.() };
      const body = JSON.stringify(document);
      const headers = { ...receiverHeaders(body, secrets), 'idempotency-key': id };
      const client = await open(receiverSecrets(url, secrets));
      try {
        const { status, body: answer } = await client.request({
          method: 'POST',
          ...{ url, headers, body },
          ...{ timeout: TIMEOUT, wantsBody: isFailure, maxBytes: MOST_READ, cut: true },
          ...(signal && { signal }),
        });
        if (isFailure(status)) throw failure(url, status, answer);
        return { later: [], refused: [] };
      } finally {
        await client.close();
      }
    },
  };
}
