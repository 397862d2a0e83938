// An account that is deactivated takes its limits with it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openAppAs } from '../../src/app/wire.ts';
import { systemClock } from '../../src/app/world/clock.ts';
import { silentLogger } from '../../src/base/log.ts';
import { parseConfig } from '../../src/config/load.ts';
import { accountKey } from '../../src/engine/state/account.ts';
import { createStore } from '../../src/store/keyv-store.ts';
import { startCaSimulator } from '../support/ca-simulator.ts';

it('what the CA refused an account is not said of the next one', async () => {
  const ca = await startCaSimulator();
  const folder = await mkdtemp(join(tmpdir(), 'holger-deactivated-'));
  try {
    await writeFile(join(folder, 'ca.pem'), ca.caPem);
    const config = parseConfig(
      `[state]
directory = "${folder}"
[acme]
directory = "${ca.directory}"
ca_file = "${join(folder, 'ca.pem')}"
`,
      join(folder, 'config.toml'),
    );
    const { signal } = new AbortController();
    const app = await openAppAs('0')({ config, logger: silentLogger, signal });
    await app.account(true, undefined);
    const store = createStore({ directory: folder, clock: systemClock });
    const key = accountKey(ca.directory);
    await store.write(key, { schema: 1, used: {} }, 0);
    await app.deactivateAccount({ yes: true, force: false }, undefined);
    expect(await store.read(key)).toBeUndefined();
    await app.close();
  } finally {
    await ca.close();
    await rm(folder, { recursive: true, force: true });
  }
});
