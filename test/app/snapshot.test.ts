// What `holger serve` keeps of each certificate: it must stay small with ten thousand of them.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { Snapshot } from '../../src/app/serve/snapshot.ts';
import type { CertificateStatus } from '../../src/app/status/certificate-status.ts';
import { parseConfig } from '../../src/config/load.ts';

setFlagsFromString('--allow-natives-syntax');
const haveSameMap = runInNewContext('(a, b) => %HaveSameMap(a, b)') as (
  a: unknown,
  b: unknown,
) => boolean;

const AT = 1_800_000_000;

/** About 3 KB of JSON. */
const statusOf = (certificate: string, more: Partial<CertificateStatus> = {}) => ({
  certificate,
  phase: 'waiting',
  names: [`${certificate}.example.org`],
  ca: { directory: 'https://ca.example/directory', staging: false },
  keyType: 'ec-p256',
  tlsa: { state: 'on' as const },
  ...{ live: undefined, staged: undefined, generation: 2, notAfter: AT + 86_400 },
  ...{ renewal: undefined, waitingFor: 'time to pass', until: AT + 60, next: 'deploy' },
  hints: Array.from({ length: 10 }, (_, i) =>
    `old TLSA answers for ${certificate} ${i} `.repeat(5),
  ),
  ...{ why: [], owners: [], pending: [], services: [], targets: [], reasons: [], way: [] },
  ...more,
});

describe('what holger serve keeps of each certificate', () => {
  it('is served as it was taken, also that of later rounds', () => {
    const snapshot = new Snapshot();
    snapshot.take(statusOf('mx1'), AT);
    snapshot.take(statusOf('mx2', { why: ['größer 💡'] }), AT);
    snapshot.take(statusOf('mx1', { phase: 'idle' }), AT + 5);
    const shown = (name: string): unknown => JSON.parse(snapshot.whole(name) ?? 'null');
    expect(shown('mx1')).toMatchObject({ schema: 1, status: { phase: 'idle', generation: 2 } });
    expect(shown('mx2')).toMatchObject({ status: { why: ['größer 💡'], live: null } });
    expect(snapshot.whole('mx3')).toBeUndefined();
  });

  it('is a row of the list, also when only others were examined since', () => {
    const snapshot = new Snapshot();
    const rows = (): unknown => {
      snapshot.finish(AT);
      return JSON.parse(snapshot.list()?.toString() ?? '');
    };
    expect(rows()).toMatchObject({ schema: 1, certificates: [] });
    for (const name of ['mx2', 'mx1', 'größer']) snapshot.take(statusOf(name), AT);
    rows();
    snapshot.take(statusOf('mx1', { phase: 'idle' }), AT);
    const certificates = [
      { certificate: 'größer', phase: 'waiting' },
      { certificate: 'mx1', phase: 'idle', waitingFor: 'time to pass' },
      { certificate: 'mx2', phase: 'waiting' },
    ];
    expect(rows()).toMatchObject({ certificates });
    snapshot.keep(new Set(['mx2']));
    expect(rows()).toMatchObject({ certificates: [certificates[2]] });
  });
});

describe('objects of which there is one for each certificate', () => {
  it('have the same shape in the metrics', () => {
    const snapshot = new Snapshot();
    for (let i = 0; i < 1000; i += 1) snapshot.take(statusOf(`mx${i}`), AT + i / 2);
    const [a, b] = snapshot.samples().slice(-2);
    expect(haveSameMap(a, b)).toBe(true);
  });

  it('have the same shape in the configuration', () => {
    const text = Array.from({ length: 1000 }, (_, i) => `[[certificate]]\nname = "mx${i}"\n`)
      .map((table) => `${table}domains = ["mx.example.org"]\ndane = false\n`)
      .join('');
    const { certificates } = parseConfig(
      `[issuer.own]\ntype = "self-signed"\n[defaults]\nissuer = "own"\n${text}`,
      '/etc/holger/config.toml',
    );
    const [a, b] = certificates.slice(-2);
    expect(haveSameMap(a, b)).toBe(true);
  });
});
