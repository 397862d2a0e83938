// A complete DNSSEC, ACME and mail environment on loopback. Runs inside the namespace that
// test/start.mjs makes.

import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  nameServersOf,
  writeAuthoritative,
  writeSecondPrimary,
  type Secrets,
} from './authoritative.ts';
import { writeBindSecondary } from './bind.ts';
import { answersSigned, authentic, respondsWithTls, servesDirectory } from './checks.ts';
import { writePebble, type Issuer } from './issuer.ts';
import { ordinaryParts, type LabOptions, type Part } from './options.ts';
import { apiUrl } from './powerdns.ts';
import { Daemons, must, run, type RunOptions, type RunResult } from './processes.ts';
import { writeUnbound } from './resolvers.ts';
import { writeKnot, writeNsd } from './secondaries.ts';
import { writeNginx, writePostfix, writeSelfSigned } from './services.ts';
import type { Postfix, ServiceFiles } from './services.ts';
import { addToLoopback } from './loopback.ts';
import { hosts, topology, type Host, type Topology } from './topology.ts';

export interface LabService extends ServiceFiles {
  readonly host: string;
  readonly port: number;
  readonly protocol: 'smtp' | 'https' | 'imap';
  readonly addresses: readonly string[];
  readonly tlsaOwner: string;
  readonly reload: string[];
  /** What is presented to clients that ask for RSA, where Postfix has two certificates. */
  readonly rsa?: ServiceFiles;
}

export interface Lab {
  readonly dir: string;
  readonly index: number;
  readonly zone: string;
  readonly ttl: number;
  readonly servers: { readonly primary: Host; readonly nsd: Host; readonly knot: Host };
  /** Those of them that have the zone in this lab, the primary first. */
  readonly serving: readonly Host[];
  /** Serves plain.test. (unsigned, accepts updates) and bogus.test. */
  readonly parent: Host;
  readonly resolver: Host;
  /** `secretFile` holds the base64 alone, `keyFile` what `nsupdate -k` reads. */
  readonly tsig: {
    readonly name: string;
    readonly algorithm: string;
    readonly secretFile: string;
    readonly keyFile: string;
  };
  /** Of PowerDNS, where it is a primary. */
  readonly api?: { readonly url: string; readonly keyFile: string };
  readonly acme: Pick<Issuer, 'directory' | 'management' | 'caFile'> & { readonly version: string };
  /**
   * The CA's test environment, where the part of this name is up: a CA of its own, separate from
   * the other.
   */
  readonly staging?: Pick<Issuer, 'directory' | 'management' | 'caFile'>;
  readonly services: {
    readonly mail: LabService;
    readonly www: LabService;
    /** A second mail host, where the part of this name is up. */
    readonly relay?: LabService;
  };
  readonly env: Readonly<Record<string, string>>;
  /** Before a command, it makes this lab's Unbound the system's resolver for that command. */
  readonly withResolver: readonly string[];
  run(argv: readonly string[], options?: RunOptions): Promise<RunResult>;
  /**
   * Lines of nsupdate (`update add …`) as one update, to the zone's primary; throws unless NOERROR.
   */
  nsupdate(lines: readonly string[], zone?: string): Promise<void>;
  /** Knot still answers, with what it has. */
  freezeKnot(): Promise<void>;
  thawKnot(): Promise<void>;
  /** The part of NSD that fetches zones is stopped; the part that answers continues. */
  stopNsd(): void;
  contNsd(): void;
  /** A restarted Pebble has lost everything and has a new root and new intermediates. */
  restartPebble(env?: Readonly<Record<string, string>>): Promise<void>;
  stopPart(name: Part): Promise<void>;
  /** Knot starts again after `stopPart`, with what it had on disk. */
  startKnot(): Promise<void>;
  logTail(name: Part, lines?: number): string;
  stop(): Promise<void>;
}

