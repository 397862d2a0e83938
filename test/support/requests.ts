// Certificate requests as operators make them, with OpenSSL.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Made {
  readonly pem: string;
  readonly der: Buffer;
  readonly keyPem: string;
}

export interface RequestWish {
  /** Of `openssl req`. */
  readonly key?: readonly string[];
  readonly subject?: string;
  /** The value of subjectAltName; absent: it has none. */
  readonly names?: string;
  readonly more?: readonly string[];
}

export const P256 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'] as const;

export function opensslRequest({
  key = P256,
  subject = '/',
  names,
  more = [],
}: RequestWish = {}): Made {
  const folder = mkdtempSync(join(tmpdir(), 'holger-request-'));
  try {
    const [csr, keyFile] = [join(folder, 'csr'), join(folder, 'key')];
    const san = names === undefined ? [] : ['-addext', `subjectAltName=${names}`];
    const openssl = (...args: readonly string[]): Buffer =>
      execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'ignore'] });
    const files = ['-keyout', keyFile, '-out', csr];
    openssl('req', '-new', ...key, '-nodes', ...files, '-subj', subject, ...san, ...more);
    return {
      pem: readFileSync(csr, 'utf8'),
      der: openssl('req', '-in', csr, '-outform', 'DER'),
      keyPem: readFileSync(keyFile, 'utf8'),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
