// Cut connections, kills, full disks: nothing half or mixed remains, and the next run works.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { Host, STATUS, faultsOf, fits, pair, sha256 } from './host.ts';
import type { Pair } from './host.ts';
import { SHELLS } from './shells.ts';

const A = pair('a.example');
const B = pair('b.example');
const CUTS = 200;
const KILLS = 60;

/** The same numbers at each run. */
function* numbers(seed: number): Generator<number, never> {
  for (let value = seed; ;) {
    value = (value * 1_103_515_245 + 12_345) % 2_147_483_648;
    yield value / 2_147_483_648;
  }
}

/** What the service would load. */
function served(host: Host): string {
  const [key, certificate] = [host.read('tls/mx1.key'), host.read('tls/mx1.pem')];
  expect(fits(key, certificate)).toBe(true);
  return certificate;
}

describe.each(SHELLS)('$name', { timeout: 240_000 }, (shell) => {
  const share = Math.ceil(CUTS / SHELLS.length);

  it(`a connection that is cut after any of ${share} numbers of bytes leaves nothing half`, async () => {
    const host = new Host(shell);
    const random = numbers(SHELLS.indexOf(shell) + 1);
    await host.stage('mx1', 1, 5, A);
    await host.call('activate mx1 1 5');
    const size = Buffer.byteLength(B.payload);
    for (let round = 0; round < share; round += 1) {
      const cut = Math.floor(random.next().value * size);
      const { status, values } = await host.stage('mx1', 2, 5, B, { cut });
      expect([status, values['result']], `${cut}`).toEqual([STATUS.payload, 'payload']);
      expect(
        readdirSync(host.at('state/mx1'))
          .filter((it) => it !== 'reload')
          .sort(),
      ).toEqual(['1', 'fence', 'live']);
    }
    expect(served(host)).toBe(A.certificate.repeat(2));
    expect((await host.stage('mx1', 2, 5, B)).status).toBe(0);
    expect((await host.call('activate mx1 2 5')).status).toBe(0);
    expect(served(host)).toBe(B.certificate.repeat(2));
  });

  it('a generation appears whole', async () => {
    const host = new Host(shell);
    const seen = new Set<string>();
    for (let number = 1; number <= 5; number += 1) {
      let isRunning = true;
      const run = host.stage('mx1', number, 5, number % 2 ? A : B).finally(() => {
        isRunning = false;
      });
      const folder = host.at('state/mx1', `${number}`);
      while (isRunning) {
        if (existsSync(folder)) seen.add(readdirSync(folder).sort().join());
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect((await run).status).toBe(0);
    }
    expect([...seen]).toEqual(['cert.pem,chain.pem,combined.pem,fullchain.pem,privkey.pem']);
  });

  it('a byte that was changed on the way is noticed', async () => {
    const host = new Host(shell);
    const payload = B.payload.replace(/\n-----END CERTIFICATE-----\n$/, (it) =>
      it.replace('\n', 'A'),
    );
    expect((await host.stage('mx1', 1, 5, B, { payload })).status).toBe(STATUS.payload);
    const other = B.key + A.certificate + B.certificate;
    const sent = await host.stage('mx1', 1, 5, B, { payload: other.slice(0, B.payload.length) });
    expect(sent.status).toBe(STATUS.payload);
  });

  it('a run that is killed at any moment leaves nothing mixed, and the next one works', async () => {
    const host = new Host(shell);
    const random = numbers(SHELLS.indexOf(shell) + 7);
    const pairs: readonly Pair[] = [A, B];
    await host.stage('mx1', 1, 1, A);
    await host.call('activate mx1 1 1');
    let usual = 300;
    let killed = 0;
    for (let round = 2; round < 2 + KILLS / SHELLS.length; round += 1) {
      const one = pairs[round % 2] ?? A;
      const words = ['stage', 'activate', 'back', 'key'][Math.floor(random.next().value * 4)];
      const killAfter = random.next().value * usual;
      if (words === 'activate') await host.stage('mx1', round, round, one);
      const from = Date.now();
      const { status } =
        words === 'stage'
          ? await host.stage('mx1', round, round, one, { killAfter })
          : words === 'activate'
            ? await host.call(`activate mx1 ${round} ${round}`, { killAfter })
            : words === 'back'
              ? await host.call(`back mx1 ${round}`, { killAfter })
              : await host.call(`key mx1 ${round} ${round} ec-p256`, { killAfter });
      if (status === null) killed += 1;
      else usual = (usual + Date.now() - from) / 2;
      expect(host.faults('mx1')).toEqual([]);
      served(host);
      const live = readlinkSync(host.at('state/mx1/live'));
      expect(faultsOf(host.at('state/mx1', live))).toEqual([]);
    }
    expect(killed).toBeGreaterThan(KILLS / SHELLS.length / 4);
    expect((await host.stage('mx1', 900, 900, A)).status).toBe(0);
    expect(await host.call('activate mx1 900 900')).toMatchObject({ status: 0, stderr: '' });
    expect(served(host)).toBe(A.certificate.repeat(2));
    expect(host.leftOver('mx1')).toEqual([]);
  });

  it('an answer that the sender does not wait for is not needed', async () => {
    const host = new Host(shell);
    await host.stage('mx1', 1, 5, A);
    const closed = await host.call('activate mx1 1 5', { deaf: true });
    expect(closed.status).toBe(0);
    expect(served(host)).toBe(A.certificate.repeat(2));
    expect((await host.call('state mx1')).values).toMatchObject({
      live: '1',
      'reload.status': '0',
    });
  });

  it('files that may not grow are a full disk: nothing changes, and space helps', async () => {
    const host = new Host(shell);
    await host.stage('mx1', 1, 5, A);
    await host.call('activate mx1 1 5');
    const long = { ...B, payload: B.payload + B.certificate.repeat(6) };
    for (const blocks of [1, 2, 3, 4, 5]) {
      const { status, text, stderr } = await host.stage('mx1', 2, 5, long, {
        before: `ulimit -f ${blocks}`,
      });
      expect([0, STATUS.space], `${blocks}: ${text}${stderr}`).toContain(status);
      expect(host.faults('mx1')).toEqual([]);
      expect(host.leftOver('mx1')).toEqual([]);
    }
    expect(served(host)).toBe(A.certificate.repeat(2));
    expect((await host.stage('mx1', 2, 5, long)).status).toBe(0);
  });
});

const canMount = process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'true']).status === 0;

