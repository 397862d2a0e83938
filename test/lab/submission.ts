// Where users submit mail: Postfix on the ports of submission (RFC 6409) and of submissions (RFC
// 8314), which asks Dovecot about passwords and gives it the mail to store.

import { appendFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lab } from './lab.ts';
import { accepts } from './checks.ts';
import { must, type Daemons } from './processes.ts';
import { asNobody, handOver } from './starttls-servers.ts';

export const submissionPorts = { starttls: 587, tls: 465 } as const;
const ports = { sasl: 20012, lmtp: 20025 };

export interface Account {
  readonly user: string;
  readonly password: string;
}

export interface Submission {
  /** Of the certificate authority, in PEM. */
  readonly caFile: string;
  /** What is in the mailbox of that name, as it came. */
  mailbox(name: string): Promise<readonly string[]>;
}

/**
 * Beside a lab whose part `mail` is up. The certificate that Postfix then presents is one of a CA,
 * for its name and its address.
 */
export async function startSubmission(
  lab: Lab,
  daemons: Daemons,
  account: Account,
): Promise<Submission> {
  const { mail } = lab.services;
  const [address = ''] = mail.addresses;
  const dir = join(lab.dir, 'submission');
  await mkdir(dir);
  const caFile = await writeIssued(dir, lab, address);
  const config = await writeDovecot(dir, address, account);
  await handOver(dir);
  daemons.start('dovecot', asNobody(['/usr/sbin/dovecot', '-F', '-c', config]));
  const configuration = lab.env['MAIL_CONFIG'] ?? '';
  await appendFile(join(configuration, 'main.cf'), mainLines(address));
  await appendFile(join(configuration, 'master.cf'), masterLines(address));
  await must(mail.reload);
  for (const port of [...Object.values(ports), ...Object.values(submissionPorts)]) {
    await daemons.waitFor('dovecot', () => accepts(address, port));
  }
  const folder = (name: string): string => join(dir, 'mail', name, 'new');
  return {
    caFile,
    mailbox: async (name) => {
      const files = await readdir(folder(name)).catch(() => []);
      return Promise.all(files.map((file) => readFile(join(folder(name), file), 'utf8')));
    },
  };
}

async function writeIssued(dir: string, { services: { mail } }: Lab, address: string) {
  const at = (name: string): string => join(dir, name);
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const caFile = at('ca.pem');
  await must([
    ...['openssl', 'req', '-x509', ...newKey, '-days', '30', '-subj', '/CN=Lab mail CA'],
    ...['-keyout', at('ca.key'), '-out', caFile],
  ]);
  await must([
    ...['openssl', 'req', ...newKey, '-subj', `/CN=${mail.host}`],
    ...['-keyout', mail.keyFile, '-out', at('request.pem')],
  ]);
  await writeFile(at('extensions'), `subjectAltName=DNS:${mail.host},IP:${address}\n`);
  await must([
    ...['openssl', 'x509', '-req', '-in', at('request.pem'), '-days', '30'],
    ...['-CA', caFile, '-CAkey', at('ca.key'), '-CAcreateserial', '-extfile', at('extensions')],
    ...['-out', mail.certificateFile],
  ]);
  return caFile;
}

async function writeDovecot(
  dir: string,
  address: string,
  { user, password }: Account,
): Promise<string> {
  await writeFile(join(dir, 'users'), `${user}:{PLAIN}${password}\n`);
  const text = `base_dir = ${dir}/run
state_dir = ${dir}
log_path = /dev/stderr
protocols = lmtp
ssl = no
auth_mechanisms = plain login
auth_username_format = %Ln
auth_failure_delay = 0
default_internal_user = postfix
default_internal_group = postfix
default_login_user = postfix
mail_location = maildir:${dir}/mail/%n
passdb {
  driver = passwd-file
  args = ${dir}/users
}
userdb {
  driver = static
  args = home=${dir} allow_all_users=yes
}
service anvil {
  chroot =
}
service auth {
  inet_listener {
    address = ${address}
    port = ${ports.sasl}
  }
}
service lmtp {
  inet_listener lmtp {
    address = ${address}
    port = ${ports.lmtp}
  }
}
`;
  await writeFile(join(dir, 'dovecot.conf'), text);
  return join(dir, 'dovecot.conf');
}

const mainLines = (address: string): string => `local_transport = lmtp:inet:${address}:${ports.lmtp}
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:${address}:${ports.sasl}
smtpd_sasl_security_options = noanonymous
smtpd_error_sleep_time = 0
`;

/** Every client on loopback would be in \`mynetworks\`: here only those who have logged in. */
const masterLines = (address: string): string => {
  const options = ['smtpd_sasl_auth_enable=yes', 'smtpd_tls_auth_only=yes'];
  const restricted = 'smtpd_client_restrictions=permit_sasl_authenticated,reject';
  const service = (port: number, tls: string): string =>
    [`${address}:${port} inet n - n - - smtpd`, tls, ...options, restricted].join('\n  -o ');
  return `${service(submissionPorts.starttls, 'smtpd_tls_security_level=encrypt')}
${service(submissionPorts.tls, 'smtpd_tls_wrappermode=yes')}
lmtp unix - - n - - lmtp
`;
};
