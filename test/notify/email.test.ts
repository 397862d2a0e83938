// Messages by SMTP, to a server of the test's own.
import { afterEach, expect, test } from 'vitest';
import type { EmailOptions } from '../../src/notify/email.ts';
import { createEmail } from '../../src/notify/email.ts';
import type { Notice } from '../../src/ports/notifier.ts';
import { issue } from '../support/ca.ts';
import type { Sink, SinkOptions } from './sink.ts';
import { startSink } from './sink.ts';

const notice: Notice = {
  id: 'c0ffee',
  at: Date.UTC(2026, 10, 21, 3, 0, 0) / 1000,
  subject:
    '[holger] CRITICAL mx1.example.org:25: Zertifikat läuft ab, und zwar so, dass die Zeile länger ist als manche erlauben',
  text: 'smtp://mx1.example.org:25 is CRITICAL\n.\n  because: grün\n',
  document: {},
};

let sink: Sink;
afterEach(() => sink.close());

async function sendTo(
  options: SinkOptions,
  more: Partial<EmailOptions> = {},
  signal?: AbortSignal,
): Promise<unknown> {
  sink = await startSink(options);
  const email = createEmail({
    ...{
      label: 'email',
      host: 'localhost',
      port: sink.port,
      tls: 'none',
      clientName: 'me.example.org',
    },
    ...{ from: 'holger <dane@example.org>', to: ['Ops <ops@example.org>', 'night@example.org'] },
    ...more,
  });
  return email.deliver(notice, signal === undefined ? {} : { signal });
}

const decoded = (body: string): string =>
  Buffer.from(
    body
      .replace(/=\n/g, '')
      .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  ).toString('utf8');

test('one message for all recipients, with the headers that it should have, in UTF-8', async () => {
  expect(await sendTo({})).toEqual({});
  expect(sink.heard.map((line) => line.replace(/ (SIZE|BODY)=\S+/g, ''))).toEqual([
    'EHLO me.example.org',
    'MAIL FROM:<dane@example.org>',
    'RCPT TO:<ops@example.org>',
    'RCPT TO:<night@example.org>',
    'DATA',
    'QUIT',
  ]);
  const [head = '', ...body] = (sink.messages[0] ?? '').split('\n\n');
  const headers = head.replace(/\n\s+/g, ' ');
  expect(headers).toMatch(/^From: "?holger"? <dane@example\.org>$/m);
  expect(headers).toMatch(/^To: "?Ops"? <ops@example\.org>, night@example\.org$/m);
  expect(headers).toMatch(/^Auto-Submitted: auto-generated$/m);
  expect(headers).toMatch(/^Message-ID: <c0ffee@example\.org>$/m);
  expect(headers).toMatch(/^Date: Sat, 21 Nov 2026 03:00:00 \+0000$/m);
  expect(headers).toMatch(/^Content-Type: text\/plain; charset=utf-8$/m);
  expect(headers).toMatch(/^Subject: .*=\?UTF-8\?/m);
  expect(decoded(body.join('\n\n'))).toContain('CRITICAL\n.\n  because: grün');
});

const now = Date.now() / 1000;
const life = { notBefore: now - 86_400, notAfter: now + 86_400 };
const authority = await issue({ name: 'Test CA', ca: true, ...life });
const server = await issue({ dns: ['localhost'], issuer: authority, ...life });
const other = await issue({ dns: ['elsewhere.example.org'], issuer: authority, ...life });
const caPem = () => Promise.resolve(authority.pem);
const tlsOf = (party: typeof server, implicit = false) => ({
  tls: { cert: party.pem, key: party.keyPem, implicit },
});
const login = (password: string) => ({
  login: { user: 'holger', password: () => Promise.resolve(password) },
});

test.each(['starttls', 'tls'] as const)('%s and a password, over nothing but TLS', async (tls) => {
  const options = { ...tlsOf(server, tls === 'tls'), password: 'correct horse' };
  expect(await sendTo(options, { tls, caPem, ...login('correct horse') })).toEqual({});
  const auth = sink.heard.findIndex((line) => line.startsWith('AUTH'));
  expect(sink.heard.indexOf('(tls)')).toBeGreaterThanOrEqual(0);
  expect(auth).toBeGreaterThan(sink.heard.indexOf('(tls)'));
  expect(sink.messages).toHaveLength(1);
});

test('nothing is sent without the TLS that is asked for', async () => {
  const failed = { code: 'NOTIFY_FAILED' };
  await expect(sendTo({}, { tls: 'starttls', ...login('correct horse') })).rejects.toMatchObject(
    failed,
  );
  expect(sink.heard.join('\n')).not.toMatch(/AUTH|MAIL/);
  sink.close();
  // Nobody vouches for it, then for another name.
  await expect(sendTo(tlsOf(server), { tls: 'starttls' })).rejects.toMatchObject(failed);
  expect(sink.heard.join('\n')).not.toMatch(/MAIL/);
  sink.close();
  await expect(sendTo(tlsOf(other), { tls: 'starttls', caPem })).rejects.toMatchObject(failed);
  expect(sink.heard.join('\n')).not.toMatch(/MAIL/);
});

test('a wrong password is said, and not repeated', async () => {
  const refused = sendTo(
    { password: 'right one', answers: { AUTH: '535 "wrong horse" is wrong' } },
    login('wrong horse'),
  );
  await expect(refused).rejects.toMatchObject({
    code: 'NOTIFY_FAILED',
    message: expect.stringMatching(/^e-mail by way of localhost:\d+: .*535/) as string,
    hint: 'check username and password',
  });
  await refused.catch((error: Error) => expect(error.message).not.toContain('wrong horse'));
  sink.close();
  const plain = Buffer.from('\0holger\0wrong horse').toString('base64');
  await expect(
    sendTo(
      { password: 'x', answers: { AUTH: `500 no "AUTH PLAIN ${plain}"` } },
      login('wrong horse'),
    ),
  ).rejects.toMatchObject({ message: expect.stringContaining('"AUTH PLAIN ***"') as string });
});

test('recipients that are refused are named; a message that is refused is a failure', async () => {
  const answers = { 'RCPT TO:<night@example.org>': '550 no such user' };
  expect(await sendTo({ answers })).toEqual({ note: 'refused: night@example.org' });
  sink.close();
  await expect(sendTo({ answers: { '.': '451 later' } })).rejects.toMatchObject({
    message: expect.stringContaining('451 later') as string,
  });
  sink.close();
  await expect(sendTo({ answers: { RCPT: '550 nobody' } })).rejects.toMatchObject({
    code: 'NOTIFY_FAILED',
  });
});

test.each(['greeting', 'EHLO', 'RCPT'])(
  'silence at %s ends at once when it is interrupted',
  async (silentAt) => {
    const began = Date.now();
    await expect(sendTo({ silentAt }, {}, AbortSignal.timeout(300))).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
    expect(Date.now() - began).toBeLessThan(2000);
  },
);

test('nobody listens', async () => {
  sink = await startSink();
  sink.close();
  const { port } = sink;
  await expect(sendTo({}, { port })).rejects.toMatchObject({
    code: 'NOTIFY_FAILED',
    message: expect.stringContaining('ECONNREFUSED') as string,
  });
});
