// What is reported, and what is not: each rule of the watch with rows that a test writes.
import { expect, test } from 'vitest';
import type { RuleName } from '../../src/check/rules/catalogue.ts';
import type { Looked, News, WatchMemory } from '../../src/watch/changes.ts';
import { changesIn, NO_MEMORY } from '../../src/watch/changes.ts';
import { finding } from '../../src/check/rules/finding.ts';
import type { Row } from '../../src/watch/snapshot.ts';
import type { Severity } from '../../src/check/rules/severity.ts';
import { worstOf } from '../../src/check/rules/severity.ts';

const DAY = 86_400;
const MX = 'smtp://mx1.example.org:25';
const WWW = 'https://www.example.org:443';

function row(target: string, ...rules: readonly RuleName[]): Row {
  const findings = rules.map((rule) => finding(rule, 'there', 'so it is'));
  return { target, findings, severity: worstOf(findings.map(({ severity }) => severity)) };
}

/** Rounds a minute apart; what each of them reported, in words. */
function watcher(remind = DAY) {
  let memory: WatchMemory = NO_MEMORY;
  let now = 1_800_000_000;
  const look = (looked: Looked): readonly News[] => {
    // As the store returns it.
    const judged = changesIn(
      JSON.parse(JSON.stringify(memory)) as WatchMemory,
      looked,
      now,
      remind,
    );
    memory = judged.memory;
    now += 60;
    return judged.news;
  };
  return {
    pass: (seconds: number) => (now += seconds),
    rows: (...rows: readonly Row[]) => look({ rows }).map(words),
    fails: (failure: string) => look({ failure }).map(words),
    memory: () => memory,
  };
}

function words(news: News): string {
  if (!('row' in news)) return news.kind;
  return `${news.kind} ${news.row.target} ${news.row.severity}`;
}

test('the first check reports what is wrong at once, and nothing that is OK', () => {
  const watch = watcher();
  expect(watch.rows(row(MX, 'mismatch'), row(WWW))).toEqual([`first ${MX} critical`]);
  expect(watch.rows(row(MX, 'mismatch'), row(WWW))).toEqual([]);
});

test('a change is reported once, when two checks agree; so is the recovery', () => {
  const watch = watcher();
  watch.rows(row(MX));
  expect(watch.rows(row(MX, 'mismatch'))).toEqual([]);
  expect(watch.rows(row(MX, 'mismatch'))).toEqual([`changed ${MX} critical`]);
  expect(watch.rows(row(MX, 'mismatch'))).toEqual([]);
  expect(watch.rows(row(MX))).toEqual([]);
  expect(watch.rows(row(MX))).toEqual([`recovered ${MX} ok`]);
  expect(watch.rows(row(MX))).toEqual([]);
});

test('a state that comes and goes is not reported, in either direction', () => {
  const watch = watcher();
  watch.rows(row(MX));
  for (let count = 0; count < 5; count += 1) {
    expect(watch.rows(row(MX, 'mismatch'))).toEqual([]);
    expect(watch.rows(row(MX))).toEqual([]);
  }
  watch.rows(row(MX, 'mismatch'));
  expect(watch.rows(row(MX, 'mismatch'))).toHaveLength(1);
  for (let count = 0; count < 5; count += 1) {
    expect(watch.rows(row(MX))).toEqual([]);
    expect(watch.rows(row(MX, 'mismatch'))).toEqual([]);
  }
});

test('two checks with different bad results agree that it is bad, and are reported once', () => {
  const watch = watcher();
  watch.rows(row(MX));
  expect(watch.rows(row(MX, 'mismatch'))).toEqual([]);
  expect(watch.rows(row(MX, 'no-starttls'))).toEqual([`changed ${MX} critical`]);
  expect(watch.rows(row(MX, 'mismatch'))).toEqual([]);
  expect(watch.rows(row(MX, 'no-starttls'))).toEqual([]);
});

test('a further finding, and one that is gone, are changes; other words for the same finding are not', () => {
  const watch = watcher();
  const says = (because: string): Row => ({
    ...row(MX, 'certificate-ends'),
    findings: [finding('certificate-ends', 'there', because)],
  });
  watch.rows(says('in 10 days'));
  expect(watch.rows(says('in 9 days'))).toEqual([]);
  expect(watch.rows(says('in 8 days'))).toEqual([]);
  watch.rows(row(MX, 'certificate-ends', 'one-leg'));
  expect(watch.rows(row(MX, 'certificate-ends', 'one-leg'))).toEqual([`changed ${MX} warning`]);
  watch.rows(row(MX, 'one-leg'));
  expect(watch.rows(row(MX, 'one-leg'))).toEqual([`changed ${MX} warning`]);
});

test('findings of severity INFO are not reported', () => {
  const watch = watcher();
  expect(watch.rows(row(MX, 'same-key'))).toEqual([]);
  expect(watch.rows(row(MX))).toEqual([]);
  expect(watch.rows(row(MX))).toEqual([]);
});

