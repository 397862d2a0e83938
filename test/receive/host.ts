// A mail host in a folder: receive.conf, the folders it names, and what its files say.
import { spawn, execFileSync } from 'node:child_process';
import { X509Certificate, createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Shell } from './shells.ts';

export const SCRIPT = join(import.meta.dirname, '../../receive/holger-receive');

export const STATUS = {
  ok: 0,
  usage: 64,
  payload: 65,
  internal: 70,
  busy: 75,
  refused: 77,
  setup: 78,
  fence: 80,
  pair: 81,
  absent: 82,
  conflict: 83,
  space: 84,
  reload: 85,
} as const;

export interface Pair {
  readonly key: string;
  readonly certificate: string;
  /** What a sender sends: key, certificate, chain. */
  readonly payload: string;
  readonly spki: string;
}

export const sha256 = (data: string | Buffer): string =>
  createHash('sha256').update(data).digest('hex');

const spkiOf = (pem: string): string =>
  sha256(createPublicKey(pem).export({ format: 'der', type: 'spki' }));

function made(common: string): Pair {
  const folder = mkdtempSync(join(tmpdir(), 'holger-pair-'));
  const [key, certificate] = [join(folder, 'key'), join(folder, 'certificate')];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc'];
  const files = ['-keyout', key, '-out', certificate, '-subj', `/CN=${common}`, '-days', '30'];
  execFileSync('openssl', ['req', '-x509', ...curve, ...files], { stdio: 'ignore' });
  const [keyPem, pem] = [readFileSync(key, 'utf8'), readFileSync(certificate, 'utf8')];
  execFileSync('rm', ['-r', folder]);
  return { key: keyPem, certificate: pem, payload: keyPem + pem + pem, spki: spkiOf(pem) };
}

const pairs = new Map<string, Pair>();
/** Made once for each name. */
export function pair(common: string): Pair {
  const one = pairs.get(common) ?? made(common);
  pairs.set(common, one);
  return one;
}

