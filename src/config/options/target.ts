// [target.NAME]: another machine, or another program, that gets certificates; and how a
// certificate names it.
import * as z from 'zod';
import { DEPLOY_TIMEOUT } from '../defaults.ts';
import * as field from '../fields.ts';
import { haproxy, kubernetes, vault, webhook } from './other-targets.ts';
import { optional, preset, required } from './option.ts';

const { table, text, duration, label } = field;

/** It becomes an argument of ssh, which takes one that begins with "-" for an option. */
const word = (expected: string): z.ZodType<string> =>
  field.parsed(expected, (value) =>
    /^[A-Za-z0-9_[][A-Za-z0-9._:%\]@-]*$/.test(value) ? value : undefined,
  );

const port = z
  .number({ error: () => 'expected a port' })
  .int({ error: () => 'expected a port' })
  .min(1, { error: () => 'is not between 1 and 65535' })
  .max(65_535, { error: () => 'is not between 1 and 65535' })
  .meta({ title: 'a number from 1 to 65535' });

const ssh = table({
  type: required(
    z.literal('ssh'),
    'Another machine with holger-receive (docs/receive.md), reached with the OpenSSH client of this one: agent, known hosts and jump hosts are those of the user that runs holger.',
    'ssh',
  ),
  host: required(
    word('a host name, an address, or a name of your ssh_config'),
    'The name or the address of the machine, or a Host of ssh_config.',
    'mx1.example.org',
  ),
  port: optional(port, 'Without it, that of ssh_config, or 22.', 22),
  user: optional(
    word('a user name'),
    'The user there. Without it, that of ssh_config, or the one that runs holger.',
    'holger-receive',
  ),
  identity_file: optional(
    field.file,
    'The private key for SSH. Without it, those of ssh_config and of the agent.',
    '/var/lib/holger/.ssh/id_ed25519',
  ),
  ssh_config: optional(
    field.file,
    'A configuration file for ssh, in place of that of the user and of the system.',
    '/etc/holger/ssh_config',
  ),
  timeout: preset(
    duration,
    DEPLOY_TIMEOUT,
    'How long one operation may take, with the reload commands of that machine.',
  ),
});

export const target = z.discriminatedUnion('type', [ssh, haproxy, webhook, vault, kubernetes], {
  error: ({ code }) =>
    code === 'invalid_union'
      ? 'expected type = "ssh", "haproxy", "webhook", "vault" or "kubernetes"'
      : undefined,
});

/** In deploy of a certificate. */
export const onTarget = table({
  type: required(
    z.literal('target'),
    'What [target.NAME] describes gets key and chain. type may be left out, and "mx1" alone stands for { target = "mx1" }.',
    'target',
  ),
  target: required(label, 'The name of the target.', 'mx1'),
  name: optional(
    text,
    'Its name at the target. For ssh, the section of receive.conf there; for haproxy, the certificate as HAProxy lists it, which is the path of its file; for webhook, any name that the receiver knows; for vault, the path of the secret; for kubernetes, the name of the Secret. Without it, the name of the certificate; haproxy needs it.',
    'mx1',
  ),
});

/** A name alone, and a table that names a target, are targets. */
export function withTargetType(value: unknown): unknown {
  if (typeof value === 'string') return { type: 'target', target: value };
  const isTable = typeof value === 'object' && value !== null && !Array.isArray(value);
  const isTarget = isTable && 'target' in value && !('type' in value);
  return isTarget ? { type: 'target', ...value } : value;
}
