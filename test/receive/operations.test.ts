// What a sender may ask for, under each shell.
import { execFileSync } from 'node:child_process';
import { createHash, createPublicKey } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  lstatSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { Host, SCRIPT, STATUS, certificateFor, fits, pair, sha256 } from './host.ts';
import { NOT_RUN, SHELLS, shellcheck, toolsWithout } from './shells.ts';

const checker = shellcheck();
const A = pair('a.example');
const B = pair('b.example');

test(`holger-receive runs under dash, bash and busybox ash${NOT_RUN.length > 0 ? `: NOT TESTED HERE: ${NOT_RUN.join(', ')}` : ''}`, () => {
  expect(SHELLS.length).toBeGreaterThan(0);
});

test('the file has 300 lines at most, of 100 columns, and the version of the package', () => {
  const text = readFileSync(SCRIPT, 'utf8');
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(300);
  expect(text.split('\n').filter((line) => line.length > 100)).toEqual([]);
  expect(text).toContain(`\nVERSION=${version} `);
  expect(text).not.toMatch(/^\s*(eval|local|source) /m);
});

test(`shellcheck finds nothing${checker === undefined ? ': NOT TESTED HERE, it is not on this machine' : ''}`, () => {
  if (checker === undefined) return;
  const env = { LD_LIBRARY_PATH: checker.libraries };
  expect(execFileSync(checker.file, ['-s', 'sh', SCRIPT], { env, encoding: 'utf8' })).toBe('');
});

