// [monitor] as it is written: what `check --watch` looks at, how often, and who is told.
import * as z from 'zod';
import { RULES } from '../check/rules/catalogue.ts';
import type { RuleName } from '../check/rules/catalogue.ts';
import { parseTarget } from '../check/gather/target.ts';
import { DEPLOY_TIMEOUT, MONITOR } from './defaults.ts';
import * as field from './fields.ts';

const { table, text, flag, duration, word, parsed } = field;

const SHORTEST_INTERVAL = 10;
const LONGEST_REPEAT = 100;

const list = <T>(item: z.ZodType<T>, expected: string) =>
  z.array(item, { error: () => `expected ${expected}` });

const mailbox = parsed('an address like "postmaster@example.org"', (value) =>
  /^([^<>\r\n]*<)?[^\s<>@]+@[^\s<>@]+>?$/.test(value) && value.includes('<') === value.endsWith('>')
    ? value
    : undefined,
);

const email = table({
  type: z.literal('email'),
  smtp: field.server(25).prefault(MONITOR.smtp),
  tls: word(['none', 'starttls', 'tls']).optional(),
  ca_file: text.optional(),
  from: mailbox,
  to: field.oneOrMore(mailbox),
  username: text.optional(),
  password: field.secret.optional(),
})
  .transform((it) => ({
    ...it,
    tls: it.tls ?? (field.isLoopback(it.smtp.host) ? 'none' : 'starttls'),
  }))
  .superRefine((it, context) => {
    const say = (key: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [key], message });
    if ((it.username === undefined) !== (it.password === undefined)) {
      say(it.username === undefined ? 'password' : 'username', 'username and password go together');
    }
    if (it.username !== undefined && it.tls === 'none' && !field.isLoopback(it.smtp.host)) {
      say('tls', 'a password is not sent in the clear: write tls = "starttls" or "tls"');
    }
  });

const webhook = table({
  type: z.literal('webhook'),
  url: field.https,
  ca_file: text.optional(),
  bearer: field.secret.optional(),
  hmac: field.secret.optional(),
}).superRefine(({ url, bearer }, context) => {
  const { protocol, hostname } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  if (bearer === undefined || protocol === 'https:' || field.isLoopback(host)) return;
  const message = 'a bearer token is not sent in the clear: use an https:// URL, or hmac';
  context.addIssue({ code: 'custom', path: ['bearer'], message });
});

const command = table({
  type: z.literal('command'),
  command: field.argv,
  timeout: duration.prefault(DEPLOY_TIMEOUT),
});

const target = parsed('a target like "smtp://mx1.example.org:25"', (value) =>
  parseTarget(value, 'service'),
);

export const monitor = table({
  interval: duration
    .refine((interval) => interval >= SHORTEST_INTERVAL, {
      error: () => `is less than ${SHORTEST_INTERVAL}s: mail servers would take it for an attack`,
    })
    .prefault(MONITOR.interval),
  targets: list(target, 'a list of targets').default([]),
  mx: list(
    parsed('a mail domain like "example.org"', (value) => parseTarget(value, 'mail')),
    'a list of mail domains',
  ).default([]),
  xmpp: list(
    parsed('an XMPP domain like "example.org"', (value) => parseTarget(value, 'xmpp')),
    'a list of XMPP domains',
  ).default([]),
  configured: flag.default(MONITOR.configured),
  silence: list(word(Object.keys(RULES) as readonly RuleName[]), 'a list of rules').default([]),
  repeat: z
    .int({ error: () => 'expected a whole number' })
    .min(1, { error: () => 'is less than 1' })
    .max(LONGEST_REPEAT, { error: () => `is more than ${LONGEST_REPEAT}` })
    .default(MONITOR.repeat),
  remind: duration.prefault(MONITOR.remind),
  notify: list(
    z.discriminatedUnion('type', [email, webhook, command], {
      error: (issue) =>
        issue.code === 'invalid_union'
          ? 'expected type = "email", "webhook" or "command"'
          : undefined,
    }),
    'a list of tables like { type = "email", … }',
  ).default([]),
});
