// [[certificate]]: its names, where its chain is presented, and where its files are deployed.
import * as z from 'zod';
import { isAcmeShHook } from '../../deploy/acme-sh.ts';
import { DEPLOY_TIMEOUT } from '../defaults.ts';
import * as field from '../fields.ts';
import { list, optional, preset, required } from './option.ts';
import { policyLayer } from './policy.ts';
import { service } from './service.ts';
import { onTarget, withTargetType } from './target.ts';

const { table, text, duration, word, parsed, label } = field;

const timeout = preset(
  duration,
  DEPLOY_TIMEOUT,
  'How long the command may take. A reload that takes longer usually hangs.',
);

const writing = word(['rename', 'in-place']);

const files = table({
  type: required(z.literal('files'), 'Key and chain are placed as files.', 'files'),
  certificate: optional(
    field.file,
    'Receives the full chain. Use it with key or combined, which are new with every ' +
      'renewal, with existing_key, or for a certificate with csr.',
    '/etc/postfix/tls/mx1.pem',
  ),
  key: optional(field.file, 'Receives the private key.', '/etc/postfix/tls/mx1.key'),
  chain: optional(
    field.file,
    'Receives the CA certificates of the chain.',
    '/etc/ssl/mx1-chain.pem',
  ),
  combined: optional(
    field.file,
    'Receives key and full chain in one file.',
    '/etc/ssl/mx1-all.pem',
  ),
  pkcs12: optional(
    field.file,
    'Receives key and full chain as PKCS#12 (.p12, .pfx), with the name of the certificate as friendly name (alias). It needs pkcs12_password. Java since 8u301 and 11.0.12, OpenSSL, and Windows since Server 2019 read it: AES-256-CBC with PBKDF2, and HMAC-SHA-256.',
    '/etc/tomcat/tls/example.org.p12',
  ),
  pkcs12_password: optional(
    field.secret,
    'The password of the file in pkcs12, in printable ASCII. When it is changed, the next run writes the file anew; where it is not in a file, a run does so within six hours.',
    { file: '/etc/holger/tomcat.password' },
  ),
  directory: optional(
    field.file,
    'Receives all files under their usual names.',
    '/etc/nginx/tls/example.org',
  ),
  existing_key: optional(
    field.file,
    'The file of a key that another program puts there. The certificate is placed only when it is for this key.',
    '/etc/ssl/private/mx1.key',
  ),
  owner: optional(
    text,
    'The user that owns the files. Without it, a new file belongs to the user that runs holger, and a placed file keeps its owner.',
    'root',
  ),
  group: optional(text, 'The group of the files; without it as for owner.', 'postfix'),
  mode: optional(
    parsed('an octal mode in quotes like "0640"', (value) =>
      /^0?[0-7]{3}$/.test(value) ? parseInt(value, 8) : undefined,
    ),
    'The permissions of the files. Without it, a new key has 0600, and a placed file keeps its permissions.',
    '0640',
  ),
  write: optional(
    writing.transform((it) => (it === 'in-place' ? it : undefined)),
    'How a file is written. Without it "rename", which replaces a file whole. "in-place" writes over files that are mounted by themselves, as in a container; a service that reads at that moment may get half a file.',
    'rename',
  ),
  reload: optional(field.argv, 'The command that makes the service load the files.', [
    'systemctl',
    'reload',
    'postfix',
  ]),
  timeout,
})
  .refine(
    (it) => it.certificate ?? it.key ?? it.chain ?? it.combined ?? it.pkcs12 ?? it.directory,
    { error: () => 'names no file: give certificate and key, combined, pkcs12, or directory' },
  )
  .superRefine(({ pkcs12, pkcs12_password: password }, context) => {
    if ((pkcs12 === undefined) === (password === undefined)) return;
    const path = [pkcs12 === undefined ? 'pkcs12_password' : 'pkcs12'];
    const message = 'pkcs12 and pkcs12_password go together';
    context.addIssue({ code: 'custom', path, message });
  });

