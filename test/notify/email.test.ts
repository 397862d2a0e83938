// Messages by SMTP, to a server of the test's own.
import { afterEach, describe, expect, test } from 'vitest';
import type { EmailOptions } from '../../src/notify/email.ts';
import { createEmail } from '../../src/notify/email.ts';
import type { Delivery, Notice } from '../../src/ports/notifier.ts';
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

const TAKEN = { later: [], refused: [] };

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
  expect(await sendTo({})).toEqual(TAKEN);
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

test.each(['starttls', 'tls'] as const)('%s and a password, only over TLS', async (tls) => {
  const options = { ...tlsOf(server, tls === 'tls'), password: 'correct horse' };
  expect(await sendTo(options, { tls, caPem, ...login('correct horse') })).toEqual(TAKEN);
  const auth = sink.heard.findIndex((line) => line.startsWith('AUTH'));
  expect(sink.heard.indexOf('(tls)')).toBeGreaterThanOrEqual(0);
  expect(auth).toBeGreaterThan(sink.heard.indexOf('(tls)'));
  expect(sink.messages).toHaveLength(1);
});

test('nothing is sent without the configured TLS', async () => {
  const failed = { code: 'NOTIFY_FAILED' };
  await expect(sendTo({}, { tls: 'starttls', ...login('correct horse') })).rejects.toMatchObject(
    failed,
  );
  expect(sink.heard.join('\n')).not.toMatch(/AUTH|MAIL/);
  sink.close();
  // Signed by no trusted CA, then for another name.
  await expect(sendTo(tlsOf(server), { tls: 'starttls' })).rejects.toMatchObject(failed);
  expect(sink.heard.join('\n')).not.toMatch(/MAIL/);
  sink.close();
  await expect(sendTo(tlsOf(other), { tls: 'starttls', caPem })).rejects.toMatchObject(failed);
  expect(sink.heard.join('\n')).not.toMatch(/MAIL/);
});

test('a wrong password is reported, and not repeated', async () => {
  const refused = sendTo(
    { password: 'right one', answers: { AUTH: '535 "wrong horse" is wrong' } },
    login('wrong horse'),
  );
  await expect(refused).rejects.toMatchObject({
    code: 'NOTIFY_FAILED',
    message: expect.stringMatching(/^e-mail to localhost:\d+: .*535/) as string,
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

describe('K42: answers of a server to single recipients', () => {
  const NIGHT = 'night@example.org';
  const OPS = 'ops@example.org';
  const to = (who: string, reply: string) => ({ [`RCPT TO:<${who}>`]: reply });

  test.each([
    ['greylisted', { later: [{ recipient: NIGHT, because: '451 4.7.1 later' }], refused: [] }],
    ['unknown', { later: [], refused: [{ recipient: NIGHT, because: '550 5.1.1 no such user' }] }],
  ])('one of two is %s', async (what, verdict) => {
    const reply = what === 'greylisted' ? '451 4.7.1 later' : '550 5.1.1 no such user';
    expect(await sendTo({ answers: to(NIGHT, reply) })).toEqual(verdict);
    expect(sink.messages).toHaveLength(1);
  });

  test('only the remaining ones are tried, and the message is the same', async () => {
    sink = await startSink();
    const email = createEmail({
      ...{ label: 'email', host: 'localhost', port: sink.port, tls: 'none', clientName: 'me.test' },
      ...{ from: 'dane@example.org', to: [OPS, NIGHT] },
    });
    expect(await email.deliver(notice, {}, [NIGHT])).toEqual(TAKEN);
    expect(sink.heard.filter((line) => line.startsWith('RCPT'))).toEqual([`RCPT TO:<${NIGHT}>`]);
    expect(sink.messages[0]).toContain(OPS);
  });

  test('one is greylisted and the other is unknown', async () => {
    const answers = { ...to(NIGHT, '450 later'), ...to(OPS, '550 no such user') };
    expect(await sendTo({ answers })).toEqual({
      later: [{ recipient: NIGHT, because: '450 later' }],
      refused: [{ recipient: OPS, because: '550 no such user' }],
    });
  });

  test.each([
    ['all of them', { RCPT: '550 no such user' }],
    ['the sender', { MAIL: '550 not you' }],
    ['the message', { '.': '554 spam' }],
  ])('%s refused permanently: it is not offered to any recipient again', async (_, answers) => {
    const { later, refused } = (await sendTo({ answers })) as Delivery;
    expect(later).toEqual([]);
    expect(refused.map(({ recipient }) => recipient)).toEqual([OPS, NIGHT]);
  });

  test.each([
    ['all of them', { RCPT: '451 4.7.1 greylisted' }],
    ['the message', { '.': '451 later' }],
    ['the sender', { MAIL: '421 too busy' }],
  ])('%s refused for now: the error asks for a later attempt', async (_, answers) => {
    await expect(sendTo({ answers })).rejects.toMatchObject({
      code: 'NOTIFY_FAILED',
      hint: 'the server asks to try again later; no setting is wrong',
    });
  });
});

describe('K49: what is wrong with the settings is named', () => {
  test('the server requires a login', async () => {
    await expect(
      sendTo({ answers: { MAIL: '530 5.7.0 authentication required' } }),
    ).rejects.toMatchObject({
      hint: expect.stringContaining('set username and password') as string,
    });
  });

  test('a login is configured and the server offers none', async () => {
    await expect(sendTo({}, login('secret'))).rejects.toMatchObject({
      message: expect.stringContaining('the server offers no AUTH') as string,
      hint: expect.stringContaining('tls') as string,
    });
    expect(sink.heard.join()).not.toContain('AUTH');
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

test('no server listens', async () => {
  sink = await startSink();
  sink.close();
  const { port } = sink;
  await expect(sendTo({}, { port })).rejects.toMatchObject({
    code: 'NOTIFY_FAILED',
    message: expect.stringContaining('no mail server listens there') as string,
    hint: expect.stringContaining('check host and port') as string,
  });
});
