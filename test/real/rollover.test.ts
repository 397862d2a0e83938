// The main job on real servers: enrol two services that run without TLSA, then renew, while nobody fails.
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeHolgerConfig } from '../lab/holger-config.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';

const holger = [process.execPath, join(import.meta.dirname, '../../dist/holger.mjs')];
let lab: Lab;
let config: string;

beforeAll(async () => {
  lab = await startLab({ index: 30, ttl: 5 });
  config = await writeHolgerConfig(lab);
});
afterAll(async () => lab.stop());

test('enrols two services, then renews', async () => {
  const first = await lab.run([...holger, '--config', config, '--json', 'run', '--wait'], {
    timeoutMs: 100_000,
  });
  console.log(first.stdout, first.stderr);
  const second = await lab.run(
    [...holger, '--config', config, '--json', 'run', '--wait', '--force'],
    { timeoutMs: 100_000 },
  );
  console.log(second.stdout, second.stderr);
  expect(first.status).toBe(0);
  expect(second.status).toBe(0);
});