export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const index = options.index ?? 0;
  const at = topology(index);
  const dir = await mkdtemp(join(options.parentFolder ?? tmpdir(), `holger-lab-${index}-`));
  await chmod(dir, 0o755); // Postfix, as its own user, must reach its spool
  await mkdir(join(dir, 'log'));
  const daemons = new Daemons(join(dir, 'log'));
  const lastMoment = (): void => {
    daemons.killAll();
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  process.on('exit', lastMoment);
  const stop = async (): Promise<void> => {
    await daemons.stopAll();
    process.off('exit', lastMoment);
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    return await bringUp({ dir, index, at, options, daemons, stop });
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Start {
  readonly dir: string;
  readonly index: number;
  readonly at: Topology;
  readonly options: LabOptions;
  readonly daemons: Daemons;
  readonly stop: () => Promise<void>;
}

async function bringUp(start: Start): Promise<Lab> {
  const { dir, at, options, daemons } = start;
  const has = (part: Part): boolean => partsOf(options).includes(part);
  const secret = (): string => randomBytes(32).toString('base64');
  const secrets: Secrets = { lab: secret(), acme: secret(), tlsa: secret(), xfr: secret() };
  const ttl = options.ttl ?? 5;
  const [, mail, relay, www, issuer, staging, primary] = await Promise.all([
    addToLoopback(hosts(at)),
    writeMailHost(dir, 'mail', at.mail, options),
    has('relay') ? writeMailHost(dir, 'relay', at.relay, options) : undefined,
    writeSelfSigned(dir, at.www),
    writePebble(dir, at, options),
    has('staging') ? writePebble(dir, at, options, 'staging') : undefined,
    writeAuthoritative(dir, at, secrets, options),
  ]);
  await writeFile(join(dir, 'keys/lab.secret'), `${secrets.lab}\n`, { mode: 0o600 });
  await writeFile(join(dir, 'resolv.conf'), resolvConf(at));

  // Everything without a dependency starts at once; the checks then follow the order of dependence.
  if (has('mail')) daemons.start('mail', mail.postfix.argv, mail.postfix.env);
  if (relay !== undefined) daemons.start('relay', relay.postfix.argv, relay.postfix.env);
  if (has('www')) daemons.start('www', await writeNginx(dir, at, www));
  if (has('pebble')) daemons.start('pebble', issuer.argv, issuer.env);
  if (staging !== undefined) daemons.start('staging', staging.argv, staging.env);
  if (has('parent')) {
    daemons.start('parent', ['named', '-g', '-n', '2', '-c', join(dir, 'parent/named.conf')]);
  }
  if (has('primary')) daemons.start('primary', primary);
  if (has('primary')) await daemons.waitFor('primary', () => answersSigned(at.primary, at.zone));
  if (has('nsd')) daemons.start('nsd', await writeSecond(start, secrets));
  const knot = await writeKnot(dir, at, secrets.xfr);
  if (has('knot')) daemons.start('knot', knot);
  if (has('parent')) await daemons.waitFor('parent', () => answersSigned(at.parent, 'test'));
  if (has('nsd')) await daemons.waitFor('nsd', () => answersSigned(at.nsd, at.zone));
  if (has('knot')) await daemons.waitFor('knot', () => answersSigned(at.knot, at.zone));
  await startResolvers(start, ttl, has);
  if (has('pebble')) await daemons.waitFor('pebble', () => servesDirectory(issuer));
  if (staging !== undefined) await daemons.waitFor('staging', () => servesDirectory(staging));
  if (has('mail')) await daemons.waitFor('mail', () => respondsWithTls(at.mail, 25));
  if (has('www')) await daemons.waitFor('www', () => respondsWithTls(at.www, 443));
  if (relay !== undefined) await daemons.waitFor('relay', () => respondsWithTls(at.relay, 25));
  return labOf(start, { mail, relay, www, issuer, staging, knot, ttl });
}

/** Servers that the zone does not have in this lab are not up. */
function partsOf({ parts = ordinaryParts, servedBy }: LabOptions): readonly Part[] {
  if (servedBy === undefined) return parts;
  return parts.filter((part) => part !== 'knot' && (part !== 'nsd' || servedBy !== 'powerdns'));
}

/** The secondary in place of NSD. */
function writeSecond({ dir, at, options }: Start, secrets: Secrets): Promise<readonly string[]> {
  switch (options.servedBy) {
    case 'powerdns-bind':
      return writeBindSecondary(dir, at, at.nsd);
    case 'bind+powerdns':
      return writeSecondPrimary(dir, at, secrets, options);
    default:
      return writeNsd(dir, at, secrets.xfr);
  }
}

interface MailHost {
  readonly files: ServiceFiles;
  readonly rsa: ServiceFiles | undefined;
  readonly postfix: Postfix;
}

async function writeMailHost(
  dir: string,
  name: 'mail' | 'relay',
  host: Host,
  options: LabOptions,
): Promise<MailHost> {
  const hasRsa = options.withRsa?.includes(name) ?? false;
  const files = await writeSelfSigned(dir, host);
  const rsa = hasRsa ? await writeSelfSigned(dir, host, 'rsa') : undefined;
  const all = rsa === undefined ? [files] : [files, rsa];
  return { files, rsa, postfix: await writePostfix(dir, name, host, all) };
}

async function startResolvers(
  start: Start,
  ttl: number,
  has: (part: Part) => boolean,
): Promise<void> {
  const { dir, at, daemons } = start;
  if (has('resolver')) {
    const caching = { maxTtl: 86_400, maxNegativeTtl: ttl };
    daemons.start('resolver', await writeUnbound(dir, 'resolver', at.resolver, caching));
  }
  if (has('pebble')) {
    const caching = { maxTtl: start.options.issuerCache ?? 0, maxNegativeTtl: 0 };
    daemons.start(
      'issuer-resolver',
      await writeUnbound(dir, 'issuer-resolver', at.issuerResolver, caching),
    );
  }
  if (has('resolver')) await daemons.waitFor('resolver', () => authentic(at.resolver, at.zone));
  if (has('pebble')) {
    await daemons.waitFor('issuer-resolver', () => authentic(at.issuerResolver, at.zone));
  }
}

interface Parts {
  readonly mail: MailHost;
  readonly relay: MailHost | undefined;
  readonly www: ServiceFiles;
  readonly issuer: Issuer;
  readonly staging: Issuer | undefined;
  readonly knot: readonly string[];
  readonly ttl: number;
}

function labOf(start: Start, made: Parts): Lab {
  const { dir, at, daemons } = start;
  const path = `${join(dir, 'bin')}:${process.env['PATH'] ?? ''}`;
  const env = { MAIL_CONFIG: made.mail.postfix.configuration, LAB_DIR: dir, PATH: path };
  const keyFile = join(dir, 'keys/lab.key');
  const knotc = (command: string): Promise<unknown> =>
    must(['knotc', '-b', '-s', join(dir, 'knot/knot.sock'), command, at.zone]);
  const powerDns = powerDnsOf(start);
  return {
    dir,
    index: start.index,
    zone: at.zone,
    ttl: made.ttl,
    servers: { primary: at.primary, nsd: at.nsd, knot: at.knot },
    serving: [...new Set([at.primary, ...nameServersOf(at, start.options)])],
    parent: at.parent,
    resolver: at.resolver,
    tsig: {
      name: 'lab',
      algorithm: 'hmac-sha256',
      secretFile: join(dir, 'keys/lab.secret'),
      keyFile,
    },
    ...(powerDns !== undefined && {
      api: { url: apiUrl(powerDns), keyFile: join(dir, 'keys/lab.secret') },
    }),
    acme: { ...made.issuer, version: process.env['LAB_PEBBLE'] || 'unknown' },
    ...(made.staging === undefined ? {} : { staging: made.staging }),
    services: {
      mail: mailService(at.mail, made.mail),
      ...(made.relay === undefined ? {} : { relay: mailService(at.relay, made.relay) }),
      www: {
        ...made.www,
        ...service(at.www, 443, 'https'),
        reload: hangUp(`${dir}/nginx/nginx.pid`),
      },
    },
    env,
    withResolver: withResolverIn(dir),
    run: (argv, options = {}) => run(argv, { ...options, env: { ...env, ...options.env } }),
    nsupdate: async (lines, zone = at.zone) => {
      const server = zone.endsWith(at.zone) ? at.primary : at.parent;
      const input = [`server ${server.v4}`, `zone ${zone}`, ...lines, 'send', ''].join('\n');
      await must(['nsupdate', '-k', keyFile], { input });
    },
    freezeKnot: async () => void (await knotc('zone-freeze')),
    thawKnot: async () => void (await knotc('zone-thaw')),
    stopNsd: () => daemons.signal('nsd', 'SIGSTOP'),
    contNsd: () => daemons.signal('nsd', 'SIGCONT'),
    restartPebble: async (changes = {}) => {
      await daemons.stop('pebble');
      daemons.start('pebble', made.issuer.argv, { ...made.issuer.env, ...changes });
      await daemons.waitFor('pebble', () => servesDirectory(made.issuer));
    },
    stopPart: (name) => daemons.stop(name),
    startKnot: async () => {
      daemons.start('knot', made.knot);
      await daemons.waitFor('knot', () => answersSigned(at.knot, at.zone));
    },
    logTail: (name, lines) => daemons.logTail(name, lines),
    stop: start.stop,
  };
}

function powerDnsOf({ at, options: { servedBy } }: Start): Host | undefined {
  if (servedBy === 'bind+powerdns') return at.nsd;
  return servedBy?.startsWith('powerdns') ? at.primary : undefined;
}

const bindResolver = 'mount --bind "$0/resolv.conf" "$(readlink -f /etc/resolv.conf)" && exec "$@"';

/**
 * Before a command, it makes the resolver of `resolv.conf` in this folder the system's for that
 * command.
 */
export const withResolverIn = (folder: string): readonly string[] => [
  ...['unshare', '-m', '--propagation', 'private', 'sh', '-c', bindResolver, folder],
];

const service = (host: Host, port: number, protocol: 'smtp' | 'https') => ({
  host: host.name,
  port,
  protocol,
  addresses: [host.v4, host.v6],
  tlsaOwner: `_${port}._tcp.${host.name}.`,
});

const mailService = (host: Host, { files, rsa, postfix }: MailHost): LabService => ({
  ...files,
  ...service(host, 25, 'smtp'),
  reload: hangUp(postfix.pidFile),
  ...(rsa === undefined ? {} : { rsa }),
});

// Not `postfix reload`: it checks files of an installed package first. What it does then is this.
const hangUp = (pidFile: string): string[] => ['/bin/sh', '-c', `kill -HUP $(cat ${pidFile})`];

const resolvConf = (at: Topology): string =>
  `nameserver ${at.resolver.v4}\noptions trust-ad edns0 timeout:2 attempts:2\n`;
