// The main task where other name servers than the usual ones serve the zone, each signing it by
// itself: two services are enrolled, then renewed, and independent DANE clients connect all the
// time.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { dig } from '../lab/checks.ts';
import { writeHolgerConfig } from '../lab/holger-config.ts';
import { holgerCommand, runHolger } from '../lab/holger.ts';
import type { HolgerRun } from '../lab/holger.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { look, recordsAt } from '../lab/observe.ts';
import { startProbes } from '../lab/probes.ts';
import type { Probes } from '../lab/probes.ts';
import type { Host } from '../lab/topology.ts';

const TTL = 2;

describe.each([
  { servedBy: 'powerdns', index: 103 },
  { servedBy: 'powerdns-bind', index: 104 },
  { servedBy: 'knot-nsd', index: 105 },
  { servedBy: 'bind+powerdns', index: 111 },
] as const)('$servedBy', ({ servedBy, index }) => {
  let lab: Lab;
  let config: string;
  let probes: Probes;

  beforeAll(async () => {
    lab = await startLab({
      ...{ index, ttl: TTL, servedBy, pebbleEnv: { PEBBLE_AUTHZREUSE: '0' } },
      records: ['*.wild A 192.0.2.7', '*.wild MX 10 mail'],
    });
    config = await writeHolgerConfig(lab);
    probes = startProbes(lab, { pauseMs: 100 });
  });
  afterAll(async () => {
    await probes?.stop();
    await lab?.stop();
  });

  const run = (...args: string[]): Promise<HolgerRun> =>
    runHolger(lab, holgerCommand(lab, config, '--json', 'run', '--wait', ...args));

  /**
   * Each service presents one key; every address of every server holds its record, CA records, and
   * nothing else. It is looked at again for some seconds: while NSD takes over a transfer, its
   * process of before may still answer with the old zone after the new one has answered.
   */
  const restsAt = (): Promise<string[]> => vi.waitFor(restsNow, { timeout: 10_000, interval: 500 });

  async function restsNow(): Promise<string[]> {
    const keys: string[] = [];
    for (const service of Object.values(lab.services)) {
      const { served, published } = await look(lab, service);
      expect(served).toHaveLength(1);
      expect(published).toHaveLength(2 * lab.serving.length);
      for (const records of published) {
        expect(records.filter((record) => record.startsWith('3 1 1'))).toEqual(served);
        expect(records.filter((record) => record.startsWith('2 1 1')).length).toBeGreaterThan(0);
      }
      keys.push(...served);
    }
    return keys;
  }

  test('two services are enrolled, then renewed, and no client fails', async () => {
    const enrolled = await run();
    expect(enrolled, enrolled.told).toMatchObject({ status: 0 });
    expect(enrolled.stderr).not.toMatch(/"level":"(warn|error)"/);
    const first = await restsAt();

    const renewed = await run('--force');
    expect(renewed, renewed.told).toMatchObject({ status: 0 });
    for (const event of ['challenge-published', 'published', 'deploying', 'withdrawn']) {
      expect(renewed.events.map((item) => item.event)).toContain(event);
    }
    const second = await restsAt();
    expect(second.some((key) => first.includes(key))).toBe(false);

    const { count, secureCount, failures } = await probes.stop();
    expect(failures).toEqual([]);
    expect(count).toBeGreaterThanOrEqual(50);
    expect(secureCount).toBeGreaterThan(count / 3);
  });

  test('K1: a host below a wildcard is refused a first record, and answers again after a challenge that was allowed', async () => {
    const host = `mx.wild.${lab.zone}`;
    const answers = async (): Promise<readonly string[]> => {
      const asked = lab.serving.flatMap(({ v4 }) =>
        ['A', 'MX'].map((type) => dig(['+short', '+norec', `@${v4}`, host, type])),
      );
      return [...new Set(await Promise.all(asked))].sort();
    };
    const before = await answers();
    expect(before).toEqual(['10 mail.dane.test.\n', '192.0.2.7\n']);
    const issue = (file: string): Promise<HolgerRun> => {
      const args = ['issue', host, '--directory', join(lab.dir, 'wild')];
      return runHolger(lab, holgerCommand(lab, file, '--json', ...args));
    };
    const refused = await issue(config);
    expect(refused, refused.told).toMatchObject({ status: 4 });
    expect(refused.told).toContain(`would end the answers of a wildcard for ${host} (A, MX)`);
    expect(await answers()).toEqual(before);

    const allowed = join(lab.dir, 'hides.toml');
    const text = await readFile(config, 'utf8');
    await writeFile(allowed, text.replace('[defaults]', '[defaults]\nhides_wildcard = true'));
    const issued = await issue(allowed);
    expect(issued, issued.told).toMatchObject({ status: 0 });
    expect(issued.events.map(({ event }) => event)).toContain('wildcard-silent');
    await expect.poll(answers, { timeout: 20_000 }).toEqual(before);
  });

  if (servedBy !== 'bind+powerdns') return;

  test('what is lost at one of two primaries is written there again, and the other is left alone', async () => {
    const { tlsaOwner } = lab.services.mail;
    const serialOf = ({ v4 }: Host): Promise<string> =>
      dig(['+short', '+norec', `@${v4}`, lab.zone, 'SOA']);
    const [bind, powerDns] = lab.serving as readonly [Host, Host];
    const before = await serialOf(bind);
    const pdnsutil = ['pdnsutil', `--config-dir=${join(lab.dir, 'powerdns')}`];
    const name = tlsaOwner.replace(`.${lab.zone}.`, '');
    const lost = await lab.run([...pdnsutil, 'delete-rrset', lab.zone, name, 'TLSA']);
    expect(lost, lost.stderr).toMatchObject({ status: 0 });
    await expect.poll(() => recordsAt(powerDns.v4, tlsaOwner)).toEqual([]);

    const mended = await run('mail');
    expect(mended, mended.told).toMatchObject({ status: 0 });
    expect(mended.events.map(({ event }) => event)).toContain('published');
    await restsAt();
    expect(await serialOf(bind)).toBe(before);
  });
});
