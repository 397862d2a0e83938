// [target.NAME] of the types that are reached without holger-receive.
import * as z from 'zod';
import { AppError } from '../../base/errors.ts';
import { DEPLOY_TIMEOUT } from '../defaults.ts';
import * as field from '../fields.ts';
import { optional, preset, required } from './option.ts';

const { table, duration, flag, parsed } = field;

const timeout = preset(duration, DEPLOY_TIMEOUT, 'How long one operation may take.');

/** Over it goes the private key. */
function secureUrl(value: string): string | undefined {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') return undefined;
  const isHere = field.isLoopback(url.hostname.replace(/^\[|\]$/g, ''));
  if (url.protocol === 'https:' || isHere) return url.href;
  throw new AppError(
    'INPUT_INVALID',
    `"${url.origin}" is not https://, and the private key would be sent unencrypted`,
  );
}

const url = parsed('an https:// URL', secureUrl);

const caFile = optional(
  field.file,
  'PEM file: the CAs that are trusted instead of the public ones.',
  '/etc/ssl/certs/our-ca.pem',
);

type Socket = { readonly path: string } | field.ServerAddress;

/** The runtime API knows neither passwords nor, usually, TLS. */
function socketFrom(value: string): Socket | undefined {
  if (/^\/[!-~]+$/.test(value)) return { path: value };
  const found = field.parseAddress(value, 0);
  if (found === undefined || found.port === 0) return undefined;
  if (field.isLoopback(found.host)) return found;
  throw new AppError(
    'INPUT_INVALID',
    `"${value}" is not on this machine, and the private key would be sent unencrypted: use a tunnel that ends here (ssh -L, stunnel), or holger-receive there`,
  );
}

const runtimeSocket: z.ZodType<Socket> = parsed(
  'a socket like "/run/haproxy/admin.sock" or "127.0.0.1:9999"',
  socketFrom,
);

export const haproxy = table({
  type: required(
    z.literal('haproxy'),
    'A certificate that HAProxy has loaded is exchanged through its runtime API, without a reload (docs/targets.md). Keep its file current with a target of type files as well: HAProxy loads the file at its next start.',
    'haproxy',
  ),
  socket: required(
    runtimeSocket,
    'The stats socket of haproxy.cfg, which needs "level admin": its path, or an address of this machine.',
    '/run/haproxy/admin.sock',
  ),
  timeout,
});

export const webhook = table({
  type: required(
    z.literal('webhook'),
    'A receiver of yours gets key and chain as JSON, in two calls, and reports what it has (docs/target-webhook.md).',
    'webhook',
  ),
  url: required(url, 'The address of the receiver.', 'https://deploy.example.org/holger'),
  ca_file: caFile,
  bearer: optional(field.secret, 'A token that is sent unchanged.', {
    file: '/etc/holger/deploy.token',
  }),
  hmac: optional(field.secret, 'The key that signs each call (Holger-Signature: sha256=…).', {
    file: '/etc/holger/deploy.key',
  }),
  timeout: preset(
    duration,
    DEPLOY_TIMEOUT,
    'How long one call may take, with the reload at the receiver.',
  ),
});

/** Names with slashes between them. */
export const SEGMENTS = /^(?!(?:.*\/)?\.{1,2}(?:\/|$))[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/;

const folder = parsed('names with "/" between them, like "team/mail"', (value) =>
  SEGMENTS.test(value) ? value : undefined,
);

export const vault = table({
  type: required(
    z.literal('vault'),
    'A secret in the key-value store (version 2) of HashiCorp Vault or OpenBao, with the fields privkey, cert, chain and fullchain (docs/targets.md).',
    'vault',
  ),
  url: required(url, 'The address of the server.', 'https://vault.example.org:8200'),
  ca_file: caFile,
  namespace: optional(folder, 'The namespace (X-Vault-Namespace). Without it, the root.', 'mail'),
  mount: preset(folder, 'secret', 'Where the store is mounted.'),
  path: optional(folder, 'A folder of the store, in which the secrets are.', 'certificates'),
  token: required(
    field.secret,
    'The token. It is read for each call, so that an agent may renew it in its file.',
    { file: '/run/vault-agent/holger.token' },
  ),
  timeout,
});

/** The names of namespaces and Secrets (RFC 1123 §2.1). */
export const KUBERNETES_NAME = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/;

export const kubernetes = table({
  type: required(
    z.literal('kubernetes'),
    'A Secret of type kubernetes.io/tls, by server-side apply (docs/targets.md).',
    'kubernetes',
  ),
  namespace: required(
    parsed('the name of a namespace', (value) =>
      KUBERNETES_NAME.test(value) && !value.includes('.') ? value : undefined,
    ),
    'The namespace, which exists.',
    'web',
  ),
  server: optional(
    url,
    'The address of the API server. Without it, that of the cluster in which holger runs, with the token and the CA of its pod.',
    'https://k8s.example.org:6443',
  ),
  ca_file: optional(
    field.file,
    'PEM file: the CA of the API server. Without it, that of the pod, or with server the public ones.',
    '/etc/holger/k8s-ca.pem',
  ),
  token: optional(
    field.secret,
    'The token of a service account. It is read for each call. Without it, that of the pod.',
    { file: '/etc/holger/k8s.token' },
  ),
  force: preset(
    flag,
    false,
    'true: fields that another field manager owns are taken over. Otherwise they are refused.',
  ),
  timeout,
}).superRefine(ownTokenOnly);

function ownTokenOnly(
  { server, token }: { readonly server?: unknown; readonly token?: unknown },
  context: z.RefinementCtx,
): void {
  if (server === undefined || token !== undefined) return;
  const message = 'is needed with server: the token of a pod is for its own cluster';
  context.addIssue({ code: 'custom', path: ['token'], message });
}
