// holger-receive(8).
import { bold, heading, item, literal, page, paragraphs, roff, subheading } from './roff.ts';

type Entries = readonly (readonly [string, string])[];

const OPERATIONS: Entries = [
  ['version', 'Prints its version, that of the protocol, and that of OpenSSL.'],
  ['state NAME', 'Prints what lies here for a name, and how the last reload ended.'],
  [
    'stage NAME GENERATION FENCE SPKI LENGTH SHA256',
    'Takes a private key, its certificate and the chain from standard input. Nothing changes for the service.',
  ],
  ['activate NAME GENERATION FENCE', 'Makes a staged generation live, and reloads.'],
  ['reload NAME FENCE', 'Runs the reload commands once more.'],
  ['back NAME FENCE', 'Activates the generation that was live before.'],
  [
    'key NAME GENERATION FENCE TYPE',
    'Makes a private key that never leaves this host, and prints a certificate request.',
  ],
];

const GLOBAL: Entries = [
  ['state', 'The folder of fences, results and generations. Default: /var/lib/holger-receive.'],
  [
    'openssl',
    '"required" (default), or "optional": without OpenSSL pairs are taken that cannot be checked.',
  ],
  ['path', 'Where programs are found, as in PATH.'],
];

const SECTION: Entries = [
  [
    'directory',
    'The folder of the generations and the link "live". Default: STATE/NAME. It is made when its parent exists.',
  ],
  ['certificate', 'A path for certificate and chain.'],
  ['key', 'A path for the private key.'],
  ['combined', 'A path for key, certificate and chain in one file.'],
  ['copy', '"yes": these paths are copies. Default: "no", links into "live".'],
  ['owner', 'Owner and group of all files, as chown(1) takes them. Needs root.'],
  ['mode', 'The mode of files with the key: 0600 (default), 0640, 0400 or 0440. Others have 0644.'],
  ['reload', 'A command after each activation: words, without quotes. May be repeated.'],
  ['reload_timeout', 'Seconds for each command, where timeout(1) exists. Default: 60.'],
  ['domains', 'The names that a certificate request asks for, apart by spaces. "key" needs them.'],
];

const STATUSES: readonly (readonly [number, string, string])[] = [
  [0, 'ok', 'done'],
  [64, 'usage', 'words that the protocol does not have'],
  [65, 'payload', 'the payload was cut, changed, is too long, or is not the PEM that is allowed'],
  [70, 'internal', 'a fault, a signal, or a flip that failed'],
  [75, 'busy', 'another run for this name did not end in time'],
  [77, 'refused', 'receive.conf has no such name'],
  [78, 'setup', 'receive.conf, a folder, a file owner, OpenSSL or mv is not as it has to be'],
  [80, 'fence', 'another sender with a greater fence has been here'],
  [81, 'pair', 'key, certificates and SPKI do not belong together'],
  [82, 'absent', 'the generation, or the key for it, is not here'],
  [83, 'conflict', 'the generation is in use with other content, or its key has another type'],
  [84, 'space', 'the disk is full'],
  [85, 'reload', 'the generation is live, and a reload command failed'],
];

const FILES: Entries = [
  ['/etc/holger/receive.conf', 'what each name may do here'],
  ['/usr/share/doc/holger/examples/receive.conf', 'an example'],
  ['/var/lib/holger-receive', 'fences, results and generations'],
];

const entries = (all: Entries): string =>
  all.map(([label, text]) => item(bold(label), text)).join('');

export function receivePage(version: string, example: string): string {
  return (
    page('holger-receive', 8, version, 'takes certificates from holger on another host') +
    heading('SYNOPSIS') +
    `restrict,command="/usr/lib/holger/${roff('holger-receive')} [${roff('-c')} FILE]" KEY\n` +
    heading('DESCRIPTION') +
    paragraphs(
      'holger-receive is the forced command of an SSH key: the line above is one of authorized_keys, see sshd(8). ' +
        'The key can then stage and activate certificates for the names of receive.conf, and do nothing else. ' +
        'The sender chooses name, generation and PEM; files, their owners and modes, and commands are chosen here.\n\n' +
        'Whatever another user can change is not used: receive.conf, folders, and the way to them belong to root or to ' +
        'the user that runs holger-receive, and their group and others cannot write to them.\n\n' +
        'docs/receive.md has the protocol.',
    ) +
    heading('OPTIONS') +
    entries([['-c FILE', 'The configuration; only the line in authorized_keys can say this.']]) +
    heading('OPERATIONS') +
    entries(OPERATIONS) +
    heading('CONFIGURATION') +
    paragraphs(
      'Lines are "key = value", with spaces around "=", sections begin with [NAME], comments with "#".',
    ) +
    subheading('Before the sections') +
    entries(GLOBAL) +
    subheading('In the section of a name') +
    entries(SECTION) +
    heading('EXIT STATUS') +
    STATUSES.map(([status, word, text]) => item(bold(`${status}`), `${word}: ${text}`)).join('') +
    heading('FILES') +
    FILES.map(([file, text]) => item(`\\fI${roff(file)}\\fR`, text)).join('') +
    heading('EXAMPLE') +
    literal(example) +
    heading('SEE ALSO') +
    '.BR holger (1),\n.BR sshd (8)\n'
  );
}
