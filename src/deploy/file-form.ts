// How key and chain are written into a file at a target, and read from it.
import { holdsTheSame } from './pem-content.ts';

export interface FileForm {
  /** What is written. `pem`: key and chain; `certificate`: the name of the certificate. */
  write(pem: string, certificate: string): Promise<Buffer>;
  /** What a service finds in the file, as PEM; undefined: nothing. */
  read(octets: Buffer): Promise<string | undefined>;
  /** In words, to follow the path; undefined: a service finds the same in the file. */
  difference(octets: Buffer, pem: string, certificate: string): Promise<string | undefined>;
  /** Whether the file is as `write` would make it. */
  isWritten(octets: Buffer, pem: string, certificate: string): Promise<boolean>;
}

export const OTHER_CONTENT = 'has other content';

export const PEM: FileForm = {
  write: (pem) => Promise.resolve(Buffer.from(pem)),
  read: (octets) => Promise.resolve(octets.toString()),
  difference: (octets, pem) =>
    Promise.resolve(holdsTheSame(octets.toString(), pem) ? undefined : OTHER_CONTENT),
  isWritten: (octets, pem) => Promise.resolve(octets.equals(Buffer.from(pem))),
};
