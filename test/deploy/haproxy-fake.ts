// HAProxy's runtime API as 2.6 of Debian 12 answers it, with its one transaction for all
// certificates: what is set while another one is open goes into that one.
// test/real/haproxy.test.ts has the real one.
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { certificatesIn } from '../../src/x509/pem.ts';
import { temporaryFolder } from './packages.ts';

export interface FakeHaproxy {
  readonly path: string;
  /** By name, what is presented. */
  readonly loaded: Map<string, string>;
  open: { readonly name: string; pem: string } | undefined;
  /** The first words of every command. */
  readonly asked: string[];
  /** Answers in place of those below; undefined: none. */
  answer: ((command: string) => string | undefined) | undefined;
}

export async function startFakeHaproxy(
  loaded: Readonly<Record<string, string>>,
): Promise<FakeHaproxy> {
  const path = join(await temporaryFolder(), 'admin.sock');
  const fake: FakeHaproxy = {
    ...{ path, loaded: new Map(Object.entries(loaded)) },
    ...{ open: undefined, asked: [], answer: undefined },
  };
  const server = createServer((connection) => serve(connection, fake));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => void server.close());
  return fake;
}

function serve(connection: Socket, fake: FakeHaproxy): void {
  let text = '';
  connection.on('error', () => undefined).setEncoding('utf8');
  connection.on('data', (part: string) => {
    text += part;
    const [line = '', ...rest] = text.split('\n');
    // The payload ends with an empty line.
    const isWhole = line.endsWith(' <<') ? text.endsWith('\n\n') : rest.length > 0;
    if (!isWhole) return;
    fake.asked.push(line.split(' ').slice(0, 3).join(' '));
    const answer = fake.answer?.(line) ?? answerTo(line.replace(/ <<$/, ''), rest.join('\n'), fake);
    connection.end(answer === '' ? '' : `${answer}\n\n`);
  });
}

function answerTo(command: string, pem: string, fake: FakeHaproxy): string {
  const [verb = '', , , name] = command.split(' ');
  switch (verb) {
    case 'show':
      return name === undefined ? listed(fake) : shown(name, fake);
    case 'set':
      return set(name ?? '', pem, fake);
    case 'commit':
      if (fake.open === undefined) return `No ongoing transaction! !\nCan't commit ${name}!\n`;
      fake.loaded.set(fake.open.name, fake.open.pem);
      fake.open = undefined;
      return `Committing ${name}.\nSuccess!\n`;
    case 'abort':
      if (fake.open?.name !== name) return 'No ongoing transaction!\n';
      fake.open = undefined;
      return `Transaction aborted for certificate '${name}'!\n`;
    default:
      return 'Unknown command\n';
  }
}

function listed({ open, loaded }: FakeHaproxy): string {
  const transaction = open === undefined ? [] : ['# transaction', `*${open.name}`];
  return [...transaction, '# filename', ...loaded.keys()].join('\n');
}

function shown(name: string, { open, loaded }: FakeHaproxy): string {
  const pem = name.startsWith('*') ? open?.pem : loaded.get(name);
  const [leaf, ...follow] = certificatesIn(pem ?? '');
  if (leaf === undefined) {
    return "Can't display the certificate: Not found or the certificate is a bundle!\n";
  }
  const sha1 = createHash('sha1').update(leaf).digest('hex').toUpperCase();
  const chain = follow.flatMap(() => ['Chain Subject: /CN=ca', 'Chain Issuer: /CN=ca']);
  return [`Filename: ${name}`, 'Status: Used', `SHA1 FingerPrint: ${sha1}`, ...chain].join('\n');
}

function set(name: string, pem: string, fake: FakeHaproxy): string {
  if (fake.open !== undefined) {
    fake.open.pem = pem;
    return `Transaction updated for certificate ${fake.open.name}!\n`;
  }
  if (!fake.loaded.has(name)) {
    return `Can't replace a certificate which is not referenced by the configuration!\nCan't update ${name}!\n`;
  }
  fake.open = { name, pem };
  return `Transaction created for certificate ${name}!\n`;
}
