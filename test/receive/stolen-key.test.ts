// What a sender's key can do in wrong hands: nothing but staging for the names of receive.conf.
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Host, STATUS, pair, sha256 } from './host.ts';
import { SHELLS, found } from './shells.ts';

const A = pair('a.example');
const B = pair('b.example');
const DIGEST = sha256(A.payload);
const LONG = 'a'.repeat(100_000);

const NAMES = [
  '../mx1',
  '..',
  '.',
  '/etc',
  'mx1/../../etc',
  'mx1/',
  '-c',
  '--',
  '.mx1',
  '_mx1',
  'mx2',
  'MX1',
  '*',
  'mx?',
  '[a-z]*',
  '~root',
  '$HOME',
  '${HOME}',
  '$(id)',
  '`id`',
  'a;id',
  'a&id',
  'a|id',
  "a'b",
  'a"b',
  'a\\b',
  'a\nmx1',
  'a\tb',
  'a\rb',
  'ä',
  'a\u0001',
  'a>b',
  'a<b',
  'a{b,c}',
  'a!b',
  'a#b',
  'a=b',
  'a:b',
  'a%b',
  'a'.repeat(65),
  LONG,
];

const WORDS = [
  '',
  ' ',
  '-c /tmp/evil.conf state mx1',
  '-c',
  'sh',
  'sh -c id',
  'help',
  '--help',
  'version mx1',
  'state',
  'state mx1 mx1',
  'stage',
  'stage mx1 1 1',
  `stage mx1 1 1 ${A.spki} 10`,
  'activate mx1',
  'activate mx1 0 9',
  'activate mx1 01 9',
  'activate mx1 -1 9',
  'activate mx1 1 0',
  'activate mx1 1',
  'activate mx1 1.5 9',
  'activate mx1 0x1 9',
  'activate mx1 1e3 9',
  'activate mx1 .. 9',
  `activate mx1 1${'0'.repeat(9)} 9`,
  `activate mx1 1 1${'0'.repeat(18)}`,
  'activate mx1 live 9',
  'back mx1',
  'back mx1 9 9',
  'key mx1 1 9',
  'key mx1 1 9 ec-p256 -rand',
  'key mx1 1 9 dsa',
  'activate mx1 1 9; id',
  'activate mx1 1 9 && id',
  'activate mx1 1 9\nstate mx1',
  'ACTIVATE mx1 1 9',
  'activate\tmx1 1 9',
  `stage mx1 1 9 ${A.spki.toUpperCase()} 10 ${DIGEST}`,
  `stage mx1 1 9 ${A.spki} -1 ${DIGEST}`,
  `stage mx1 1 9 ${A.spki} 10 ${DIGEST.slice(1)}`,
  `stage mx1 1 9 ${A.spki} 1000000000000 ${DIGEST}`,
  `state mx1 ${LONG}`,
  LONG,
  '$(touch /tmp/x)',
  'scp -t /',
  'internal-sftp',
  '/usr/lib/openssh/sftp-server',
  'rsync --server . /',
  'eval id',
  'state $IFS mx1',
  'state ${IFS}mx1',
  'state mx1 #',
  'pull http://127.0.0.1/',
  'reload mx1',
  'end ok',
];

