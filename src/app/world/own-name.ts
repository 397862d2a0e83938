// The name of this machine in SMTP (RFC 5321 §4.1.1.1): a fully qualified name, because servers
// refuse any other.
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** Names below these do not exist outside; servers that look the name up in DNS refuse them. */
const PRIVATE =
  /\.(localdomain|localhost|local|lan|home|internal|intranet|corp|private|invalid|home\.arpa)$/;
const LABEL = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';
const QUALIFIED = new RegExp(`^(${LABEL}\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`);

function isQualified(name: string): boolean {
  return name.length <= 253 && QUALIFIED.test(name) && !PRIVATE.test(name);
}

/**
 * The host's own name if it is qualified, else the qualified one in /etc/hosts ("127.0.1.1
 * mx1.example.org mx1", as Debian writes it). Undefined: there is none, and an address takes its
 * place.
 */
export function qualifiedName(host: string, hosts: string): string | undefined {
  const own = host.toLowerCase();
  if (isQualified(own)) return own;
  const names = hosts
    .toLowerCase()
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim().split(/\s+/).slice(1))
    .find((names) => names.includes(own));
  return names?.find((name) => name.startsWith(`${own}.`) && isQualified(name));
}

/** The configured name, or the machine's. */
export function ownName(configured: string | undefined): string | undefined {
  return configured ?? qualifiedName(hostname(), readHosts());
}

function readHosts(): string {
  try {
    return readFileSync('/etc/hosts', 'utf8');
  } catch {
    return '';
  }
}