const command = table({
  type: required(z.literal('command'), 'A command of yours deploys.', 'command'),
  command: required(field.argv, 'The program and its arguments; no shell reads them.', [
    '/usr/local/sbin/push-certificate',
    'example.org',
  ]),
  compatible: optional(
    word(['certbot', 'acme.sh', 'dehydrated', 'lego']),
    "The command is a deploy hook of another client, and gets that client's variables, arguments and file names. The files are copies that exist while it runs. For acme.sh, the command is the file of the hook by its full path, without arguments, or with the .conf file of the certificate that has the hook's settings.",
    'certbot',
  ),
  timeout,
}).refine(
  ({ compatible, command: written }) => {
    const [hook = '', ...rest] = written.from('/');
    return compatible !== 'acme.sh' || (isAcmeShHook(hook) && rest.length <= 1);
  },
  {
    error: () =>
      'for acme.sh, command is the full path of a file like "/root/.acme.sh/deploy/postfix.sh", and at most one settings file',
  },
);

export const certificate = table({
  name: required(label, 'The name of the certificate in holger.', 'mx1'),
  domains: required(
    list(field.domain, 'a list of domain names')
      .min(1, { error: () => 'is empty' })
      .transform((names) => [...new Set(names)])
      .meta({ title: 'a list of domain names' }),
    'The DNS names in the certificate. A wildcard is a whole first label.',
    ['mx1.example.org'],
  ),
  services: preset(
    list(service, 'a list of services'),
    [],
    'Where the chain is presented, as URLs or as tables. After STARTTLS: smtp, submission, lmtp, imap, pop3, sieve, xmpp-client, xmpp-server, ldap, postgres, ftp, nntp. TLS from the first byte: smtps, submissions, imaps, pop3s, https, ldaps, ftps, nntps, xmpps-client, xmpps-server, and tls://host:port for anything else.',
    [
      'smtp://mx1.example.org:25',
      'imaps://mx1.example.org:993',
      { url: 'submission://mx1.example.org:587', connect: '192.0.2.7:587' },
    ],
  ),
  csr: optional(
    field.file,
    'Your certificate request (PKCS#10, PEM or DER): the certificate is ordered with it, and its private key is never here. Its names are exactly the domains. Each renewal uses the request that is in the file then; one with another key is rolled over like every new key. Targets place no key.',
    '/etc/holger/mx1.csr',
  ),
  deploy: preset(
    list(
      z.preprocess(
        withTargetType,
        z.discriminatedUnion('type', [files, command, onTarget], {
          error: (issue) =>
            issue.code === 'invalid_union'
              ? 'expected type = "files" or "command", or target = "…"'
              : undefined,
        }),
      ),
      'a list of tables like { type = "files", … }',
    ),
    [],
    'Where the files are deployed, and how services load them. Without it, a service reads <state>/certificates/NAME/live/. The next run restores what is missing or replaced at a target.',
    [
      {
        type: 'files',
        certificate: '/etc/postfix/tls/mx1.pem',
        key: '/etc/postfix/tls/mx1.key',
        owner: 'root',
        group: 'postfix',
        mode: '0640',
        reload: ['systemctl', 'reload', 'postfix'],
      },
      { type: 'command', command: ['/usr/local/sbin/push-certificate', 'mx1'], timeout: '60s' },
    ],
  ),
  key: optional(
    word(['target']),
    'Where its private keys are made. Without it, here. "target": by the machine of its only target, a [target.NAME] of type ssh; they never leave it, and only its request and its certificate are here. Each renewal has a new key, whose records are published before it is used.',
    'target',
  ),
  quorum: optional(
    z
      .number({ error: () => 'expected a whole number' })
      .int({ error: () => 'expected a whole number' })
      .min(1, { error: () => 'is less than 1' })
      .meta({ title: 'a whole number' }),
    'How many targets must have a new certificate before the first one loads it. Without it all of them, until the live certificate has less than a sixth of its lifetime left. It concerns targets of [target.NAME]; the others always have it.',
    2,
  ),
  ...policyLayer,
});