describe.each(SHELLS)('$name', { timeout: 120_000 }, (shell) => {
  const withOne = async (): Promise<Host> => {
    const host = new Host(shell);
    await host.stage('mx1', 1, 5, A);
    await host.call('activate mx1 1 5');
    return host;
  };

  it('names that receive.conf does not have, and words that the protocol does not have, change nothing', async () => {
    const host = await withOne();
    const before = host.everything();
    const tried = [...WORDS, ...NAMES.flatMap((name) => [`state ${name}`, `activate ${name} 1 9`])];
    for (const words of tried) {
      const { status, values, text } = await host.call(words);
      expect([STATUS.usage, STATUS.refused], words.slice(0, 200)).toContain(status);
      expect(text.length).toBeLessThan(1000);
      expect(['usage', 'refused']).toContain(values['result']);
    }
    expect(host.everything()).toEqual(before);
  });

  it('payloads that are not one pair change nothing', async () => {
    const host = await withOne();
    const before = host.everything();
    const [key, certificate] = [A.key, A.certificate];
    const encrypted = key.replaceAll('PRIVATE', 'ENCRYPTED PRIVATE');
    const payloads: readonly (string | Buffer)[] = [
      '',
      '\n',
      'x',
      key,
      certificate + key,
      key + key + certificate,
      key + certificate + key,
      `${key}\n${certificate}`,
      `# a comment\n${key}${certificate}`,
      `${key}${certificate}trailing`,
      `${key}${certificate}\n`,
      (key + certificate).trimEnd(),
      (key + certificate).replaceAll('\n', '\r\n'),
      `${encrypted}${certificate}`,
      `${key}${certificate}-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n`,
      `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${key}${certificate}`,
      `${key}${certificate}-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n`,
      `${key}${certificate}-----BEGIN CERTIFICATE-----\n`,
      `${key}${certificate}$(id)\n`,
      `${key}${certificate.replace('\n', '\nreload = id\n')}`,
      `${key}${certificate.replace('M', '\0')}`,
      Buffer.concat([Buffer.from(key + certificate), Buffer.alloc(4)]),
      Buffer.alloc(1000, 0xff),
      `${key}${certificate.replace('CERTIFICATE', 'TRUSTED CERTIFICATE')}`,
    ];
    for (const payload of payloads) {
      const words = `stage mx1 2 5 ${A.spki} ${Buffer.byteLength(payload)} ${sha256(Buffer.from(payload))}`;
      const { status } = await host.call(words, { payload });
      const refused: readonly unknown[] = [STATUS.payload, STATUS.usage];
      expect(refused, payload.toString().slice(0, 300)).toContain(status);
    }
    expect(host.everything()).toEqual(before);
  });

  it('lengths that are a lie, and 100 MB, are refused without being kept', async () => {
    const host = await withOne();
    const before = host.everything();
    const huge = Buffer.alloc(100 * 1024 * 1024, 'A');
    const from = Date.now();
    for (const length of [262_145, huge.length, 999_999_999]) {
      const words = `stage mx1 2 5 ${A.spki} ${length} ${sha256(A.payload)}`;
      expect((await host.call(words, { payload: huge })).status).toBe(STATUS.payload);
    }
    for (const length of [1, 1000, 262_144]) {
      const words = `stage mx1 2 5 ${A.spki} ${length} ${sha256(A.payload)}`;
      expect((await host.call(words, { payload: huge })).status).toBe(STATUS.payload);
    }
    const more = await host.stage('mx1', 2, 5, B, { payload: `${B.payload}\n` });
    expect(more.status).toBe(STATUS.payload);
    expect(Date.now() - from).toBeLessThan(30_000);
    expect(host.everything()).toEqual(before);
  });

  it('the largest payload that is allowed is taken', async () => {
    const host = await withOne();
    const one = { ...A, payload: A.key + A.certificate.repeat(400) };
    expect(Buffer.byteLength(one.payload)).toBeGreaterThan(200_000);
    expect((await host.stage('mx1', 2, 5, one)).status).toBe(0);
  });

  it('an old stage that is sent again changes nothing', async () => {
    const host = await withOne();
    await host.stage('mx1', 2, 6, B);
    await host.call('activate mx1 2 7');
    const before = host.everything();
    expect((await host.stage('mx1', 1, 5, A)).status).toBe(STATUS.fence);
    expect((await host.stage('mx1', 2, 6, B)).status).toBe(STATUS.fence);
    expect((await host.call('activate mx1 1 5')).status).toBe(STATUS.fence);
    expect(host.everything()).toEqual(before);
  });

  it('nothing of the environment reaches a program or changes what is done', async () => {
    const host = new Host(
      shell,
      (folder) => `[mx1]\nreload = ${found('env') ?? 'env'}\nkey = ${folder}/tls/mx1.key\n`,
    );
    mkdirSync(host.at('evil'));
    for (const name of [
      'ls',
      'mv',
      'openssl',
      'sync',
      'env',
      'id',
      'readlink',
      'timeout',
      'flock',
      'cut',
      'sha256sum',
    ]) {
      writeFileSync(host.at('evil', name), `#!/bin/sh\ntouch ${host.at('evil/was-run')}\n`, {
        mode: 0o755,
      });
    }
    writeFileSync(host.at('evil/rc'), `touch ${host.at('evil/was-run')}\n`);
    const environment = {
      PATH: host.at('evil'),
      IFS: '1a/',
      CDPATH: host.at('evil'),
      TMPDIR: host.at('evil'),
      LD_LIBRARY_PATH: host.at('evil'),
      OPENSSL_CONF: host.at('evil/rc'),
      LC_ALL: 'tr_TR.UTF-8',
      LANG: 'tr_TR.UTF-8',
      POSIXLY_CORRECT: '1',
      conf: host.at('evil/rc'),
      c_state: host.at('evil'),
      work: '/',
      own: '/',
      dir: '/',
      ended: '0',
      rename: 'false',
      BASH_ENV: host.at('evil/rc'),
      ENV: host.at('evil/rc'),
      SSH_CLIENT: '$(id)',
      LC_EVIL: '() { :; }; id',
    };
    expect((await host.stage('mx1', 1, 5, A, { environment })).status).toBe(0);
    const { status, text } = await host.call('activate mx1 1 5', { environment });
    expect(status).toBe(0);
    const seen = [...text.matchAll(/^reload\.output=(\w+)=/gm)].map(([, name]) => name);
    expect(
      seen.filter((name) => !['PATH', 'LC_ALL', '_', 'PWD', 'SHLVL'].includes(name ?? '')),
    ).toEqual([]);
    expect(seen).toContain('PATH');
    expect(text).not.toContain('evil');
    expect(existsSync(host.at('evil/was-run'))).toBe(false);
  });

  it('words of the forced command itself cannot be replaced by those of the sender', async () => {
    const host = await withOne();
    const pinned = ['state', 'mx1'];
    const { status, values } = await host.call('activate other 1 9', { pinned });
    expect([status, values['fence']]).toEqual([0, '5']);
  });

  it('folders and files that another user can change are not used', async () => {
    const host = await withOne();
    const refused = async (): Promise<void> => {
      expect((await host.stage('mx1', 2, 9, B)).status).toBe(STATUS.setup);
      expect((await host.call('activate mx1 1 9')).status).toBe(STATUS.setup);
    };
    for (const name of ['state/mx1', 'state', 'tls', 'receive.conf', '.']) {
      for (const mode of [0o777, 0o775]) {
        chmodSync(host.at(name), mode);
        await refused();
      }
      chmodSync(host.at(name), 0o755);
    }
    if (process.getuid?.() === 0) {
      for (const name of ['state/mx1', 'tls', 'receive.conf', '.']) {
        chownSync(host.at(name), 65_534, 65_534);
        await refused();
        chownSync(host.at(name), 0, 0);
      }
    }
    expect((await host.call('activate mx1 1 9')).status).toBe(0);
  });

  it('links that were planted lead nowhere', async () => {
    const host = await withOne();
    mkdirSync(host.at('elsewhere'));
    symlinkSync(host.at('state/mx1/1'), host.at('state/mx1/7'));
    expect((await host.call('activate mx1 7 9')).status).toBe(STATUS.absent);
    symlinkSync(host.at('elsewhere'), host.at('state/other'));
    expect((await host.stage('other', 1, 5, A)).status).toBe(STATUS.setup);
    rmSync(host.at('tls/mx1.key'));
    symlinkSync('/etc/passwd', host.at('tls/mx1.key'));
    expect((await host.call('activate mx1 1 9')).status).toBe(0);
    expect(host.read('tls/mx1.key')).toBe(A.key);
    if (process.getuid?.() === 0) {
      // A link of another user, in a folder with the sticky bit, to a folder that is root's.
      mkdirSync(host.at('sticky'));
      chmodSync(host.at('sticky'), 0o1777);
      symlinkSync(host.at('elsewhere'), host.at('sticky/link'));
      lchownSync(host.at('sticky/link'), 65_534, 65_534);
      host.configure(`[mx1]\ndirectory = ${host.at('sticky/link')}/mx1\n`);
      expect((await host.stage('mx1', 1, 9, A)).status).toBe(STATUS.setup);
    }
  });

  it('receive.conf is refused where it is not understood, with the line', async () => {
    const host = await withOne();
    const lines = [
      'nonsense',
      'mode = 0777',
      'mode = 0644',
      'owner = -R',
      'owner = a b',
      'owner = $(id)',
      'copy = maybe',
      'certificate = relative',
      'certificate = /a/../b',
      'certificate = /a b',
      'directory = /',
      'reload =',
      'reload_timeout = 1m',
      'state = /elsewhere',
      'domains = $(id)',
      'key=/no/space',
      'unknown = 1',
    ];
    for (const line of lines) {
      host.configure(`\n[mx1]\n${line}\n[other]\nwhat is wrong here is not read\n`);
      const { status, values } = await host.call('state mx1');
      expect(status, line).toBe(STATUS.setup);
      if (line !== 'directory = /') expect(values['message'], line).toMatch(/line \d+ is wrong/);
    }
    host.configure('# a comment\n\n  [mx1]  \n  reload = echo #:[x] = y:\n[other]\nwrong');
    expect((await host.call('state mx1')).status).toBe(0);
  });
});
