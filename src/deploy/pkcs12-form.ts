// Key and chain as PKCS#12. Each writing gives other octets, because salts are random, so a file is
// opened to be compared: what counts is that the password opens it, and what is in it. The library
// is loaded when the first such file is read or written.
import { AppError } from '../base/errors.ts';
import type { Pkcs12Content } from '../x509/pkcs12.ts';
import { pemOf, privateKeyTexts, splitPem } from '../x509/pem.ts';
import { OTHER_CONTENT, type FileForm } from './file-form.ts';
import { holdsTheSame } from './pem-content.ts';

export interface Password {
  /** Each time anew: it may have been changed. @throws AppError SECRET_UNREADABLE */
  read(): Promise<string>;
  /** The file that contains it; absent: it is elsewhere. */
  readonly file?: string;
}

export function pkcs12Form(source: Password | undefined): FileForm {
  if (source === undefined) throw new RangeError('a PKCS#12 file without a password');
  const open = async (octets: Buffer): Promise<Pkcs12Content | undefined> => {
    const password = await passwordOf(source);
    const { openPkcs12 } = await import('../x509/pkcs12.ts');
    return openPkcs12(octets, password);
  };
  const difference: FileForm['difference'] = async (octets, pem, certificate) => {
    const found = await open(octets);
    if (found === undefined) return 'cannot be opened with its password';
    if (!holdsTheSame(textOf(found), pem)) return OTHER_CONTENT;
    return found.name === certificate ? undefined : `has another friendly name than ${certificate}`;
  };
  return {
    write: async (pem, name) => {
      const password = await passwordOf(source);
      const { createPkcs12 } = await import('../x509/pkcs12.ts');
      const [keyPem = ''] = privateKeyTexts(pem);
      return createPkcs12({ keyPem, certificates: splitPem(pem), name }, password);
    },
    read: async (octets) => {
      const found = await open(octets);
      return found === undefined ? undefined : textOf(found);
    },
    difference,
    isWritten: async (...what) => (await difference(...what)) === undefined,
  };
}

async function passwordOf(source: Password): Promise<string> {
  return usablePassword(await source.read());
}

/**
 * Java opens no file whose password has other characters. @throws AppError SECRET_UNREADABLE
 * without a word of the password
 */
export function usablePassword(password: string): string {
  if (/^[ -~]+$/.test(password)) return password;
  throw new AppError(
    'SECRET_UNREADABLE',
    'the password of the PKCS#12 file contains characters that are not printable ASCII',
    {
      hint: 'choose a password of letters, digits and ASCII punctuation: programs read others differently',
    },
  );
}

function textOf({ keyPem, certificates }: Pkcs12Content): string {
  return [keyPem, ...certificates.map((der) => pemOf('CERTIFICATE', der))].join('');
}
