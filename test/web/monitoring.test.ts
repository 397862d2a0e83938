// The alert rules and the dashboard that are shipped: each metric that they name exists, with the
// labels that they use.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Metrics } from '../../src/web/metrics.ts';
import { NOW } from '../support/ca.ts';

const FOLDER = join(import.meta.dirname, '../../packaging/monitoring');
const ALERTS = readFileSync(join(FOLDER, 'alerts.yml'), 'utf8');
const DASHBOARD = readFileSync(join(FOLDER, 'dashboard.json'), 'utf8');

/** With everything that a certificate can have. */
async function everything(): Promise<string> {
  const metrics = new Metrics('1');
  metrics.count('failed', 'DNS_TIMEOUT');
  const sample = {
    ...{ certificate: 'mx1', phase: 'needs a person', notAfter: NOW, until: NOW, silent: 1 },
    ...{ failure: 'DNS_TIMEOUT', others: { 'smtp://mx1.example.org': 1 } },
    limited: { directory: 'https://ca.example', until: NOW },
  };
  return metrics.render([sample], { endedAt: NOW, seconds: 1, nextAt: NOW });
}

const named = (text: string): string[] => [
  ...new Set([...text.matchAll(/holger_[a-z_]+/g)].map(([name]) => name)),
];
const expressions = (text: string): string[] =>
  [...text.matchAll(/expr: '(.*)'$/gm)].map(([, one = '']) => one);

it('every metric of the alert rules and of the dashboard exists', async () => {
  const text = await everything();
  const exists = named([...text.matchAll(/^# TYPE (\S+)/gm)].join('\n'));
  for (const name of [...named(ALERTS), ...named(DASHBOARD)]) expect(exists).toContain(name);
});

it('every metric is in a rule, on the dashboard, or says what runs', async () => {
  const shown = [...named(ALERTS), ...named(DASHBOARD)];
  const left = named(await everything()).filter((name) => !shown.includes(name));
  expect(left.sort()).toEqual(['holger_build_info', 'holger_round_timestamp_seconds']);
});

it('labels that rules choose by, or print, are those of the metric', async () => {
  const text = await everything();
  for (const block of ALERTS.split(/^ {6}- alert: /m).slice(1)) {
    const [expression = ''] = expressions(block);
    const metric = named(expression)[0] ?? '';
    const line = text.split('\n').find((it) => it.startsWith(`${metric}{`)) ?? '';
    for (const [, label] of block.matchAll(/\$labels\.(\w+)/g)) {
      expect(line, metric).toContain(`${label}="`);
    }
    const chosen = /\{(\w+="[^"]*")\}/.exec(expression)?.[1];
    if (chosen !== undefined) expect(text).toMatch(new RegExp(`^${metric}\\{.*${chosen}`, 'm'));
  }
});

it('every rule has a name, an expression, a time, a severity, and what to do', () => {
  const blocks = ALERTS.split(/^ {6}- alert: /m).slice(1);
  expect(blocks).toHaveLength(9);
  for (const block of blocks) {
    expect(block).toMatch(
      /^Holger\w+\n {8}expr: '[^'\n]+'\n {8}for: \d+[mh]\n {8}labels:\n {10}severity: (warning|critical)\n {8}annotations:\n {10}summary: '[^'\n]+'\n {10}description: '[^'\n]+'\n$/,
    );
  }
});

it('the dashboard has panels that do not overlap', () => {
  const { panels } = JSON.parse(DASHBOARD) as {
    panels: { title: string; gridPos: { x: number; y: number; w: number; h: number } }[];
  };
  const places = panels.map(({ gridPos: { x, y } }) => `${x} ${y}`);
  expect(new Set(places).size).toBe(panels.length);
  expect(panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
});
