// The metrics: what they say, and how much at most.
import { expect, it } from 'vitest';
import { Metrics } from '../../src/web/metrics.ts';
import type { CertificateSample } from '../../src/web/metrics.ts';
import { NOW } from '../support/ca.ts';

const idle = (certificate: string): CertificateSample => ({
  ...{ certificate, phase: 'idle', notAfter: NOW + 86_400, until: NOW + 3600 },
  ...{ failure: undefined, others: {}, silent: 0, limited: undefined },
});
const round = { endedAt: NOW, seconds: 2, nextAt: NOW + 900 };
const render = (...samples: readonly CertificateSample[]): Promise<string> =>
  new Metrics('1.2.3').render(samples, round);

it('an idle certificate has one line', async () => {
  const text = await render(idle('mx1'));
  expect(text.match(/mx1/g)).toHaveLength(1);
  expect(text).toContain(
    `holger_certificate_not_after_timestamp_seconds{certificate="mx1"} ${NOW + 86_400}\n`,
  );
  expect(text).toContain('holger_certificates{phase="idle"} 1\n');
  expect(text).toContain('holger_certificates{phase="needs a person"} 0\n');
  expect(text).toContain(`holger_next_round_timestamp_seconds ${NOW + 900}\n`);
  expect(text).toContain('holger_build_info{version="1.2.3"} 1\n');
});

it('what is not as it should be has a line each', async () => {
  const text = await render({
    ...idle('mx1'),
    ...{ phase: 'needs a person', failure: 'UPDATE_REFUSED', silent: 2 },
    others: { 'smtp://mx1.example.org': 1 },
    limited: { directory: 'https://ca.example/dir', until: NOW + 60 },
  });
  expect(text).toContain('holger_certificate_phase{certificate="mx1",phase="needs a person"} 1\n');
  expect(text).toContain('holger_certificate_failing{certificate="mx1",code="UPDATE_REFUSED"} 1\n');
  expect(text).toContain('holger_certificate_silent_name_servers{certificate="mx1"} 2\n');
  expect(text).toContain(
    'holger_certificate_other_chain_endpoints{certificate="mx1",service="smtp://mx1.example.org"} 1\n',
  );
  expect(text).toContain(
    `holger_ca_limited_until_timestamp_seconds{directory="https://ca.example/dir"} ${NOW + 60}\n`,
  );
});

it('counts events, failures by code, and rounds', async () => {
  const metrics = new Metrics('1');
  metrics.count('ordered');
  metrics.count('ordered');
  metrics.count('constructor');
  metrics.count('failed', 'DNS_TIMEOUT');
  metrics.countRound('failed');
  const text = await metrics.render([], round);
  expect(text).toContain('holger_orders_total 2\n');
  expect(text).toContain('holger_failures_total{code="DNS_TIMEOUT"} 1\n');
  expect(text).toContain('holger_rounds_total{result="failed"} 1\n');
  expect(text).toContain('holger_rounds_total{result="done"} 0\n');
});

it('labels of others stay labels', async () => {
  const text = await render(idle('a"} 1\nholger_evil{x="\\'));
  expect(text).toContain('certificate="a\\"} 1\\nholger_evil{x=\\"\\\\"}');
  expect(text).not.toMatch(/^holger_evil/m);
});

it('of 10,000 certificates are at most 2 MB, the urgent ones among them, and made within a second', async () => {
  const long = 'a-rather-long-name-of-a-certificate'.repeat(4);
  const samples = Array.from({ length: 10_000 }, (_, index) => ({
    ...{ ...idle(`${long}-${index}`), phase: 'waiting', failure: 'DNS_TIMEOUT' },
    others: { [`smtp://${long}-${index}.example.org`]: 2 },
  }));
  samples[9999] = { ...idle('the-last-one'), phase: 'needs a person' } as never;
  const began = performance.now();
  const text = await render(...samples);
  expect(performance.now() - began).toBeLessThan(1000);
  expect(Buffer.byteLength(text)).toBeLessThan(2_000_000);
  expect(text).toContain('holger_certificate_phase{certificate="the-last-one"');
  const omitted = Number(/^holger_omitted_certificates (\d+)$/m.exec(text)?.[1]);
  expect(omitted).toBeGreaterThan(5000);
  expect(await render(...samples.slice(0, 10))).toContain('holger_omitted_certificates 0\n');
});

it('nothing grows from one round to the next', async () => {
  const metrics = new Metrics('1');
  await metrics.render([idle('gone')], round);
  expect(await metrics.render([idle('there')], round)).not.toContain('gone');
});
