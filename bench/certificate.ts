// The certificate of the mail servers in the measurements.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { must } from '../test/lab/processes.ts';

export async function selfSigned(folder: string): Promise<{ key: string; cert: string }> {
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  await must([
    ...['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    ...['-nodes', '-keyout', keyFile, '-out', certFile, '-days', '30', '-subj', '/CN=sink'],
  ]);
  return { key: await readFile(keyFile, 'utf8'), cert: await readFile(certFile, 'utf8') };
}