test('no better result is reported before the next check agrees with it', () => {
  const watch = watcher();
  watch.rows(row(MX, 'mismatch'));
  expect(watch.rows(row(MX, 'one-leg'))).toEqual([]);
  expect(watch.rows(row(MX))).toEqual([]);
  expect(watch.rows(row(MX))).toEqual([`recovered ${MX} ok`]);
});

test('a CRITICAL that lasts is reported again after a day, a WARNING is not', () => {
  const watch = watcher();
  watch.rows(row(MX, 'mismatch'), row(WWW, 'one-leg'));
  watch.pass(DAY - 200);
  expect(watch.rows(row(MX, 'mismatch'), row(WWW, 'one-leg'))).toEqual([]);
  watch.pass(200);
  expect(watch.rows(row(MX, 'mismatch'), row(WWW, 'one-leg'))).toEqual([`reminder ${MX} critical`]);
  expect(watch.rows(row(MX, 'mismatch'), row(WWW, 'one-leg'))).toEqual([]);
  const never = watcher(0);
  never.rows(row(MX, 'mismatch'));
  never.pass(9 * DAY);
  expect(never.rows(row(MX, 'mismatch'))).toEqual([]);
});

test('a different result does not delay a reminder', () => {
  const watch = watcher(600);
  watch.rows(row(MX, 'mismatch'));
  watch.pass(600);
  expect(watch.rows(row(MX))).toEqual([]);
  expect(watch.rows(row(MX, 'mismatch'))).toEqual([`reminder ${MX} critical`]);
});

const many = (...rules: readonly RuleName[]): Row[] =>
  Array.from({ length: 300 }, (_, index) => row(`smtp://mx${index}.example.org:25`, ...rules));

test('all targets UNKNOWN at once are one message, then one that it is over; what was reported stays reported', () => {
  const watch = watcher();
  const [first, ...others] = many();
  const broken = row(first?.target ?? '', 'mismatch');
  expect(watch.rows(broken, ...others)).toHaveLength(1);
  expect(watch.rows(...many('address-fails'))).toEqual([]);
  expect(watch.rows(...many('address-fails'))).toEqual(['blind']);
  expect(watch.rows(...many('address-fails'))).toEqual([]);
  expect(watch.rows(broken, ...others)).toEqual(['sighted']);
  expect(watch.rows(broken, ...others)).toEqual([]);
});

test('a target without lookups does not prove that the resolver works', () => {
  const certificate: Row = { ...row('certificate mx1'), unasked: true };
  expect(watcher().rows(certificate, ...many('address-fails'))).toEqual(['blind']);
});

test('one round with all targets UNKNOWN is not reported, the first one ever is', () => {
  const watch = watcher();
  watch.rows(...many());
  expect(watch.rows(...many('address-fails'))).toEqual([]);
  expect(watch.rows(...many())).toEqual([]);
  expect(watcher().rows(...many('address-fails'))).toEqual(['blind']);
});

test('all targets UNKNOWN for long is reported again', () => {
  const watch = watcher();
  watch.rows(...many('address-fails'));
  watch.pass(DAY);
  expect(watch.rows(...many('address-fails'))).toEqual(['blind']);
  expect(watch.rows(...many('address-fails'))).toEqual([]);
});

test('one target that is UNKNOWN is reported by itself, also when it is the last one with that state', () => {
  const watch = watcher();
  watch.rows(row(MX, 'no-connection'), row(WWW));
  watch.rows(row(MX, 'no-connection'), row(WWW, 'no-connection'));
  expect(watch.rows(row(MX, 'no-connection'), row(WWW, 'no-connection'))).toEqual([
    `changed ${WWW} unknown`,
  ]);
  expect(watcher().rows(row(MX, 'no-connection'))).toEqual([`first ${MX} unknown`]);
});

test('a round that fails as a whole counts as all targets UNKNOWN', () => {
  const watch = watcher();
  watch.rows(row(MX));
  expect(watch.fails('cannot read the roots')).toEqual([]);
  expect(watch.fails('cannot read the roots')).toEqual(['blind']);
  expect(watch.rows(row(MX))).toEqual(['sighted']);
});

test('what is not watched any more is deleted, what is new is checked for the first time', () => {
  const watch = watcher();
  watch.rows(row(MX, 'mismatch'));
  expect(watch.rows(row(WWW, 'one-leg'))).toEqual([`first ${WWW} warning`]);
  expect(Object.keys(watch.memory().targets)).toEqual([WWW]);
});

test.each<[Severity, RuleName]>([
  ['critical', 'mismatch'],
  ['warning', 'one-leg'],
  ['unknown', 'no-connection'],
])('%s is reported', (severity, rule) => {
  expect(watcher().rows(row(MX, rule))).toEqual([`first ${MX} ${severity}`]);
});