/** A certificate for the key in a request, DER in base64. */
export function certificateFor(csr: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'holger-csr-'));
  const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${(csr.match(/.{1,64}/g) ?? []).join('\n')}\n-----END CERTIFICATE REQUEST-----\n`;
  writeFileSync(join(folder, 'csr'), pem);
  writeFileSync(join(folder, 'key'), pair('the CA').key);
  writeFileSync(join(folder, 'ca'), pair('the CA').certificate);
  const out = execFileSync(
    'openssl',
    ['x509', '-req', '-copy_extensions', 'copy', '-in', 'csr', '-CA', 'ca', '-CAkey', 'key'],
    { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  execFileSync('rm', ['-r', folder]);
  return out;
}

export interface Answer {
  readonly status: number | null;
  readonly text: string;
  readonly stderr: string;
  /** The last of each key. */
  readonly values: Readonly<Record<string, string>>;
}

export interface Call {
  readonly payload?: string | Buffer;
  /** Bytes after which the connection is cut. */
  readonly cut?: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** Words that are written in the forced command itself. */
  readonly pinned?: readonly string[];
  /** Milliseconds after which everything that was started is killed. */
  readonly killAfter?: number;
  readonly script?: string;
  /** The sender is gone before the answer comes. */
  readonly deaf?: boolean;
  /** Runs as this user. */
  readonly uid?: number;
  /** Precedes the command: "ulimit -f 1" and the like. */
  readonly before?: string;
}

export class Host {
  readonly folder: string;
  readonly shell: Shell;

  constructor(shell: Shell, configuration?: (folder: string) => string) {
    this.shell = shell;
    this.folder = mkdtempSync(join(tmpdir(), 'holger-receive-'));
    onTestFinished(() => {
      rmSync(this.folder, { recursive: true, force: true });
    });
    for (const name of ['state', 'tls']) mkdirSync(this.at(name), { mode: 0o755 });
    this.configure((configuration ?? usual)(this.folder));
  }

  at(...names: readonly string[]): string {
    return join(this.folder, ...names);
  }

  read(...names: readonly string[]): string {
    return readFileSync(this.at(...names), 'utf8');
  }

  configure(sections: string): void {
    const { tools } = this.shell;
    const path = tools === undefined ? '' : `path = ${tools}\n`;
    const text = `state = ${this.at('state')}\n${path}${sections}`;
    writeFileSync(this.at('receive.conf'), text, { mode: 0o644 });
  }

  /** Runs holger-receive as sshd does. */
  async call(words: string, call: Call = {}): Promise<Answer> {
    const [shell, ...first] = this.shell.command;
    const script = [
      ...first,
      call.script ?? SCRIPT,
      '-c',
      this.at('receive.conf'),
      ...(call.pinned ?? []),
    ];
    const start = [shell, ...script].map((word) => `'${word}'`).join(' ');
    const [program, args] = call.before
      ? ['/bin/sh', ['-c', `${call.before}; exec ${start}`]]
      : [shell, script];
    const child = spawn(program, args, {
      env: { PATH: '/usr/bin:/bin', ...call.environment, SSH_ORIGINAL_COMMAND: words },
      detached: true,
      ...(call.uid === undefined ? {} : { uid: call.uid, gid: call.uid }),
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (data: Buffer) => out.push(data));
    child.stderr.on('data', (data: Buffer) => err.push(data));
    child.stdin.on('error', () => {}); // it may have ended before it read
    if (call.deaf) child.stdout.destroy();
    const payload = Buffer.from(call.payload ?? '');
    child.stdin.end(payload.subarray(0, call.cut ?? payload.length));
    const timer =
      call.killAfter === undefined
        ? undefined
        : setTimeout(() => {
            if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
          }, call.killAfter);
    const status = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => {
        resolve(code);
      });
    });
    clearTimeout(timer);
    const text = Buffer.concat(out).toString();
    const lines = text.split('\n').map((line) => /^([\w.]+)=(.*)$/.exec(line));
    const values = Object.fromEntries(lines.flatMap((it) => (it ? [[it[1], it[2]]] : [])));
    return { status, text, stderr: Buffer.concat(err).toString(), values };
  }

  stage(
    name: string,
    generation: number,
    fence: number,
    one: Pair,
    call: Call = {},
  ): Promise<Answer> {
    const { payload } = one;
    const numbers = `${generation} ${fence} ${one.spki} ${Buffer.byteLength(payload)}`;
    return this.call(`stage ${name} ${numbers} ${sha256(payload)}`, { payload, ...call });
  }

  /** Everything below the folder, with its mode and content. */
  everything(): readonly string[] {
    return readdirSync(this.folder, { recursive: true, encoding: 'utf8' })
      .sort()
      .map((name) => {
        const file = this.at(name);
        const facts = lstatSync(file);
        const content = facts.isFile()
          ? sha256(readFileSync(file))
          : facts.isSymbolicLink()
            ? readlinkSync(file)
            : '';
        return `${name} ${facts.mode.toString(8)} ${content}`;
      });
  }

  /** What is half, mixed or left over; empty: nothing. */
  faults(name: string): readonly string[] {
    const folder = this.at('state', name);
    const generations = readdirSync(folder).filter((it) => /^\d+$/.test(it));
    const wrong = generations.flatMap((it) => faultsOf(join(folder, it)));
    return wrong.map((one) => relative(this.folder, one));
  }

  leftOver(name: string): readonly string[] {
    const left = readdirSync(this.at('state', name)).filter((it) => /new|lock|old/.test(it));
    return [...left, ...readdirSync(this.at('tls')).filter((it) => it.includes('holger-new'))];
  }
}

/** mx1 with links outside. */
const usual = (folder: string): string => `
[mx1]
certificate = ${folder}/tls/mx1.pem
key = ${folder}/tls/mx1.key
domains = mx1.example.org
reload = echo loaded

[other]
reload = false
`;

/** Whether the files of a folder are those of one pair. */
export function faultsOf(folder: string): readonly string[] {
  try {
    const [key = '', cert = '', chain = '', fullchain = '', combined = ''] = [
      'privkey',
      'cert',
      'chain',
      'fullchain',
      'combined',
    ].map((file) => readFileSync(join(folder, `${file}.pem`), 'utf8'));
    if (fullchain !== cert + chain) return [`${folder}: fullchain`];
    if (combined !== key + fullchain) return [`${folder}: combined`];
    return fits(key, fullchain) ? [] : [`${folder}: mixed`];
  } catch (error) {
    return [`${folder}: ${String(error)}`];
  }
}

export const fits = (key: string, certificate: string): boolean =>
  new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
