// Other ACME clients, recognised by their folders: which client a file belongs to, whether it still
// renews the certificate, and how to stop that without losing key and certificate.
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { readInput } from '../../files/read.ts';

export interface OtherClient {
  readonly client: string;
  /** The folder where it keeps this key and certificate, and writes the next ones. */
  readonly lineage: string;
  /** Undefined: it is already disabled, and only its folder is left. */
  readonly renews?: { readonly because: string; readonly hint: string };
}

type Recogniser = (file: string) => Promise<OtherClient | undefined>;

/**
 * Configurations of one certificate, and lists of names: some KiB, some hundred KiB with thousands
 * of names.
 */
const MOST_BYTES = 1024 * 1024;

/** The client to which a file belongs, by its folder; the caller resolves links. */
export async function clientOf(file: string): Promise<OtherClient | undefined> {
  for (const recognise of RECOGNISERS) {
    const found = await recognise(file);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A folder that cannot be read does not prevent an adoption: it counts as absent. */
export async function textOf(file: string): Promise<string | undefined> {
  return readInput(file, { most: MOST_BYTES, code: 'INPUT_INVALID' }).catch(() => undefined);
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function areThere(...paths: readonly string[]): Promise<boolean> {
  const found = await Promise.all(paths.map(isThere));
  return found.every(Boolean);
}

/**
 * `BASE/live/NAME/`, links to `BASE/archive/NAME/`; `certbot renew` reads `BASE/renewal/NAME.conf`.
 */
const certbot: Recogniser = async (file) => {
  const lineage = dirname(file);
  const parent = dirname(lineage);
  if (!['live', 'archive'].includes(basename(parent))) return undefined;
  const conf = join(dirname(parent), 'renewal', `${basename(lineage)}.conf`);
  const text = await textOf(conf);
  if (text === undefined && !(await isThere(conf))) return undefined;
  const found = { client: 'certbot', lineage };
  if (/^\s*autorenew\s*=\s*["']?(false|no|off|0)\b/im.test(text ?? '')) return found;
  return {
    ...found,
    renews: {
      because: `certbot renews it, as ${conf} says`,
      hint: `put autorenew = False into ${conf}, under [renewalparams], or move that file away; do not use certbot delete, which deletes key and certificate too`,
    },
  };
};

/** `HOME/DOMAIN/` or `HOME/DOMAIN_ecc/`, with `DOMAIN.conf` in it as long as it is renewed. */
const acmeSh: Recogniser = async (file) => {
  const lineage = dirname(file);
  const folder = basename(lineage);
  const isEcc = folder.endsWith('_ecc');
  const conf = join(lineage, `${isEcc ? folder.slice(0, -'_ecc'.length) : folder}.conf`);
  const domain = /^Le_Domain=["']?([^"'\n]+)/m.exec((await textOf(conf)) ?? '')?.[1];
  if (domain === undefined) return undefined;
  return {
    client: 'acme.sh',
    lineage,
    renews: {
      because: `acme.sh renews it, as ${conf} says`,
      hint: `acme.sh --remove -d '${domain}'${isEcc ? ' --ecc' : ''}, which leaves key and certificate where they are`,
    },
  };
};

/**
 * `CERTDIR/NAME/privkey.pem`, a link to `privkey-TIME.pem`, and the certificate request beside it.
 */
const dehydrated: Recogniser = async (file) => {
  const lineage = dirname(file);
  const name = basename(lineage);
  const base = dirname(dirname(lineage));
  if (!(await areThere(join(lineage, 'cert.csr'), join(lineage, 'privkey.pem')))) return undefined;
  const lists = [join(base, 'domains.txt'), '/etc/dehydrated/domains.txt'];
  const isOne = await Promise.all([...lists, join(base, 'accounts')].map(isThere));
  if (!isOne.some(Boolean)) return undefined;
  const texts = await Promise.all(lists.map(textOf));
  const list = texts.findIndex((text) => text !== undefined && isListed(name, text));
  const found = { client: 'dehydrated', lineage };
  const [own] = texts;
  if (list < 0 && own !== undefined && !(await isThere(join(base, 'domains.txt.d')))) return found;
  const where = lists[list] ?? 'its domains.txt';
  return {
    ...found,
    renews: {
      because: `dehydrated renews it at its next run, from cron or a timer`,
      hint:
        `remove ${name} from ${where}; if nothing else is in that file, disable its timer or ` +
        'cron job as well',
    },
  };
};

/** The folder has the first name of a line, or the one after ">". */
function isListed(name: string, text: string): boolean {
  return text.split('\n').some((line) => {
    const words = line.replace(/#.*/, '').trim().split(/\s+/);
    const alias = words.indexOf('>');
    return (alias < 0 ? words[0] : words[alias + 1])?.toLowerCase() === name.toLowerCase();
  });
}

/** `PATH/certificates/NAME.crt`, `.key` and `.json`; a wildcard begins with "_". */
const lego: Recogniser = async (file) => {
  const folder = dirname(file);
  if (basename(folder) !== 'certificates') return undefined;
  const name = basename(file).replace(/\.(issuer\.crt|crt|key|pem|pfx)$/, '');
  const about = join(folder, `${name}.json`);
  if (!/"cert(Stable)?Url"/.test((await textOf(about)) ?? '')) return undefined;
  return {
    client: 'lego',
    lineage: folder,
    renews: {
      because: `lego renews it if a timer or cron job calls lego renew for it (${about})`,
      hint: `remove lego renew for ${name} from cron, or disable its timer`,
    },
  };
};

/**
 * `CONF/NAME/cert.pem`, with `CONF/private/NAME/key.pem` and the account’s `CONF/private/key.pem`.
 */
const uacme: Recogniser = async (file) => {
  const folder = dirname(file);
  const name = basename(folder);
  const parent = dirname(folder);
  const base = basename(parent) === 'private' ? dirname(parent) : parent;
  const keys = join(base, 'private');
  const parts = [join(keys, 'key.pem'), join(keys, name, 'key.pem'), join(base, name, 'cert.pem')];
  if (!(await areThere(...parts))) return undefined;
  return {
    client: 'uacme',
    lineage: folder,
    renews: {
      because:
        'uacme renews it if a timer or cron job calls uacme issue for it ' +
        `(${join(base, name)})`,
      hint: `remove uacme issue for ${name} from cron, or disable its timer`,
    },
  };
};

/** `WORK/DOMAIN/getssl.cfg`. */
const getssl: Recogniser = async (file) => {
  const lineage = dirname(file);
  const config = join(lineage, 'getssl.cfg');
  if (!(await isThere(config))) return undefined;
  return {
    client: 'getssl',
    lineage,
    renews: {
      because: `getssl renews it, as ${config} says`,
      hint: `move ${config} away, or remove getssl for ${basename(lineage)} from cron`,
    },
  };
};

/** `…/certificates/CA/NAME/NAME.crt`, `.key` and `.json`. */
const caddy: Recogniser = async (file) => {
  const lineage = dirname(file);
  const name = basename(lineage);
  if (basename(dirname(dirname(lineage))) !== 'certificates') return undefined;
  const parts = ['crt', 'key', 'json'].map((end) => join(lineage, `${name}.${end}`));
  if (!(await areThere(...parts))) return undefined;
  return {
    client: 'Caddy',
    lineage,
    renews: {
      because: `Caddy renews it as long as its configuration names it (${lineage})`,
      hint:
        `remove ${name} from Caddy’s configuration, or give the site files that holger ` +
        'deploys (tls CERTIFICATE KEY)',
    },
  };
};

/** `BASE/live/NAME`, a link to `BASE/certs/ID/`; `BASE/desired/` lists what is renewed. */
const acmetool: Recogniser = async (file) => {
  const lineage = dirname(file);
  const base = dirname(dirname(lineage));
  if (!['live', 'certs'].includes(basename(dirname(lineage)))) return undefined;
  if (!(await areThere(join(base, 'desired'), join(base, 'live')))) return undefined;
  return {
    client: 'acmetool',
    lineage,
    renews: {
      because: `acmetool renews what ${join(base, 'desired')} names`,
      hint: 'acmetool unwant with its host names, or disable the timer of acmetool reconcile',
    },
  };
};

/** `MD/domains/NAME/`: mod_md of Apache. */
const modMd: Recogniser = async (file) => {
  const lineage = dirname(file);
  if (!(await areThere(join(lineage, 'md.json'), join(lineage, 'pubcert.pem')))) return undefined;
  return {
    client: 'mod_md',
    lineage,
    renews: {
      because: `Apache’s mod_md renews it as long as an MDomain names it (${lineage})`,
      hint:
        'remove it from MDomain, or set MDRenewMode manual, and name files that holger ' +
        'deploys',
    },
  };
};

const RECOGNISERS: readonly Recogniser[] = [
  ...[certbot, acmeSh, dehydrated, lego, uacme],
  ...[getssl, caddy, acmetool, modMd],
];
