// Makes the lab's CA ask for challenges again. Pebble's PEBBLE_AUTHZREUSE=0 still reuses a valid
// authorization in one order of a hundred (2.10: rand.Intn(100) > 0), so that a test that needs a
// challenge has to deactivate the authorizations.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAcmeClient } from '../../src/acme/client.ts';
import { createConnection } from '../../src/acme/connection.ts';
import { createTransport } from '../../src/acme/transport.ts';
import { createHttpClient } from '../../src/http/client.ts';
import type { Lineage } from '../../src/rollover/model.ts';
import { createAccountFiles } from '../../src/store/account-files.ts';
import { createStore } from '../../src/store/keyv-store.ts';
import type { Lab } from './lab.ts';

const clock = {
  now: () => Date.now() / 1_000,
  sleep: () => Promise.reject(new Error('not to be waited for')),
};

/**
 * Deactivates the authorizations of the certificate's last order (RFC 8555 §7.5.2). `state`: the
 * installation that ordered it.
 */
export async function giveUpAuthorizations(
  lab: Lab,
  certificate: string,
  state = 'holger',
): Promise<void> {
  const { directory: directoryUrl, caFile } = lab.acme;
  const directory = join(lab.dir, state);
  const account = await createAccountFiles(directory).read(directoryUrl);
  const store = createStore({ directory, clock });
  const lineage = await store.read<Lineage>(`certificate/${certificate}`);
  const url = lineage?.value.generations.findLast(
    ({ orderUrl }) => orderUrl !== undefined,
  )?.orderUrl;
  if (account?.url === undefined || url === undefined) throw new Error('nothing was ordered yet');
  const { keyPem, url: accountUrl } = account;
  const http = createHttpClient({ caPem: await readFile(caFile, 'utf8') });
  const send = createTransport(http, () => undefined);
  const client = createAcmeClient({
    ...{ directoryUrl, send, clock },
    accountKey: () => Promise.resolve(keyPem),
  });
  const ask = createConnection(client, () => Promise.resolve(accountUrl));
  try {
    const { data } = await ask({ url, act: 'the order' }, {});
    for (const authorization of (data as { authorizations: string[] }).authorizations) {
      const payload = { status: 'deactivated' };
      await ask({ url: authorization, payload, act: 'to give up the authorization' }, {});
    }
  } finally {
    await http.close();
  }
}