test.each(SHELLS)(
  `a full disk changes nothing, under $name${canMount ? '' : ': NOT TESTED HERE, it needs root'}`,
  { timeout: 120_000 },
  ({ command, tools }) => {
    if (!canMount) return;
    const host = new Host({ name: '', command, ...(tools === undefined ? {} : { tools }) });
    host.configure('[mx1]\nreload = true\n');
    mkdirSync(host.at('out'));
    writeFileSync(host.at('payload'), B.payload);
    writeFileSync(host.at('first'), A.payload);
    const start = [...command, 'receive/holger-receive', '-c', host.at('receive.conf')].join(' ');
    const numbersOf = (one: Pair): string =>
      `${one.spki} ${Buffer.byteLength(one.payload)} ${sha256(one.payload)}`;
    // Filled, and then freed page by page.
    const script = `
      set -u; cd '${process.cwd()}'
      mount -t tmpfs -o size=160k,mode=755 tmpfs '${host.at('state')}' || exit 99
      receive() { ${start} "$@"; }
      receive stage mx1 1 5 ${numbersOf(A)} <'${host.at('first')}' || exit 98
      receive activate mx1 1 5 || exit 97
      i=0; while head -c 4096 /dev/zero >'${host.at('state')}/fill.'$i; do i=$((i + 1)); done 2>/dev/null
      until [ $i -lt 0 ]; do
        receive stage mx1 2 6 ${numbersOf(B)} <'${host.at('payload')}' >'${host.at('out')}/'$i; code=$?
        case $code in 0|84) ;; *) cat '${host.at('out')}/'$i; exit $code ;; esac
        receive activate mx1 2 6 >>'${host.at('out')}/'$i; second=$?
        case $second in 0|82|84) ;; *) cat '${host.at('out')}/'$i; exit $second ;; esac
        cp -a '${host.at('state')}/mx1' '${host.at('out')}/mx1.'$i
        [ $second -ne 0 ] || exit 0
        rm -f '${host.at('state')}/fill.'$i; i=$((i - 1))
      done
      exit 96`;
    const { status, stdout } = spawnSync('unshare', ['--mount', 'sh', '-c', script], {
      encoding: 'utf8',
    });
    expect(status, stdout).toBe(0);
    const copies = readdirSync(host.at('out')).filter((it) => it.startsWith('mx1.'));
    expect(copies.length).toBeGreaterThan(3);
    for (const copy of copies) {
      const folder = host.at('out', copy);
      for (const one of readdirSync(folder).filter((it) => /^\d+$/.test(it))) {
        expect(faultsOf(`${folder}/${one}`)).toEqual([]);
      }
      expect(['1', '2']).toContain(readlinkSync(`${folder}/live`));
      expect(readFileSync(`${folder}/fence`, 'utf8')).toMatch(/^[56]\n$/);
      expect(existsSync(`${folder}/lock`)).toBe(false);
    }
    execFileSync('rm', ['-rf', host.folder]);
  },
);
