// The lab itself: what other tests rely on has to be true, and its probes must be able to fail.

import { copyFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answersSigned, dig, fetchText } from '../lab/checks.ts';
import { startLab, type Lab } from '../lab/lab.ts';
import { look } from '../lab/observe.ts';
import { lookUp, probeOnce, startProbes } from '../lab/probes.ts';
import { keyRecord } from '../lab/tlsa.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await startLab({ index: 200, ttl: 2 });
});
afterAll(async () => {
  await lab.stop();
});

const serialAt = async (address: string): Promise<string | undefined> =>
  (await dig(['+short', '+norec', `@${address}`, 'dane.test', 'SOA'])).split(' ')[2];

const until = (check: () => Promise<boolean>): Promise<void> =>
  expect.poll(check, { timeout: 30_000, interval: 100 }).toBe(true);

test('every server answers signed on both address families', async () => {
  for (const server of Object.values(lab.servers)) {
    expect(await answersSigned(server, 'dane.test', 'MX'), server.name).toBe(true);
  }
});

test('the resolver validates the signed zone, not the unsigned one, and refuses the bogus one', async () => {
  const ask = (zone: string): Promise<string> =>
    dig(['+dnssec', `@${lab.resolver.v4}`, `mail.${zone}`, 'AAAA']);
  expect(await ask('dane.test')).toMatch(/status: NOERROR[^]*flags:[^;]* ad[ ;]/);
  expect(await ask('plain.test')).toMatch(/status: NOERROR/);
  expect(await ask('plain.test')).not.toMatch(/flags:[^;]* ad[ ;]|RRSIG/);
  expect(await ask('bogus.test')).toMatch(/status: SERVFAIL/);
});

test('the unsigned zone accepts updates too', async () => {
  await lab.nsupdate(['update add note.plain.test. 2 TXT hello'], 'plain.test');
  expect(await dig(['+short', `@${lab.parent.v6}`, 'note.plain.test', 'TXT'])).toBe('"hello"\n');
});

test('a frozen Knot lags and catches up', async () => {
  await lab.freezeKnot();
  const before = await serialAt(lab.servers.knot.v4);
  await lab.nsupdate(['update add lag.dane.test. 2 TXT new']);
  await until(async () => (await serialAt(lab.servers.nsd.v6)) !== before);
  await sleep(500);
  expect(await serialAt(lab.servers.knot.v6)).toBe(before);
  await lab.thawKnot();
  await until(async () => (await serialAt(lab.servers.knot.v6)) !== before);
});

test('a stopped NSD lags and catches up', async () => {
  lab.stopNsd();
  const before = await serialAt(lab.servers.nsd.v4);
  await lab.nsupdate(['update add lag2.dane.test. 2 TXT new']);
  await until(async () => (await serialAt(lab.servers.knot.v6)) !== before);
  await sleep(500);
  expect(await serialAt(lab.servers.nsd.v6)).toBe(before);
  lab.contNsd();
  await until(async () => (await serialAt(lab.servers.nsd.v6)) !== before);
});

test('a restarted Pebble has another root', async () => {
  const root = (): Promise<string> => fetchText(`${lab.acme.management}/roots/0`, lab.acme.caFile);
  const before = await root();
  expect(before).toContain('BEGIN CERTIFICATE');
  await lab.restartPebble();
  expect(await root()).not.toBe(before);
});

// The last four share the records of the two services and run in this order.
test('without records the probes accept without DANE', async () => {
  const results = (await probeOnce(lab)).map((verdict) => verdict.result);
  expect(results).toEqual(['plain', 'plain', 'plain', 'plain', 'plain', 'plain']);
});

test('with the right record published by hand the probes are secure, after a wait for the caches', async () => {
  const { mail, www } = lab.services;
  const probes = startProbes(lab, { pauseMs: 50 });
  for (const service of [mail, www]) {
    const record = keyRecord(service.certificateFile);
    await lab.nsupdate([`update add ${service.tlsaOwner} 2 TLSA ${record}`]);
    await until(async () =>
      (await look(lab, service)).published.every((records) => records.join() === record),
    );
    await sleep(3_000);
    expect(await lookUp(lab, service)).toEqual({ kind: 'found', records: [record] });
  }
  const verdicts = await probeOnce(lab);
  expect(verdicts.filter((verdict) => verdict.result !== 'secure')).toEqual([]);
  expect(verdicts.some((verdict) => verdict.client === 'posttls-finger')).toBe(true);
  const report = await probes.stop();
  expect(report.failures).toEqual([]);
  expect(report.secureCount).toBeGreaterThan(0);
});

test('a key deployed at the same moment as its record makes clients refuse, until the caches have the record', async () => {
  const { mail, www } = lab.services;
  // Caches hold the old set long enough for each client to connect, on a busy machine too.
  const records = [keyRecord(mail.certificateFile), keyRecord(www.certificateFile)];
  await lab.nsupdate([
    `update delete ${mail.tlsaOwner} TLSA`,
    `update add ${mail.tlsaOwner} 10 TLSA ${records[0]}`,
  ]);
  const probes = startProbes(lab, { pauseMs: 0 });
  const clients = (): Set<string> => new Set(probes.failures.map((failure) => failure.client));
  // A fresh entry of the caches, recognised by its TTL.
  await until(async () =>
    /\s(?:[3-9]|10)\s+IN\s+TLSA/.test(
      await dig(['+noall', '+answer', `@${lab.resolver.v4}`, mail.tlsaOwner, 'TLSA']),
    ),
  );
  await lab.nsupdate([`update add ${mail.tlsaOwner} 10 TLSA ${records[1]}`]);
  await copyFile(www.certificateFile, mail.certificateFile);
  await copyFile(www.keyFile, mail.keyFile);
  await lab.run(mail.reload);
  await until(async () => JSON.stringify(await lookUp(lab, mail)).includes(records[1] ?? ''));
  const { failures } = await probes.stop();
  expect(clients()).toEqual(new Set(['openssl', 'posttls-finger']));
  expect(failures.every((failure) => failure.target.startsWith(mail.host))).toBe(true);
  expect((await probeOnce(lab)).every((verdict) => verdict.result === 'secure')).toBe(true);
});

test('records that do not match, whole or in one combination only, make the probes fail', async () => {
  const { mail } = lab.services;
  const wrongAnchor = `2 1 1 ${'ab'.repeat(32)}`;
  await lab.nsupdate([`update add ${mail.tlsaOwner} 2 TLSA ${wrongAnchor}`]);
  await until(async () => JSON.stringify(await lookUp(lab, mail)).includes('2 1 1'));
  const narrow = await probeOnce(lab);
  const failed = narrow.filter((verdict) => verdict.result === 'failed');
  expect(new Set(failed.map((verdict) => verdict.client))).toEqual(
    new Set(['openssl, 2 1 1 only']),
  );

  await lab.nsupdate([
    `update delete ${mail.tlsaOwner} TLSA`,
    `update add ${mail.tlsaOwner} 2 TLSA 3 1 1 ${'cd'.repeat(32)}`,
  ]);
  await until(async () => JSON.stringify(await lookUp(lab, mail)).includes('cdcd'));
  await sleep(100);
  const wrong = (await probeOnce(lab)).filter((verdict) => verdict.target.startsWith(mail.host));
  expect(wrong.map((verdict) => `${verdict.client} ${verdict.result}`).sort()).toEqual([
    'openssl failed',
    'openssl failed',
    'posttls-finger failed',
    'posttls-finger failed',
  ]);
});
