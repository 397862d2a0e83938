// The notifiers of a configuration, each with a name of its own for logs and for the state.
import type { SecretRef } from '../../config/fields.ts';
import type { NotifyConfig } from '../../config/schema.ts';
import { readPemFile } from '../../config/pem-file.ts';
import { createHttpClient } from '../../http/client.ts';
import { createCommandNotifier } from '../../notify/command.ts';
import { createEmail } from '../../notify/email.ts';
import { createWebhook } from '../../notify/webhook.ts';
import type { Notifier } from '../../ports/notifier.ts';
import { ownName } from './own-name.ts';
import { maskedPort } from './masked.ts';
import { proxyFromEnvironment } from './proxy.ts';
import { readRegistered } from './registered-secret.ts';

/** The path of a webhook's URL is often the secret itself, so its host is the name. */
function nameOf(config: NotifyConfig): string {
  switch (config.type) {
    case 'email':
      return `email ${config.to.join(', ')}`;
    case 'webhook':
      return `webhook ${new URL(config.url).host}`;
    case 'command':
      return `command ${config.command[0] ?? ''}`;
  }
}

const secretOf = (ref: SecretRef) => (): Promise<string> => readRegistered(ref);

const pemOf = (file: string) => (): Promise<string> =>
  readPemFile('ca_file', file, 'NOTIFY_FAILED');

function notifierOf(config: NotifyConfig, label: string, userAgent: string): Notifier {
  switch (config.type) {
    case 'email': {
      const { smtp, tls, from, to, caFile, login } = config;
      return createEmail({
        ...{ label, ...smtp, tls, from, to, clientName: ownName(undefined) ?? '[127.0.0.1]' },
        ...(caFile !== undefined && { caPem: pemOf(caFile) }),
        ...(login && { login: { user: login.username, password: secretOf(login.password) } }),
      });
    }
    case 'webhook': {
      const { url, caFile, bearer, hmac } = config;
      return createWebhook({
        ...{ label, url },
        ...(bearer && { bearer: secretOf(bearer) }),
        ...(hmac && { hmac: secretOf(hmac) }),
        open: async (secrets) =>
          createHttpClient({
            ...{ userAgent, secrets, proxy: proxyFromEnvironment() },
            ...(caFile !== undefined && { caPem: await pemOf(caFile)() }),
          }),
      });
    }
    case 'command':
      return createCommandNotifier({ label, command: config.command, timeout: config.timeout });
  }
}

export function notifiersOf(configs: readonly NotifyConfig[], userAgent: string): Notifier[] {
  const count = new Map<string, number>();
  return configs.map((config) => {
    const name = nameOf(config);
    const nth = (count.get(name) ?? 0) + 1;
    count.set(name, nth);
    return maskedPort(notifierOf(config, nth === 1 ? name : `${name} (${nth})`, userAgent));
  });
}