describe.each(SHELLS)('$name', { timeout: 60_000 }, (shell) => {
  const placed = (host: Host): boolean =>
    fits(host.read('tls/mx1.key'), host.read('tls/mx1.pem')) && host.faults('mx1').length === 0;

  it('version says version, protocol and OpenSSL, and needs no configuration', async () => {
    const host = new Host(shell);
    rmSync(host.at('receive.conf'));
    const { status, values } = await host.call('version');
    expect(status).toBe(0);
    expect(values).toMatchObject({ protocol: '1', result: 'ok' });
    expect(values['openssl']).toMatch(/SSL/);
  });

  it('stage changes nothing for the service; activate flips, places and reloads', async () => {
    const host = new Host(shell);
    expect(await host.stage('mx1', 1, 5, A)).toMatchObject({ status: 0, values: { result: 'ok' } });
    expect(existsSync(host.at('tls/mx1.pem'))).toBe(false);
    const done = await host.call('activate mx1 1 5');
    expect(done).toMatchObject({ status: 0, stderr: '', values: { live: '1', result: 'ok' } });
    expect(done.values).toMatchObject({ 'reload.status': '0', 'reload.output': 'loaded' });
    expect(host.read('tls/mx1.pem')).toBe(A.certificate.repeat(2));
    expect(placed(host)).toBe(true);
    expect(readlinkSync(host.at('state/mx1/live'))).toBe('1');
    expect(statSync(host.at('state/mx1/1/privkey.pem')).mode & 0o777).toBe(0o600);
    expect(host.leftOver('mx1')).toEqual([]);
  });

  it('the second flip is one rename: the links outside stay as they are', async () => {
    const host = new Host(shell);
    await host.stage('mx1', 1, 5, A);
    await host.call('activate mx1 1 5');
    const before = lstatSync(host.at('tls/mx1.pem')).ino;
    await host.stage('mx1', 2, 5, B);
    expect((await host.call('activate mx1 2 5')).status).toBe(0);
    expect(lstatSync(host.at('tls/mx1.pem')).ino).toBe(before);
    expect(host.read('tls/mx1.pem')).toBe(B.certificate.repeat(2));
    expect(placed(host)).toBe(true);
  });

  it('the same call again does nothing again', async () => {
    const host = new Host(shell);
    for (const one of [1, 2]) expect((await host.stage('mx1', 1, 5, A)).status, `${one}`).toBe(0);
    await host.call('activate mx1 1 5');
    const again = await host.call('activate mx1 1 5');
    expect(again.status).toBe(0);
    expect(again.text).not.toContain('reload');
    expect((await host.stage('mx1', 1, 5, A)).status).toBe(0);
  });

  it('a staged generation may be replaced, one in use never', async () => {
    const host = new Host(shell);
    await host.stage('mx1', 1, 5, A);
    expect((await host.stage('mx1', 1, 5, B)).status).toBe(0);
    await host.call('activate mx1 1 5');
    expect((await host.stage('mx1', 1, 5, A)).status).toBe(STATUS.conflict);
    expect(host.read('tls/mx1.pem')).toBe(B.certificate.repeat(2));
  });

  it('back goes to the generation before, once', async () => {
    const host = new Host(shell);
    expect((await host.call('back mx1 5')).status).toBe(STATUS.absent);
    for (const [number, one] of [A, B].entries()) {
      await host.stage('mx1', number + 1, 5, one);
      await host.call(`activate mx1 ${number + 1} 5`);
    }
    const back = await host.call('back mx1 5');
    expect(back).toMatchObject({ status: 0, values: { live: '1', 'reload.generation': '1' } });
    expect(host.read('tls/mx1.pem')).toBe(A.certificate.repeat(2));
    expect((await host.call('back mx1 5')).status).toBe(STATUS.absent);
    expect((await host.call('activate mx1 2 5')).status).toBe(0);
  });

  it('activate of what is not staged or is damaged changes nothing', async () => {
    const host = new Host(shell);
    await host.stage('mx1', 1, 5, A);
    await host.call('activate mx1 1 5');
    expect((await host.call('activate mx1 2 5')).status).toBe(STATUS.absent);
    await host.stage('mx1', 2, 5, B);
    writeFileSync(host.at('state/mx1/2/privkey.pem'), A.key);
    expect((await host.call('activate mx1 2 5')).status).toBe(STATUS.pair);
    expect(host.read('tls/mx1.pem')).toBe(A.certificate.repeat(2));
    // Staging it again repairs it.
    expect((await host.stage('mx1', 2, 5, B)).status).toBe(0);
    expect((await host.call('activate mx1 2 5')).status).toBe(0);
  });

  it('state says what lies there, in lines of key and value', async () => {
    const host = new Host(shell);
    const empty = await host.call('state mx1');
    expect(empty.values).toMatchObject({ fence: '0', live: '', before: '', result: 'ok' });
    expect(Number(empty.values['free_kib'])).toBeGreaterThan(1000);
    await host.stage('mx1', 1, 5, A);
    await host.call('activate mx1 1 6');
    await host.stage('mx1', 2, 6, B);
    const { values, text } = await host.call('state mx1');
    expect(values).toMatchObject({
      fence: '6',
      live: '1',
      'path.privkey': 'ok',
      'path.fullchain': 'ok',
      'generation.1.fits': 'yes',
      'generation.1.spki': A.spki,
      'generation.1.fullchain': sha256(A.certificate.repeat(2)),
      'generation.2.spki': B.spki,
      'reload.generation': '1',
      'reload.status': '0',
    });
    expect(Date.parse(values['generation.1.notAfter'] ?? '')).toBeGreaterThan(Date.now());
    expect(values['generation.1.serial']).toMatch(/^[0-9A-F]+$/);
    for (const line of text.trim().split('\n')) expect(line).toMatch(/^[A-Za-z0-9_.]+=/);
    rmSync(host.at('tls/mx1.pem'));
    rmSync(host.at('state/mx1/2/chain.pem'));
    const later = await host.call('state mx1');
    expect(later.values).toMatchObject({ 'path.fullchain': 'differs', 'generation.2.fits': 'no' });
    expect((await host.call('activate mx1 1 6')).status).toBe(0);
    expect(placed(host)).toBe(false); // generation 2 is still damaged
    expect(existsSync(host.at('tls/mx1.pem'))).toBe(true);
  });

  it('state says which chains a service may load, and never a key', async () => {
    const host = new Host(shell);
    const written = (pem: string): string => pem.replaceAll('\n', ':');
    writeFileSync(host.at('tls/mx1.pem'), A.key + A.certificate);
    const first = (await host.call('state mx1')).values;
    expect(first['certificates.live']).toBeUndefined();
    expect(first['certificates.fullchain']).toBe(written(A.certificate));
    await host.stage('mx1', 1, 5, B);
    await host.call('activate mx1 1 5');
    const later = (await host.call('state mx1')).values;
    expect(later['certificates.live']).toBe(written(B.certificate.repeat(2)));
    expect(later['certificates.fullchain']).toBeUndefined();
    symlinkSync('/dev/zero', host.at('tls/endless'));
    rmSync(host.at('tls/mx1.pem'));
    symlinkSync(host.at('tls/endless'), host.at('tls/mx1.pem'));
    expect((await host.call('state mx1')).values['certificates.fullchain']).toBeUndefined();
  });

  it('reload runs the commands once more', async () => {
    const host = new Host(shell);
    expect((await host.call('reload mx1 5')).status).toBe(STATUS.absent);
    await host.stage('mx1', 1, 5, A);
    await host.call('activate mx1 1 5');
    expect(await host.call('reload mx1 5')).toMatchObject({
      status: 0,
      values: { 'reload.generation': '1', 'reload.output': 'loaded' },
    });
    expect((await host.call('reload mx1 4')).status).toBe(STATUS.fence);
  });

  it('only what is live, the one before and what waits is kept', async () => {
    const host = new Host(shell);
    const numbers = (): number[] =>
      readdirSync(host.at('state/mx1'))
        .filter((it) => /^\d+$/.test(it))
        .map(Number)
        .sort((a, b) => a - b);
    for (const number of [1, 2, 3]) {
      await host.stage('mx1', number, 5, number % 2 ? A : B);
      await host.call(`activate mx1 ${number} 5`);
    }
    expect(numbers()).toEqual([2, 3]);
    for (const number of [4, 5, 6]) await host.stage('mx1', number, 5, A);
    expect(numbers()).toEqual([2, 3, 4, 5, 6]);
    for (let number = 7; number < 14; number += 1) await host.stage('mx1', number, 5, A);
    expect(numbers()).toEqual([2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
    await host.call('activate mx1 12 5');
    expect(numbers()).toEqual([3, 12, 13]);
  });

  it('a fence only grows: an older sender is refused, whatever it asks for', async () => {
    const host = new Host(shell);
    await host.stage('mx1', 1, 7, A);
    const before = host.everything();
    expect((await host.stage('mx1', 2, 6, B)).status).toBe(STATUS.fence);
    for (const words of ['activate mx1 1 6', 'back mx1 6', 'key mx1 3 6 ec-p256']) {
      expect((await host.call(words)).status, words).toBe(STATUS.fence);
    }
    expect(host.everything()).toEqual(before);
    expect((await host.call('activate mx1 1 8')).status).toBe(0);
    expect((await host.call('activate mx1 1 7')).status).toBe(STATUS.fence);
    // A name has its own.
    expect((await host.stage('other', 1, 1, A)).status).toBe(0);
  });

  it('a host that was reset to a snapshot shows it, and is brought up to date again', async () => {
    const host = new Host(shell);
    await host.stage('mx1', 1, 5, A);
    await host.call('activate mx1 1 5');
    cpSync(host.at('state'), host.at('snapshot'), { recursive: true, verbatimSymlinks: true });
    await host.stage('mx1', 2, 9, B);
    await host.call('activate mx1 2 9');
    rmSync(host.at('state'), { recursive: true });
    cpSync(host.at('snapshot'), host.at('state'), { recursive: true, verbatimSymlinks: true });
    chmodSync(host.at('state'), 0o755);
    expect((await host.call('state mx1')).values).toMatchObject({ fence: '5', live: '1' });
    expect((await host.call('activate mx1 2 9')).status).toBe(STATUS.absent);
    expect((await host.stage('mx1', 2, 9, B)).status).toBe(0);
    expect((await host.call('activate mx1 2 9')).status).toBe(0);
    expect(placed(host)).toBe(true);
  });

  it('a damaged fence lets nothing through', async () => {
    const host = new Host(shell);
    await host.stage('mx1', 1, 7, A);
    for (const text of ['', 'x\n', '-3\n', '07\n']) {
      writeFileSync(host.at('state/mx1/fence'), text);
      expect((await host.call('activate mx1 1 9')).status).toBe(STATUS.setup);
    }
  });

  it('a key that was made here never leaves; its certificate comes alone', async () => {
    const host = new Host(shell);
    expect((await host.stage('mx1', 1, 5, { ...A, payload: A.certificate })).status).toBe(
      STATUS.absent,
    );
    const made = await host.call('key mx1 1 5 ec-p256');
    expect(made).toMatchObject({ status: 0, stderr: '' });
    expect(made.text).not.toContain('PRIVATE');
    const { spki = '', csr = '' } = made.values;
    expect((await host.call('key mx1 1 5 ec-p256')).values['spki']).toBe(spki);
    expect((await host.call('key mx1 1 5 rsa-2048')).status).toBe(STATUS.conflict);
    const certificate = certificateFor(csr);
    const der = createPublicKey(certificate).export({ format: 'der', type: 'spki' });
    expect(createHash('sha256').update(der).digest('hex')).toBe(spki);
    const staged = await host.stage('mx1', 1, 5, { ...A, spki, payload: certificate });
    expect(staged.status).toBe(0);
    expect((await host.call('activate mx1 1 5')).status).toBe(0);
    expect(placed(host)).toBe(true);
    expect(existsSync(host.at('state/mx1/.key.1'))).toBe(false);
    // A renewal with the same key under the same number, before it is used; and no second key.
    expect((await host.call('key mx1 1 5 ec-p256')).status).toBe(STATUS.conflict);
    const text = execFileSync('openssl', ['req', '-inform', 'DER', '-noout', '-text'], {
      input: Buffer.from(csr, 'base64'),
      encoding: 'utf8',
    });
    expect(text).toContain('DNS:mx1.example.org');
  });

  it('makes keys of each type, and of no other', async () => {
    const host = new Host(shell);
    const long = shell === SHELLS[0] ? ['rsa-3072', 'rsa-4096'] : [];
    const types = ['ec-p384', 'rsa-2048', ...long];
    for (const [number, type] of types.entries()) {
      const { values } = await host.call(`key mx1 ${number + 1} 5 ${type}`);
      expect(certificateFor(values['csr'] ?? '')).toContain('CERTIFICATE');
    }
    expect((await host.call('key mx1 9 5 rsa-1024')).status).toBe(STATUS.usage);
    expect((await host.call('key other 1 5 ec-p256')).status).toBe(STATUS.setup);
  });

  it('a reload that fails is not a flip that failed, and activate tries it again', async () => {
    const host = new Host(shell, (folder) => `[mx1]\nreload = ${folder}/reload a* $(id)\n`);
    const script = (text: string): void => {
      writeFileSync(host.at('reload'), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    };
    script('printf \'\\033[31mbad\\007 \\303\\244\\nresult=ok\\\\n\\n\'; echo "$*" >&2; exit 3');
    await host.stage('mx1', 1, 5, A);
    const failed = await host.call('activate mx1 1 5');
    expect(failed.status).toBe(STATUS.reload);
    expect(failed.values).toMatchObject({ live: '1', 'reload.status': '3', result: 'reload' });
    expect(failed.text).toContain(
      'reload.output=[31mbad \nreload.output=result=ok\\n\nreload.output=a* $(id)\n',
    );
    expect((await host.call('state mx1')).values).toMatchObject({
      live: '1',
      'reload.status': '3',
    });
    script('i=0; while [ $i -lt 5000 ]; do i=$((i + 1)); echo "line $i"; done');
    const again = await host.call('activate mx1 1 5');
    expect(again).toMatchObject({ status: 0, values: { 'reload.output': 'line 5000' } });
    expect(again.text.match(/^reload\.output/gm)).toHaveLength(10);
  });

  it('a reload that hangs is ended, and one that leaves a process behind holds no lock', async () => {
    const host = new Host(
      shell,
      (folder) =>
        `[mx1]\nreload = ${folder}/reload\nreload_timeout = 1\n[other]\nreload = sleep 30\nreload_timeout = 1\n`,
    );
    await host.stage('other', 1, 5, A);
    expect((await host.call('activate other 1 5')).status).toBe(STATUS.reload);
    writeFileSync(host.at('reload'), '#!/bin/sh\nsleep 5 &\n', { mode: 0o755 });
    await host.stage('mx1', 1, 5, A);
    const from = Date.now();
    expect((await host.call('activate mx1 1 5')).status).toBe(0);
    expect((await host.stage('mx1', 2, 5, B)).status).toBe(0);
    expect(Date.now() - from).toBeLessThan(4500);
  });

  const isRoot = process.getuid?.() === 0;
  it(`works as an unprivileged user${isRoot ? '' : ': NOT TESTED HERE apart from this user'}`, async () => {
    const host = new Host(shell);
    const uid = isRoot ? 65_534 : (process.getuid?.() ?? 0);
    if (isRoot) for (const name of ['.', 'state', 'tls']) chownSync(host.at(name), uid, uid);
    const script = host.at('script'); // where that user can read it
    copyFileSync(SCRIPT, script);
    expect((await host.stage('mx1', 1, 5, A, { uid, script })).status).toBe(0);
    expect((await host.call('activate mx1 1 5', { uid, script })).status).toBe(0);
    expect(placed(host)).toBe(true);
    host.configure('[mx1]\nowner = root\n');
    expect((await host.stage('mx1', 2, 5, B, { uid, script })).status).toBe(STATUS.setup);
    // Root does not use what is this user's: run it as the same user.
    if (isRoot) expect((await host.call('activate mx1 1 5')).status).toBe(STATUS.setup);
  });

  it('several commands are run in their order, until one fails', async () => {
    const host = new Host(
      shell,
      () => '[mx1]\nreload = echo one\nreload = false\nreload = echo three\n',
    );
    await host.stage('mx1', 1, 5, A);
    const { text } = await host.call('activate mx1 1 5');
    expect(text).toContain('reload.output=one\n');
    expect(text).not.toContain('three');
  });

  it('copies have the owner and mode of receive.conf, and what was there is kept', async () => {
    const host = new Host(
      shell,
      (folder) => `[mx1]
directory = ${folder}/tls/mx1
certificate = ${folder}/tls/mx1.pem
key = ${folder}/tls/mx1.key
combined = ${folder}/tls/all.pem
copy = yes
mode = 0640
owner = ${process.getuid?.() ?? 0}
`,
    );
    writeFileSync(host.at('tls/mx1.key'), 'the key before');
    await host.stage('mx1', 1, 5, A);
    expect((await host.call('activate mx1 1 5')).status).toBe(0);
    expect(lstatSync(host.at('tls/mx1.key')).isFile()).toBe(true);
    expect(statSync(host.at('tls/mx1.key')).mode & 0o777).toBe(0o640);
    expect(statSync(host.at('tls/all.pem')).mode & 0o777).toBe(0o640);
    expect(statSync(host.at('tls/mx1.pem')).mode & 0o777).toBe(0o644);
    expect(host.read('tls/all.pem')).toBe(A.payload);
    expect(host.read('tls/mx1.key.before-holger')).toBe('the key before');
    await host.stage('mx1', 2, 5, B);
    await host.call('activate mx1 2 5');
    expect(fits(host.read('tls/mx1.key'), host.read('tls/mx1.pem'))).toBe(true);
    expect(host.read('tls/mx1.key.before-holger')).toBe('the key before');
    writeFileSync(host.at('tls/mx1.key'), 'damaged');
    expect((await host.call('state mx1')).values['path.privkey']).toBe('differs');
    await host.call('activate mx1 2 5');
    expect(host.read('tls/mx1.key')).toBe(B.key);
  });

  it('what does not fit is refused: another key, another SPKI, a chain that cannot be read', async () => {
    const host = new Host(shell);
    const cases = [
      { ...A, payload: B.key + A.certificate },
      { ...A, spki: B.spki },
      { ...A, payload: A.payload + A.certificate.replace('\nMII', '\nAAA') },
      // The SHA-256 of no bytes, for a certificate without a key that can be read.
      {
        ...A,
        spki: sha256(''),
        payload:
          '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      },
    ];
    for (const one of cases) {
      expect((await host.stage('mx1', 1, 5, one)).status).toBe(STATUS.pair);
    }
    expect(readdirSync(host.at('state/mx1'))).toEqual(['fence']);
  });

  it('two runs at the same time exclude each other', async () => {
    const host = new Host(shell, () => '[mx1]\nreload = sleep 3\n');
    await host.stage('mx1', 1, 5, A);
    const slow = host.call('activate mx1 1 5');
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const script = host.at('impatient');
    writeFileSync(
      script,
      readFileSync(SCRIPT, 'utf8').replace('LOCK_SECONDS=10', 'LOCK_SECONDS=1'),
    );
    expect((await host.stage('mx1', 2, 5, B, { script })).status).toBe(STATUS.busy);
    expect((await host.stage('mx1', 2, 5, B)).status).toBe(0);
    expect((await slow).status).toBe(0);
    expect(host.leftOver('mx1')).toEqual([]);
  });

  it('the lock of a run that is dead is taken over, that of a living one is not', async () => {
    const host = new Host(shell);
    await host.stage('mx1', 1, 5, A);
    const usesLinks = shell.tools !== undefined;
    symlinkSync('pid:4194300', host.at('state/mx1/lock'));
    expect((await host.call('activate mx1 1 5')).status).toBe(0);
    rmSync(host.at('state/mx1/lock'), { force: true });
    symlinkSync(`pid:${process.pid}`, host.at('state/mx1/lock'));
    const script = host.at('impatient');
    writeFileSync(
      script,
      readFileSync(SCRIPT, 'utf8').replace('LOCK_SECONDS=10', 'LOCK_SECONDS=1'),
    );
    const { status } = await host.call('activate mx1 1 5', { script });
    expect(status).toBe(usesLinks ? STATUS.busy : 0);
  });
});

const noOpenssl = toolsWithout('openssl');
test(`without OpenSSL nothing is staged, unless receive.conf says so${noOpenssl === undefined ? ': NOT TESTED HERE' : ''}`, async () => {
  const [busybox] = SHELLS.filter(({ tools }) => tools !== undefined);
  if (noOpenssl === undefined || busybox === undefined) return;
  const host = new Host({ ...busybox, tools: noOpenssl });
  expect((await host.stage('mx1', 1, 5, A)).status).toBe(STATUS.setup);
  expect((await host.call('key mx1 1 5 ec-p256')).status).toBe(STATUS.setup);
  host.configure(`openssl = optional\n[mx1]\nreload = true\n`);
  expect((await host.stage('mx1', 1, 5, A)).status).toBe(0);
  expect((await host.call('activate mx1 1 5')).status).toBe(0);
});

const noMv = toolsWithout('mv', 'flock');
test(`a host that cannot exchange a link at once is refused when staging${noMv === undefined ? ': NOT TESTED HERE' : ''}`, async () => {
  const [shell] = SHELLS.filter(({ tools }) => tools === undefined);
  if (noMv === undefined || shell === undefined) return;
  // mv as in POSIX, which moves into the folder that the link leads to.
  writeFileSync(
    `${noMv}/mv`,
    '#!/bin/sh\ncase $1 in -f) exec /bin/mv "$@" ;; *) exit 64 ;; esac\n',
  );
  chmodSync(`${noMv}/mv`, 0o755);
  const host = new Host({ ...shell, tools: noMv });
  const { status, values } = await host.stage('mx1', 1, 5, A);
  expect(status).toBe(STATUS.setup);
  expect(values['message']).toContain('cannot be exchanged at once');
});
