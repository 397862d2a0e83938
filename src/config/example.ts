// config.example.toml, and what `holger init` writes: the table of options as a TOML file with
// comments.
import { configurationOptions, type ListedOption, type ListedSection } from './options/list.ts';
import { setting, toml } from './options/toml.ts';

const WIDTH = 100;

const HEADER = `The complete configuration of holger. Lines that start with "#" and a blank are explanation. Lines that start with "#" and a key are options that may be left out, with their defaults, or with an example where there is no default.

Durations carry units: "90s", "36h", "1d 12h". Paths are relative to this file. A command is a list of its program and its arguments; no shell reads it. Secrets are never written here, but referred to: { file = "…" } (mode 0640 or less), { env = "…" }, { credential = "…" } (systemd) or { command = ["…"] }.

Check the file with: holger config check`;

/** Options that almost every configuration has. They are written out though they may be absent. */
const WRITTEN_OUT = new Set([
  '[acme] directory',
  '[acme] email',
  '[dns] resolver',
  '[[zone]] provider',
  '[[certificate]] services',
  '[[certificate]] deploy',
]);

/** Blocks [provider.NAME]. The first is written out. */
const PROVIDERS = {
  main: {
    type: 'rfc2136',
    server: '192.0.2.53',
    tsig: {
      name: 'holger.',
      algorithm: 'hmac-sha256',
      secret: { file: '/etc/holger/tsig.key' },
    },
  },
  script: { type: 'exec', command: ['/usr/local/sbin/zone-edit', '--quiet'], timeout: '60s' },
  hook: {
    type: 'webhook',
    url: 'https://dns.example.org/holger',
    bearer: { file: '/etc/holger/hook.token' },
    hmac: { file: '/etc/holger/hook.key' },
    ca_file: '/etc/ssl/certs/our-ca.pem',
  },
  hand: { type: 'manual' },
};

/** `indent`: before every line; `hang`: before each but the first, as well. */
function comment(text: string, indent = '', hang = ''): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= WIDTH) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(`# ${indent}${last === undefined ? '' : hang}${word}`.trimEnd());
    }
  }
  return lines.join('\n');
}

const off = (text: string): string => text.replaceAll(/^(?!#)/gm, '#');

/** [issuer.NAME] and [target.NAME] by their type: a first configuration needs none. */
const NAMED: Readonly<Record<string, string>> = {
  '[issuer.NAME], type = "acme"': '[issuer.zerossl]',
  '[issuer.NAME], type = "files"': '[issuer.certbot]',
  '[issuer.NAME], type = "private-ca"': '[issuer.office]',
  '[issuer.NAME], type = "self-signed"': '[issuer.own]',
  '[target.NAME], type = "ssh"': '[target.mx1]',
  '[target.NAME], type = "haproxy"': '[target.lb]',
  '[target.NAME], type = "webhook"': '[target.appliance]',
  '[target.NAME], type = "vault"': '[target.vault]',
  '[target.NAME], type = "kubernetes"': '[target.cluster]',
};

const isProvider = ({ name }: ListedSection): boolean => name.startsWith('[provider.NAME]');

function innerOption({ key, reason, default: value }: ListedOption): string {
  const fallback = value === undefined ? '' : ` Default: ${value}.`;
  return comment(`${key}: ${reason}${fallback}`, '  ', '  ');
}

/** The options of the tables that an option may hold. */
function innerOptions({ options }: ListedSection): string[] {
  const type = options.find(({ key }) => key === 'type');
  const title = type === undefined ? 'A table has' : `With type = ${type.type}`;
  return [comment(`${title}:`), ...options.filter((it) => it !== type).map(innerOption)];
}

type IsWritten = (name: string, option: ListedOption) => boolean;

/** `inner`: sections whose options are explained with the option that holds them. */
function section(
  { name, reason, options }: ListedSection,
  inner: readonly ListedSection[],
  isWritten: IsWritten,
  heading = name,
): string {
  const lines = options.flatMap((it) => {
    const held = inner.filter(({ within }) => within?.name === name && within.key === it.key);
    const text = setting(it.key, it.shown);
    return [
      comment(it.reason),
      ...held.flatMap(innerOptions),
      isWritten(name, it) ? text : off(text),
    ];
  });
  return [comment(reason), heading, ...lines].join('\n');
}

type Example = Readonly<Record<string, unknown>> & { readonly type: string };

function provider(name: string, example: Example, all: readonly ListedSection[]): string {
  const kind = all.find((it) => it.name === `[provider.NAME], type = ${toml(example.type)}`);
  const lines = Object.entries(example).flatMap(([key, value]) => {
    const about = kind?.options.find((it) => it.key === key)?.reason ?? '';
    return [...(about === '' ? [] : [comment(sentence(about))]), setting(key, value)];
  });
  return [`[provider.${name}]`, ...lines].join('\n');
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

function providers(reason: string, all: readonly ListedSection[]): string {
  const [first = '', ...others] = Object.entries(PROVIDERS).map(([name, it]) =>
    provider(name, it, all),
  );
  return [`${comment(reason)}\n${first}`, ...others.map(off)].join('\n\n');
}

export function exampleFile(): string {
  const all = configurationOptions();
  const isWritten: IsWritten = (name, { key, isRequired }) =>
    isRequired || WRITTEN_OUT.has(`${name} ${key}`);
  const tops = all.filter(({ within }) => within === undefined);
  const first = tops.find(isProvider);
  const parts = tops.flatMap((it) => {
    if (isProvider(it)) return it === first ? [providers(it.reason, all)] : [];
    const named = NAMED[it.name];
    return [
      named === undefined ? section(it, all, isWritten) : off(section(it, all, () => true, named)),
    ];
  });
  const header = HEADER.split('\n').map((line) => comment(line));
  return `${[header.join('\n'), ...parts].join('\n\n')}\n`;
}

/**
 * What a first configuration needs. The certificate is commented out until the operator names it.
 * `tsigFile`: where the secret of the provider's key is going to be.
 */
export function firstFile(tsigFile: string): string {
  const all = configurationOptions();
  const { reason = '' } = all.find(isProvider) ?? {};
  const part = (name: string, ...keys: readonly string[]): string =>
    all
      .filter((it) => it.name === name)
      .map((it) => ({ ...it, options: it.options.filter(({ key }) => keys.includes(key)) }))
      .map((it) => section(it, [], (_, { key }) => key !== 'email'))
      .join('');
  const { tsig, ...main } = PROVIDERS.main;
  const ours = { ...main, tsig: { ...tsig, secret: { file: tsigFile } } };
  return `${[
    comment('Configuration of holger. All options: config.example.toml, holger.toml(5).'),
    part('[acme]', 'directory', 'email'),
    part('[dns]', 'resolver'),
    `${comment(reason)}\n${provider('main', ours, all)}`,
    off(part('[[certificate]]', 'name', 'domains', 'services', 'deploy')),
  ].join('\n\n')}\n`;
}
